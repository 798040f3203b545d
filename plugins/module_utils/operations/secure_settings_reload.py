# SPDX-License-Identifier: GPL-3.0-or-later
"""Reloading secure settings on all nodes of a cluster."""

from __future__ import annotations

from typing import Any

from ..api.elasticsearch import ElasticsearchClient
from ..model.change import Change
from ..model.errors import Refused


def plan(cluster: str) -> Change:
    """A reload is never "already done": nothing tells whether a node has read its keystore."""
    return Change(what=f"secure settings of {cluster}", action="reload")


def apply(client: ElasticsearchClient, password: str | None) -> list[dict[str, Any]]:
    """Reload; returns the nodes with their names. Raises Refused naming each node that could not, with its reason."""
    answer = client.reload_secure_settings(password)
    nodes = answer.get("nodes") or {}
    failed = {
        node.get("name", node_id): _reason(node["reload_exception"]) for node_id, node in nodes.items() if node.get("reload_exception")
    }
    total = (answer.get("_nodes") or {}).get("total", len(nodes))
    if failed or len(nodes) < total:
        named = "; ".join(f"{name}: {reason}" for name, reason in sorted(failed.items())) or "no details"
        raise Refused(
            f"{client.subject}: {max(len(failed), total - len(nodes))} of {total} nodes did not reload ({named})",
            "check the keystore of each node and its password; from 8.13.0 to 8.15.1 the user needs manage_security besides manage",
        )
    return [{"id": node_id, "name": node.get("name", "")} for node_id, node in sorted(nodes.items())]


def _reason(exception: Any) -> str:
    return str(exception.get("reason", exception)) if isinstance(exception, dict) else str(exception)
