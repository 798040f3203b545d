# SPDX-License-Identifier: GPL-3.0-or-later
"""Asking the nodes of a local cluster which key each alias uses: a question about an index outside the key makes the remote name it."""

from __future__ import annotations

from collections.abc import Sequence

from ..api.elasticsearch import ElasticsearchClient
from ..api.waiting import Clock, looks
from ..model import access, keys
from ..model.declaration import Link
from ..model.troubleshooting import DROPPED, explain
from ..model.versions import can_name_key_in_use
from .connections import Connections
from .world import Use, World

LOOKS_A_NODE = 4
"""Requests for each node before a node that the proxies never chose is given up."""
SETTLE_SECONDS = 30.0
"""How long nodes that use different keys are given to agree before one of the keys is taken to be lost."""
CONNECT_SECONDS = 4.0
"""How long nodes that have lost the connection are given to make it anew, so that they can tell which key they use."""


def settled_uses(connections: Connections, world: World, links: Sequence[Link], clock: Clock) -> dict[str, Use]:
    """Platforms bring a new credential to one node after the other: while nodes disagree, a push is probably under way."""
    uses: dict[str, Use] = {}
    for passed in looks(SETTLE_SECONDS, clock):
        uses = ask_nodes(connections, world, links)
        agreed = all(len({key_id for key_id in use.nodes.values() if key_id}) <= 1 for use in uses.values())
        if agreed and (passed >= CONNECT_SECONDS or not any(use.connecting for use in uses.values())):
            break
    return uses


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
    entries = {node: answer.get(alias) or {} for node, answer in answers.items()}
    errors = {node: entry.get("error", "") for node, entry in entries.items()}
    connecting = tuple(node for node, entry in entries.items() if _is_connecting(entry))
    return Use({node: keys.key_in_use(error) for node, error in errors.items()}, errors, connecting=connecting)


def _is_connecting(entry: dict) -> bool:
    """Whether a node may only be about to connect: it answers at once that it is not connected, and does so in the background.

    https://www.elastic.co/docs/api/doc/elasticsearch/operation/operation-indices-resolve-cluster
    """
    error = entry.get("error", "")
    return not entry.get("connected", True) and not keys.key_in_use(error) and explain(error) in (None, DROPPED)
