# SPDX-License-Identifier: GPL-3.0-or-later
"""The node that answers at an address, and the health of its cluster."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..api.elasticsearch import ElasticsearchClient
from ..api.waiting import Clock, looks
from ..model.errors import Forbidden, RequestFailed, Unauthorized, UnreadableAnswer, WaitTimeout

_ORDER = ("red", "yellow", "green")


@dataclass(frozen=True)
class Wanted:
    """status: the worst that will do. nodes: how many at least. started_after: the node has to have started later, milliseconds."""

    status: str
    nodes: int = 1
    started_after: int = 0


def observe(client: ElasticsearchClient) -> dict[str, Any]:
    """id, name, version and start (milliseconds since 1970)."""
    node = client.local_node()
    if not node:
        raise UnreadableAnswer(client.subject, "GET /_nodes/_local/jvm", "no node is in the answer", remedy="check the address")
    return {"id": node["id"], "name": node.get("name", ""), "version": node.get("version", ""), "started": _started(node)}


def wait(client: ElasticsearchClient, wanted: Wanted, timeout: float, clock: Clock) -> dict[str, Any]:
    """Wait until the node is there and its cluster is healthy; returns the health. Raises WaitTimeout that says what was seen last.

    A node that starts may refuse connections, answer 503, or not know users yet: only after the time is up that is an error.
    """
    seen = "nothing"
    for _passed in looks(timeout, clock):
        try:
            if wanted.started_after and _started(client.local_node()) <= wanted.started_after:
                seen = "it has not been started again"
                continue
            health = client.health()
        except RequestFailed as failure:
            if isinstance(failure, (Forbidden, UnreadableAnswer)) or (isinstance(failure, Unauthorized) and not wanted.started_after):
                raise
            seen = failure.message
            continue
        seen = f"status {health['status']}, {health['number_of_nodes']} nodes, {health.get('relocating_shards', 0)} shards relocating"
        if _ORDER.index(health["status"]) >= _ORDER.index(wanted.status) and health["number_of_nodes"] >= wanted.nodes:
            return {"status": health["status"], "nodes": health["number_of_nodes"]}
    raise WaitTimeout(
        f"{client.subject} was not {wanted.status} with {wanted.nodes} or more nodes within {timeout:g} s; last seen: {seen}",
        "look into the log of the node",
    )


def _started(node: Mapping[str, Any]) -> int:
    return int((node.get("jvm") or {}).get("start_time_in_millis", 0))
