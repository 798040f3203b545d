# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a run can be killed, and what must hold after the run that follows."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from harness.controller import Controller, until

EVERY = 3
"""Of the requests that only read, this one of so many is a point."""
VARYING = re.compile(r"(?<=/deployments/)[^/]+|(?<=/cross_cluster/api_key/)[^/]+|(?<=/role/)[^/]+")
"""What in a path differs between links and mini clouds."""


@dataclass(frozen=True)
class Point:
    """moment: before or after the request takes effect. number: which one of the requests with this method and path (all when None)."""

    moment: str
    number: int
    method: str | None = None
    path: str | None = None

    def __str__(self) -> str:
        return f"{self.moment} {f'{self.method} {self.path}' if self.path else 'request'} {self.number}"

    @property
    def writes(self) -> bool:
        return self.path is not None

    def rule(self, group: int) -> dict[str, Any]:
        """The fault that kills a process group here."""
        where = {"method": self.method, "path": self.path} if self.writes else {}
        return {**where, "after": self.number - 1, "times": 1, "action": {"kill": self.moment, "pid": group}}


def points_of(requests: Iterable[dict[str, Any]]) -> list[Point]:
    """All points of a run that was recorded: before and after each write, which is found again by its path, and before some reads."""
    found: list[Point] = []
    seen: dict[tuple[str, str], int] = {}
    for position, request in enumerate(requests, start=1):
        if request["write"]:
            place = (request["method"], _pattern(request["path"]))
            seen[place] = seen.get(place, 0) + 1
            found += [Point(moment, seen[place], *place) for moment in ("before", "after")]
        elif position % EVERY == 1:
            found.append(Point("before", position))
    return found


def _pattern(path: str) -> str:
    return "^" + "[^/]+".join(map(re.escape, VARYING.split(path))) + "$"


def others(controller: Controller, alias: str) -> dict[str, Any]:
    """All that is not of the link with this alias: keys, settings, secure settings and roles."""
    roles = controller.local("GET", "/_security/role").json()
    return {
        "keys": {key_id: key for key_id, key in controller.keys().items() if not key["metadata"].get("link", "").endswith(f"/{alias}")},
        "settings": {name: value for name, value in controller.settings().items() if not name.startswith(f"cluster.remote.{alias}.")},
        "keystores": {
            node: {name: value for name, value in entries.items() if name != credential(alias)}
            for node, entries in controller.keystores().items()
        },
        "roles": {name: role for name, role in roles.items() if name != readers(alias)},
    }


def credential(alias: str) -> str:
    return f"cluster.remote.{alias}.credentials"


def readers(alias: str) -> str:
    """The role of a link, where it has one."""
    return f"readers-of-{alias}"


def plant_others(controller: Controller) -> None:
    """What somebody else has: a key, an alias and a role."""
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


def problems_of_link(controller: Controller, wanted: dict[str, Any], proof: dict[str, Any]) -> list[str]:
    """What is wrong with a link that should work with one key of ours, in use on every node."""
    alias = wanted["alias"]
    in_use = {node: _key_id(entries.get(credential(alias))) for node, entries in controller.keystores().items()}
    until(lambda: set(in_use.values()) <= controller.keys().keys())
    valid = {key["id"]: key for key in controller.valid_keys(alias)}
    found = [f"hit {hit['_index']}" for hit in controller.search(alias) if hit["_index"] != f"{alias}:orders-2026"]
    if len(valid) != 1:
        found.append(f"{len(valid)} valid keys of the link")
    if set(in_use.values()) != set(valid):
        found.append(f"keys {in_use} in the keystores, {list(valid)} valid")
    if {proof["key"]} != set(valid) or proof["nodes"] != sorted(in_use):
        found.append(f"proof {proof}")
    for key in valid.values():
        if set(key["access"]["search"][0]["names"]) != set(wanted["access"]["search"][0]["names"]):
            found.append(f"access {json.dumps(key['access'])}")
    return found


def _key_id(encoded: str | None) -> str:
    return base64.b64decode(encoded or "").decode().partition(":")[0]
