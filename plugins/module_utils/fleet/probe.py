# SPDX-License-Identifier: GPL-3.0-or-later
"""Asking the nodes of a local cluster which key each alias uses: a question about an index outside the key makes the remote name it."""

from __future__ import annotations

from collections.abc import Sequence

from ..api.elasticsearch import ElasticsearchClient
from ..model import access, keys
from ..model.declaration import Link
from ..model.versions import can_name_key_in_use
from .connections import Connections
from .world import Use, World

LOOKS_A_NODE = 4
"""Requests for each node before a node that the proxies never chose is given up."""


def ask_nodes(connections: Connections, world: World, links: Sequence[Link]) -> dict[str, Use]:
    """What each node uses for the aliases of these links, which have one local cluster; {} where nothing can tell.

    Behind the proxies of a platform a node is known by a header; without it, as many answers as there are nodes stand for them.
    The nodes of a self-managed cluster are asked one by one where their addresses are declared.
    """
    view = world.clusters[links[0].local]
    indices = {link: _index(link, world) for link in links}
    expression = ",".join(f"{link.alias}:{index}" for link, index in indices.items() if index)
    if not expression or not can_name_key_in_use(view.version):
        return {}
    nodes = connections.nodes(links[0].local)
    if nodes:
        answers = {name: client.resolve_cluster(expression).body for name, client in nodes.items()}
    else:
        answers = _answers(connections.elasticsearch(links[0].local, view.endpoint.url), expression, view.endpoint.nodes)
    return {link.id: _use(link.alias, answers) for link in links if indices[link]}


def _index(link: Link, world: World) -> str | None:
    """An index outside what is declared and outside what the key in use may allow."""
    present = [key.access for key in world.keys_of(link)]
    together = {
        kind: [grant for allowed in (link.access, *present) for grant in allowed.get(kind) or []] for kind in ("search", "replication")
    }
    return access.index_outside(together)


def _answers(client: ElasticsearchClient, expression: str, nodes: int) -> dict[str, dict]:
    """The answer of each node by its name."""
    answers: dict[str, dict] = {}
    for asked in range(1, nodes * LOOKS_A_NODE + 1):
        answer = client.resolve_cluster(expression)
        answers[answer.node or f"node {asked}"] = answer.body
        if len(answers) >= nodes:
            break
    return answers


def _use(alias: str, answers: dict[str, dict]) -> Use:
    errors = {node: (answer.get(alias) or {}).get("error", "") for node, answer in answers.items()}
    return Use({node: keys.key_in_use(error) for node, error in errors.items()}, errors)
