# SPDX-License-Identifier: GPL-3.0-or-later
"""What must hold after a run: its links work with one key each, and nothing of others has changed."""

from __future__ import annotations

import base64
import json
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from harness.controller import Controller, until
from suites.platforms import foreign_filters, foreign_trust, hosted, plant_trust_and_filters


def others(controller: Controller, aliases: Collection[str]) -> dict[str, Any]:
    """All that is not of the links with these aliases, by kind and name; of trust and filters, what does not carry our mark."""
    credentials, roles = {credential(alias) for alias in aliases}, {readers(alias) for alias in aliases}
    return {
        "keys": {key_id: key for key_id, key in controller.keys().items() if _alias_of_key(key) not in aliases},
        "settings": {name: value for name, value in controller.settings().items() if _alias_of_setting(name) not in aliases},
        "keystores": {
            f"{node} {name}": value
            for node, entries in controller.keystores().items()
            for name, value in _without(credentials, entries).items()
        },
        "roles": _without(roles, controller.local("GET", "/_security/role").json()),
        "trust": foreign_trust(controller),
        "filters": foreign_filters(controller),
    }


def lost(before: Mapping[str, Mapping[str, Any]], after: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """What of others is not there any more as it was. What is new is no loss."""
    return [f"{kind} {name}" for kind, have in before.items() for name, value in have.items() if after[kind].get(name) != value]


def _alias_of_key(key: dict[str, Any]) -> str:
    return key["metadata"].get("link", "").rpartition("/")[2]


def _alias_of_setting(name: str) -> str:
    return name.removeprefix("cluster.remote.").partition(".")[0]


def _without(names: Collection[str], entries: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in entries.items() if name not in names}


def credential(alias: str) -> str:
    return f"cluster.remote.{alias}.credentials"


def readers(alias: str) -> str:
    """The role of a link, where it has one."""
    return f"readers-of-{alias}"


def plant_others(controller: Controller) -> None:
    """What somebody else has: a key, an alias, a role, secure settings, and on the platforms trust and traffic filters."""
    plant_trust_and_filters(controller)
    plant_secure_settings(controller)
    made = [
        controller.remote("POST", "/_security/cross_cluster/api_key", {"name": "theirs", "access": {"search": [{"names": ["theirs-*"]}]}}),
        controller.local(
            "PUT",
            "/_cluster/settings",
            {"persistent": {"cluster.remote.theirs": {"mode": "proxy", "proxy_address": "theirs.minicloud.test:9443"}}},
        ),
        controller.local("PUT", "/_security/role/theirs", {"cluster": ["monitor"]}),
    ]
    assert [answer.status_code for answer in made] == [200] * 3, [answer.text for answer in made]


def plant_secure_settings(controller: Controller) -> None:
    """Two on each node of a local deployment. Real nodes load nothing any more where one of them is unknown or cannot be read."""
    if controller.scenario.local not in hosted(controller):
        return
    names = (credential("theirs"), credential("theirs-too"))
    change = {"secrets": {name: {"value": base64.b64encode(b"theirs:a secret of theirs").decode()} for name in names}}
    answer = controller.cloud.control(controller.scenario.local, "PATCH", "/elasticsearch/_main/keystore", change)
    assert answer.status_code == 200, answer.text
    until(lambda: all(entries.keys() >= {*names} for entries in controller.keystores().values()))


def problems_of_link(controller: Controller, wanted: dict[str, Any], proof: dict[str, Any]) -> list[str]:
    """What is wrong with a link that should work with one key of ours, in use on every node."""
    alias = wanted["alias"]
    in_use = {node: _key_id(entries.get(credential(alias))) for node, entries in controller.keystores().items()}
    until(lambda: set(in_use.values()) <= controller.keys().keys())
    valid = {key["id"]: key for key in controller.valid_keys(alias)}
    answer = controller.local("GET", f"/{alias}:orders-*/_search")
    found = [] if [hit["_index"] for hit in answer.json().get("hits", {}).get("hits", [])] == [f"{alias}:orders-2026"] else [answer.text]
    if len(valid) != 1:
        found.append(f"{len(valid)} valid keys of the link")
    if set(in_use.values()) != set(valid):
        found.append(f"keys {in_use} in the keystores, {list(valid)} valid")
    if {proof["key"]} != set(valid) or proof["nodes"] != sorted(_addresses(controller, in_use)):
        found.append(f"proof {proof}")
    for key in valid.values():
        if set(key["access"]["search"][0]["names"]) != set(wanted["access"]["search"][0]["names"]):
            found.append(f"access {json.dumps(key['access'])}")
    return found


def _addresses(controller: Controller, nodes: Iterable[str]) -> list[str]:
    """What a proof calls the nodes: those that are addressed singly by their hosts."""
    if not controller.scenario.local_nodes:
        return [*nodes]
    hosts = {node["name"]: node["host"] for node in controller.cloud.deployment(controller.scenario.local)["nodes"]}
    return [hosts[node] for node in nodes]


def _key_id(encoded: str | None) -> str:
    return base64.b64decode(encoded or "").decode().partition(":")[0]
