# SPDX-License-Identifier: GPL-3.0-or-later
"""How the connection of an alias does: what Elasticsearch believes of it, and what a call through it shows."""

from __future__ import annotations

from typing import Any

from ..api.elasticsearch import ElasticsearchClient
from ..model import access, keys, remote
from ..model.reasons import refusal_of_resolve, refusal_of_search
from ..model.troubleshooting import diagnose
from ..model.versions import can_name_key_in_use, parse
from . import remote_cluster

LOOKS_A_NODE = 4
"""Requests for each node before a node that the proxies never chose is given up."""


def observe(client: ElasticsearchClient, alias: str | None, allowed: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    """Each alias with its settings, its state and the truth about it; all aliases when none is named, [] when there is none.

    allowed: access of the keys behind the aliases; where it is given, ``keys_in_use`` says which keys these are.
    """
    settings = remote_cluster.observe(client)
    states = client.remote_info()
    names = [name for name in sorted({*remote.aliases(settings), *states}) if alias in (None, name)]
    index = access.index_outside(allowed) if allowed else None
    return [{**examine(client, name, settings, states.get(name)), **_in_use(client, name, index)} for name in names]


def _in_use(client: ElasticsearchClient, alias: str, index: str | None) -> dict[str, Any]:
    """The id of the key that each node uses, "" where a node does not tell; {} where nothing makes the remote name it."""
    if index is None or not can_name_key_in_use(parse(client.info()["version"]["number"])):
        return {}
    nodes = client.health()["number_of_nodes"]
    errors: dict[str, str] = {}
    for asked in range(nodes * LOOKS_A_NODE):
        answer = client.resolve_cluster(f"{alias}:{index}")
        errors[answer.node or f"node {asked}"] = (answer.body.get(alias) or {}).get("error", "")
        if len(errors) >= nodes:
            break
    return {"keys_in_use": [keys.key_in_use(errors[node]) or "" for node in sorted(errors)]}


def examine(client: ElasticsearchClient, alias: str, settings: dict[str, Any], state: dict[str, Any] | None) -> dict[str, Any]:
    """One alias. ``connected`` is true only when a search through it, as the caller, was answered without any error.

    The connected flag in ``_remote/info`` stays true when a key is revoked, so it is no evidence; it is kept in ``state``.
    """
    error = _refusal(client, alias)
    security_model = "api_key" if "cluster_credentials" in (state or {}) else "certificate"
    shown = {key: value for key, value in (state or {}).items() if key != "cluster_credentials"}
    return {
        **remote_cluster.describe(settings, alias),
        "state": shown,
        "security_model": security_model,
        "connected": error is None,
        "error": error or "",
        "diagnosis": {} if error is None else diagnose(error, state, security_model)._asdict(),
    }


def _refusal(client: ElasticsearchClient, alias: str) -> str | None:
    """Why calls through the alias fail, "" when they do without a reason, None when they work."""
    # The search comes first: it makes the connection if that is idle, _resolve/cluster may only start to.
    searched = search_refusal(client, alias)
    if not can_name_key_in_use(parse(client.info()["version"]["number"])):
        return searched
    resolved = _resolve_refusal(client, alias)
    return resolved or searched if resolved is not None else searched


def search_refusal(client: ElasticsearchClient, alias: str) -> str | None:
    """Why a search through the alias fails, None when it does not."""
    answer = client.search(f"{alias}:*")
    return answer.refusal or refusal_of_search(answer.body, alias)


def _resolve_refusal(client: ElasticsearchClient, alias: str) -> str | None:
    answer = client.resolve_cluster(f"{alias}:*")
    return answer.refusal or refusal_of_resolve(answer.body, alias)
