# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls over links that depend on what the platforms let through: certificates that are trusted, callers that filters admit."""

from __future__ import annotations

from typing import Any

from differential.cluster_calls import ACCESS, KEYS, LOCAL, REMOTE
from differential.recorder import Recorder

PREFIX = "cluster.remote.filtered"
RULESETS = "/deployments/traffic-filter/rulesets"


def trusted(on: Recorder) -> None:
    """The remote cluster comes to trust the private CA of the local one's proxies, to which it has a link."""
    path = f"/deployments/{on.deployment(REMOTE)['id']}"
    (resource,) = on.platform(REMOTE, "GET", f"{path}?show_settings=true")["resources"]["elasticsearch"]
    root = on.platform(LOCAL, "GET", "/platform/configuration/security/tls/proxy")["chain"][-1]
    entry = {"name": "other side", "type": "proxy", "trust_all": False, "certificates": [{"pem": root}]}
    trust = {**resource["info"]["settings"]["trust"], "direct": [entry]}
    plan = resource["info"]["plan_info"]["current"]["plan"]
    payload = {"ref_id": resource["ref_id"], "region": resource["region"], "plan": plan, "settings": {"trust": trust}}
    on.platform(REMOTE, "PUT", path, {"prune_orphans": False, "resources": {"elasticsearch": [payload]}})
    on.settle(REMOTE, "/_resolve/cluster/back:orders-*", lambda body: body["back"]["connected"])
    on.call(REMOTE, "GET", "/back:orders-*/_search?size=0")


def filtered(on: Recorder) -> None:
    """The remote deployment is filtered: first nothing admits the local cluster, then a rule for its addresses does."""
    ruleset = on.platform(REMOTE, "POST", RULESETS, _ruleset(on, ["192.0.2.1"]))["id"]
    association = {"entity_type": "deployment", "id": on.deployment(REMOTE)["id"]}
    on.platform(REMOTE, "POST", f"{RULESETS}/{ruleset}/associations", association)
    key = on.call(REMOTE, "POST", KEYS, {"name": "filtered", "access": ACCESS})
    on.know(key["id"], "KEY-FILTERED")
    on.store(LOCAL, {f"{PREFIX}.credentials": key["encoded"]})
    endpoint = on.endpoint(REMOTE)
    values = {"mode": "proxy", "proxy_address": f"{endpoint}:9443", "server_name": endpoint, "proxy_socket_connections": 1}
    on.call(LOCAL, "PUT", "/_cluster/settings", {"persistent": {f"{PREFIX}.{name}": value for name, value in values.items()}})
    on.settle(LOCAL, "/_remote/info", lambda body: "cluster_credentials" in body["filtered"])
    _state(on)
    on.platform(REMOTE, "PUT", f"{RULESETS}/{ruleset}", _ruleset(on, on.egress(LOCAL)))
    on.settle(LOCAL, "/_resolve/cluster/filtered:orders-*", lambda body: body["filtered"]["connected"])
    _state(on)
    on.platform(REMOTE, "DELETE", f"{RULESETS}/{ruleset}?ignore_associations=true")
    on.call(LOCAL, "PUT", "/_cluster/settings", {"persistent": {f"{PREFIX}.*": None}})


def _ruleset(on: Recorder, sources: list[str]) -> dict[str, Any]:
    region = on.deployment(REMOTE)["region"]
    rules = [{"source": source} for source in sources]
    return {"name": "filtered", "type": "ip", "region": region, "include_by_default": False, "rules": rules}


def _state(on: Recorder) -> None:
    on.call(LOCAL, "GET", "/_remote/info")
    on.call(LOCAL, "GET", "/_resolve/cluster/filtered:orders-*")
    on.call(LOCAL, "GET", "/filtered:orders-*/_search?size=0")
