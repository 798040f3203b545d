# SPDX-License-Identifier: GPL-3.0-or-later
"""Links that are broken in each way that Elasticsearch has an error for, on a bed of two clusters, and what the collection says of them.

``orders`` is behind proxies with a public certificate, ``search`` behind those of a private CA.
"""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from ansible_collections.crosscluster.elastic.plugins.module_utils.api.session import Transport
from ansible_collections.crosscluster.elastic.plugins.module_utils.fleet.engine import Limits, run_links
from ansible_collections.crosscluster.elastic.plugins.module_utils.model import declaration
from harness.controller import until
from minicloud.tls import Authority
from real.bed import Bed

NOWHERE = "127.0.0.1:1"
INDEX = "orders-2026"
PASSWORD = "only-for-tests"


def all_of_search(bed: Bed) -> list[Authority]:
    """The CAs of its proxies and of its nodes."""
    return [bed.authorities["berlin"], bed.authorities_of_nodes["berlin"]]


def none(_bed: Bed) -> list[Authority]:
    return []


@dataclass(frozen=True)
class Error:
    """How an error is provoked, how it is known that it is this one, and what the collection makes of it.

    secret: what the keystore of the local cluster has for the alias, None for nothing. provoke: makes and breaks the alias, and returns
    further options of the link. evidence: the cluster (local or remote in the link) and a pattern that its log has, or "" and one of the
    refusal that Elasticsearch answers with. says: the sentence, in parts. trusts: what the local cluster trusts besides public CAs.
    """

    secret: Callable[[Lab, str], str | None]
    provoke: Callable[[Lab, str], Mapping[str, Any]]
    evidence: tuple[str, str]
    says: tuple[str, str]
    local: str = "orders"
    remote: str = "search"
    trusts: Callable[[Bed], list[Authority]] = all_of_search


@dataclass(frozen=True)
class Lab:
    """The collection at work on a bed. local and remote: the clusters of the link in question."""

    bed: Bed
    local: str
    remote: str

    def log(self, side: str) -> str:
        return self.bed.plane.log_text(self.local if side == "local" else self.remote)

    def proxies(self) -> str:
        """The remote cluster as other platforms reach it."""
        return f"{self.bed.deployments[self.remote].endpoint}:9443"

    def node(self, port: int) -> str:
        """A node of the remote cluster itself, past the proxies."""
        nodes = self.bed.call(self.remote, "GET", "/_nodes/transport").json()["nodes"].values()
        return f"{min(node['transport_address'] for node in nodes).rpartition(':')[0]}:{port}"

    def point(self, alias: str, address: str | None, **more: Any) -> dict[str, Any]:
        """Set the address of an alias, as somebody does who gives that address; returns what he gives."""
        # With one socket, since a remote that refuses is asked for all of them at each call.
        sockets = {} if "mode" in more else {"proxy_socket_connections": "1"}
        settings = {"mode": "proxy", "proxy_address": address, **sockets, "skip_unavailable": "false", **more}
        persistent = {f"cluster.remote.{alias}.{name}": value for name, value in settings.items()}
        self.bed.call(self.local, "PUT", "/_cluster/settings", {"persistent": persistent}).raise_for_status()
        return {"proxy_address": address, **more}

    def user(self, alias: str, indices: list[dict[str, Any]]) -> dict[str, Any]:
        """Somebody who may search what ``indices`` say, to prove an alias as."""
        self.bed.call(self.local, "PUT", f"/_security/role/{alias}", {"remote_indices": indices}).raise_for_status()
        self.bed.call(self.local, "PUT", f"/_security/user/{alias}", {"password": PASSWORD, "roles": [alias]}).raise_for_status()
        return {"verify_as": {"username": alias, "password": PASSWORD}}

    def verify(self, alias: str, options: Mapping[str, Any]) -> dict[str, Any]:
        """What the step that proves links says of one that is declared like this: {} where it works, else message and remedy."""
        platforms = [{"name": "lab", "type": "self_managed", "ca_path": str(self.bed.trusted)}]
        clusters = [self._cluster(name) for name in dict.fromkeys((self.local, self.remote))]
        link = {"local": self.local, "remote": self.remote, "alias": alias, "access": {"search": [{"names": [INDEX]}]}, "adopt": True}
        keystores = self.bed.run(self.bed.plane.keystore(self.local)).values()
        nodes = [{"cluster": self.local, "keystore": list(entries)} for entries in keystores]
        declared = declaration.declare(platforms, clusters, [{**link, **options}], nodes=nodes)
        with_proxy = {**os.environ, "HTTPS_PROXY": self.bed.proxy_url, "NO_PROXY": ""}
        transport = Transport(environment=with_proxy)
        return next(iter(run_links(declared, transport, selected=["verify"], limits=Limits(wait_timeout=0.1)).failed.values()), {})

    def _cluster(self, name: str) -> dict[str, Any]:
        deployment = self.bed.deployments[name]
        return {
            "name": name,
            "platform": "lab",
            "url": deployment.service_url,
            "remote_address": f"{deployment.endpoint}:9443",
            "username": "elastic",
            "password": deployment.password,
        }


def own_key(lab: Lab, alias: str) -> str:
    """A key of the remote for an alias."""
    body = {"name": alias, "access": {"search": [{"names": [INDEX]}]}}
    return lab.bed.call(lab.remote, "POST", "/_security/cross_cluster/api_key", body).json()["encoded"]


def ordinary_key(lab: Lab, alias: str) -> str:
    return lab.bed.call(lab.remote, "POST", "/_security/api_key", {"name": alias}).json()["encoded"]


def wrong_secret(lab: Lab, alias: str) -> str:
    key_id = base64.b64decode(own_key(lab, alias)).decode().partition(":")[0]
    return base64.b64encode(f"{key_id}:{'x' * 22}".encode()).decode()


def no_key(_lab: Lab, _alias: str) -> None:
    return None


def at(address: Callable[[Lab], str]) -> Callable[[Lab, str], Mapping[str, Any]]:
    """An alias with this address."""
    return lambda lab, alias: lab.point(alias, address(lab))


def sniffing(lab: Lab, alias: str) -> Mapping[str, Any]:
    lab.point(alias, None, mode="sniff", seeds=[NOWHERE])
    return {"mode": "sniff", "seeds": [NOWHERE]}


def revoked(lab: Lab, alias: str) -> Mapping[str, Any]:
    lab.point(alias, lab.proxies())
    until(lambda: lab.bed.call(lab.local, "GET", f"/{alias}:{INDEX}/_search").status_code == 200, 15)
    lab.bed.call(lab.remote, "DELETE", "/_security/api_key", {"name": alias}).raise_for_status()
    lab.bed.call(lab.local, "GET", f"/{alias}:{INDEX}/_search")
    return {}


def role_for_other_indices(lab: Lab, alias: str) -> Mapping[str, Any]:
    lab.point(alias, lab.proxies())
    return lab.user(alias, [{"clusters": [alias], "names": ["invoices-*"], "privileges": ["read", "read_cross_cluster"]}])


def role_for_another_alias(lab: Lab, alias: str) -> Mapping[str, Any]:
    lab.point(alias, lab.proxies())
    return lab.user(alias, [{"clusters": ["another"], "names": ["*"], "privileges": ["read", "read_cross_cluster"]}])


TRUST = "the local cluster does not trust the certificate of the remote cluster", "give the CA of the remote in the option ca_certificates"
WRONG_PORT = "the alias on the local cluster points to the transport port of the remote cluster", "use the remote cluster server port, 9443"
NO_KEY = "the local cluster has no credential for the alias loaded", "into the keystore of every node of the local cluster and reload"
KEY_GONE = "the cross-cluster API key that the local cluster uses is revoked, expired or unknown on the remote", "run the links again"

ERRORS = {
    "E05": Error(own_key, at(Lab.proxies), ("local", "unable to find valid certification path to requested target"), TRUST, trusts=none),
    "E01": Error(
        own_key,
        at(lambda lab: NOWHERE),
        ("local", r"failed to open any proxy connections to cluster \[e01\]"),
        ("nothing at the address of the remote cluster accepts connections of the local cluster", "remote_cluster_server.enabled is true"),
    ),
    "E02": Error(
        own_key,
        sniffing,
        ("local", r"fetching nodes from external cluster \[e02\] failed"),
        ("the local cluster reaches no node of the remote cluster by mode sniff", "use mode proxy"),
    ),
    "E14": Error(no_key, at(Lab.proxies), ("local", "PKIX path building failed"), NO_KEY),
    "E16": Error(
        ordinary_key,
        at(Lab.proxies),
        ("", r"authentication expected API key type of \[cross_cluster\], but API key \["),
        ("the credential on the local cluster is an ordinary API key, not a cross-cluster one", "adopt: true"),
    ),
    "E17": Error(wrong_secret, at(Lab.proxies), ("", r"unable to authenticate user \["), KEY_GONE),
    "E19": Error(
        own_key,
        role_for_other_indices,
        ("", "this action is granted by the index privileges"),
        (
            "the cross-cluster API key, or the user's role, does not cover what was asked for",
            "extend remote_indices of the role on the local",
        ),
    ),
    "E20": Error(
        own_key,
        role_for_another_alias,
        ("", "no remote indices privileges apply for the target cluster"),
        ("the user has no remote_indices privilege for this alias on the local cluster", "give the user a role with remote_indices"),
    ),
}
"""Those that both kinds of clusters have."""


def provide(bed: Bed, errors: Mapping[str, Error]) -> None:
    """Bring all credentials to the nodes at once, since each change of a keystore takes its tool a while, and something to find."""
    secrets: dict[str, dict[str, str]] = {}
    for error_id, error in errors.items():
        secret = error.secret(Lab(bed, error.local, error.remote), error_id.lower())
        if secret:
            secrets.setdefault(error.local, {})[f"cluster.remote.{error_id.lower()}.credentials"] = secret
    for remote in {error.remote for error in errors.values()}:
        bed.call(remote, "PUT", f"/{INDEX}/_doc/1?refresh=true", {"item": "lantern"}).raise_for_status()
    for name, entries in secrets.items():
        bed.run(bed.plane.deliver(name, entries))
    for name, entries in secrets.items():
        until(partial(_stored, bed, name, entries))
        bed.call(name, "POST", "/_nodes/reload_secure_settings").raise_for_status()


def _stored(bed: Bed, name: str, entries: Mapping[str, str]) -> bool:
    return all(entries.items() <= stored.items() for stored in bed.run(bed.plane.keystore(name)).values())


def sentence(bed: Bed, error_id: str, error: Error) -> str:
    """Provoke an error, see to it that it is this one, and return the sentence of the collection."""
    lab, alias = Lab(bed, error.local, error.remote), error_id.lower()
    bed.run(bed.plane.set_trust(error.local, [authority.pem for authority in error.trusts(bed)]))
    options = error.provoke(lab, alias)
    side, pattern = error.evidence
    failure: dict[str, Any] = {}

    def shown() -> bool:
        failure.update(lab.verify(alias, options))
        seen = lab.log(side) if side else failure.get("message", "")
        return bool(re.search(pattern, seen)) and error.says[0] in failure.get("message", "")

    try:
        until(shown, 60)
    except AssertionError as late:
        raise AssertionError(f"{error_id}: expected {error.evidence} and {error.says}, the collection said {failure}") from late
    assert error.says[1] in failure["remedy"], failure
    return f"{failure['message']}. {failure['remedy']}."
