# SPDX-License-Identifier: GPL-3.0-or-later
"""The proof that links work: the expected key in use on every node, and a real call through the alias that was answered.

HTTP 200 and ``connected: true`` prove nothing: sockets stay open after a key was revoked, and ``skip_unavailable`` hides failures.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Callable, Optional

from ..api.elasticsearch import ElasticsearchClient
from ..api.waiting import Clock, ErrorBudget, looks
from ..model import access, keys
from ..model.declaration import API_KEY, Link
from ..model.errors import CrossClusterError, WaitTimeout
from ..model.reasons import refusal_of_resolve, refusal_of_search
from ..model.remote import address
from ..model.troubleshooting import CONNECTING, UNREACHABLE, Diagnosis, diagnose
from ..model.versions import can_name_key_in_use
from ..operations.connection import search_refusal
from .connections import Connections
from .pool import Pool, grouped
from .probe import CONNECT_SECONDS, LOOKS_A_NODE, ask_nodes
from .world import Use, World

SETTLED_TIMEOUT = 30.0
"""Seconds for the proof of a link that nothing was changed for: it either works or it does not."""

Reason = tuple[Optional[Diagnosis], str]
"""Why a link does not work, where that was seen, and the words of Elasticsearch, "" where it had none."""


@dataclass(frozen=True)
class Proof:
    """Evidence that a link works.

    key: id of the key in use, "" where nothing can tell. nodes: nodes of the local cluster that use it.
    expression, took_ms: the cross-cluster search that was answered; "" and 0 where the key allows no search.
    """

    key: str
    nodes: tuple[str, ...]
    expression: str = ""
    status: str = ""
    took_ms: int = 0

    def as_dict(self) -> dict[str, Any]:
        return {"key": self.key, "nodes": list(self.nodes), "search": self.expression, "status": self.status, "took_ms": self.took_ms}


@dataclass
class Proofs:
    """Proofs and failures by link id."""

    proven: dict[str, Proof] = field(default_factory=dict)
    failures: dict[str, CrossClusterError] = field(default_factory=dict)


class Verifier:
    """Proves links. In its methods, expected is by link id the key that must be in use, fresh the ids of links that this run has changed.

    wait_timeout: seconds a changed link is given; platforms bring credentials to their nodes some time after the API answered.
    reconnect: sets aliases of a local cluster again; None where nothing is to be changed.
    """

    def __init__(
        self,
        world: World,
        connections: Connections,
        pool: Pool,
        clock: Clock,
        wait_timeout: float,
        tell: Callable[[str], None],
        reconnect: Callable[[str, list[Link]], None] | None = None,
    ) -> None:
        self._world, self._connections, self._pool = world, connections, pool
        self._clock, self._wait_timeout, self._tell = clock, wait_timeout, tell
        self._reconnect = reconnect

    def prove(self, links: Sequence[Link], expected: dict[str, str], fresh: set[str], known: Mapping[str, Diagnosis]) -> Proofs:
        """Prove all these links, those of one local cluster together.

        known: by link id, what is known to be wrong with a credential or with trust that this run leaves as it is.
        """
        by_local = grouped(links, lambda link: link.local)
        answers, unreachable = self._pool.each(by_local, lambda name: self._prove_local(by_local[name], expected, fresh, known))
        result = Proofs()
        for proofs in answers.values():
            result.proven.update(proofs.proven)
            result.failures.update(proofs.failures)
        for name, error in unreachable.items():
            result.failures.update({link.id: error for link in by_local[name]})
        return result

    def _prove_local(self, links: list[Link], expected: dict[str, str], fresh: set[str], known: Mapping[str, Diagnosis]) -> Proofs:
        proofs, open_links = Proofs(), list(links)
        reasons: dict[str, Reason] = {}
        timeout = self._wait_timeout if fresh & {link.id for link in links} else min(SETTLED_TIMEOUT, self._wait_timeout)
        budget = ErrorBudget(self._clock)
        reconnect = self._reconnect
        for passed in looks(timeout, self._clock):
            attempt = budget.read(partial(self._attempt, open_links, expected, fresh))
            if attempt is not None:
                found, reasons = attempt
                proofs.proven.update(found)
            open_links = [link for link in open_links if link.id not in proofs.proven]
            if not open_links:
                break
            self._tell(f"{links[0].local}: waiting for {', '.join(link.alias for link in open_links)} ({passed:.0f} s)")
            if reconnect and passed >= CONNECT_SECONDS:
                self._set_again(open_links, reconnect)
                reconnect = None
        states = self._states(open_links[0].local) if open_links else {}
        for link in open_links:
            diagnosis, words = self._explained(link, reasons.get(link.id, (None, "")), states.get(link.alias), known)
            proofs.failures[link.id] = _failure(link, diagnosis, words, timeout)
        return proofs

    def _set_again(self, links: list[Link], reconnect: Callable[[str, list[Link]], None]) -> None:
        """Aliases that a node does not know, though it has their settings; often it is one node only."""
        local, endpoint = links[0].local, self._world.clusters[links[0].local].endpoint
        one_after_the_other = [self._connections.elasticsearch(local, endpoint.url)] * endpoint.nodes * LOOKS_A_NODE
        states = [node.remote_info() for node in self._connections.nodes(local).values() or one_after_the_other]
        lost = [link for link in links if any(link.alias not in known for known in states)]
        if lost:
            reconnect(local, lost)

    def _explained(
        self, link: Link, reason: Reason, state: Mapping[str, Any] | None, known: Mapping[str, Diagnosis]
    ) -> tuple[Diagnosis, str]:
        """What is wrong and the words that say it. state: what the local cluster believes of the connection, None for nothing."""
        diagnosis, words = reason
        if diagnosis is not None:
            return diagnosis, words
        # _resolve/cluster does not tell why there is no connection; a search does.
        words = words or search_refusal(self._client(link), link.alias) or ""
        diagnosis = diagnose(words, state, link.security_model)
        if diagnosis == UNREACHABLE and link.id in known:
            # A node that has lost its connection to a refusing remote gives no reason any more.
            return known[link.id], words
        if diagnosis in CONNECTING and state is not None:
            return Diagnosis(f"{diagnosis.cause} (at {address(state)})", diagnosis.remedy), words
        return diagnosis, words

    def _attempt(self, links: list[Link], expected: dict[str, str], fresh: set[str]) -> tuple[dict[str, Proof], dict[str, Reason]]:
        uses = self._uses(links, expected, fresh)
        reasons = {link.id: reason for link in links for reason in [_wrong_key(link, uses.get(link.id), expected)] if reason}
        connected = [link for link in links if link.id not in reasons]
        proven: dict[str, Proof] = {}
        for group in _together(connected):
            found, refused = self._call(group, uses, expected)
            proven.update(found)
            reasons.update(refused)
        return proven, reasons

    def _uses(self, links: list[Link], expected: dict[str, str], fresh: set[str]) -> dict[str, Use]:
        """Which keys are in use; what was seen already is not asked again unless this run has changed it."""
        seen = {link.id: self._world.uses[link.id] for link in links if link.id in self._world.uses and link.id not in fresh}
        agreed = {link_id: use for link_id, use in seen.items() if keys.agreed(use.nodes.values(), expected.get(link_id, ""))}
        unknown = [link for link in links if link.id not in agreed and link.security_model == API_KEY]
        return {**agreed, **(ask_nodes(self._connections, self._world, unknown) if unknown else {})}

    def _call(self, links: list[Link], uses: dict[str, Use], expected: dict[str, str]) -> tuple[dict[str, Proof], dict[str, Reason]]:
        """One resolve and one search for all links of a group, or for each alone when together they fail."""
        client = self._client(links[0])
        reasons = self._resolve(client, links)
        searchable = [link for link in links if link.id not in reasons and access.search_names(link.access)]
        proven = {
            link.id: _proof(link, uses.get(link.id), expected)
            for link in links
            if link.id not in reasons and not access.search_names(link.access) and uses.get(link.id)
        }
        found, refused = _search(client, searchable, uses, expected) if searchable else ({}, {})
        if refused and len(searchable) > 1:
            for link in searchable:
                one, why = _search(client, [link], uses, expected)
                found, refused = {**found, **one}, {**{key: text for key, text in refused.items() if key != link.id}, **why}
        return {**proven, **found}, {**reasons, **refused}

    def _resolve(self, client: ElasticsearchClient, links: list[Link]) -> dict[str, Reason]:
        if not can_name_key_in_use(self._world.clusters[links[0].local].version):
            connections = client.remote_info()
            return {link.id: (None, "") for link in links if not (connections.get(link.alias) or {}).get("connected")}
        asked = [link for link in links if access.search_names(link.access)]
        if not asked:
            return {}
        answer = client.resolve_cluster(",".join(name for link in asked for name in _resolvable(link)))
        if answer.refusal:
            return {link.id: (None, answer.refusal) for link in asked}
        refusals = {link.id: refusal_of_resolve(answer.body, link.alias) for link in asked}
        return {
            link_id: (None, refusal)
            for link_id, refusal in refusals.items()
            if refusal is not None and not refusal.startswith("no such index")
        }

    def _states(self, local: str) -> dict[str, dict]:
        """What a local cluster believes of its connections; asked by who is declared for it, for others may lack the privilege."""
        return self._connections.elasticsearch(local, self._world.clusters[local].endpoint.url).remote_info()

    def _client(self, link: Link) -> ElasticsearchClient:
        return self._connections.elasticsearch(link.local, self._world.clusters[link.local].endpoint.url, link.verify_as)


def _together(links: list[Link]) -> list[list[Link]]:
    """Links that are called as the same user can be called together."""
    return list(grouped(links, lambda link: (link.verify_as or {}).get("username", "")).values())


def _resolvable(link: Link) -> list[str]:
    """What shows that a user may ask the remote: the names of the key, which a search leaves out silently where he may not read them.

    Whoever made the key may read everything, and names that do not exist yet are no fault of the link.
    """
    return [f"{link.alias}:{name}" for name in (access.search_names(link.access) if link.verify_as else ["*"])]


def _expression(links: list[Link]) -> str:
    return ",".join(f"{link.alias}:{name}" for link in links for name in access.search_names(link.access))


def _search(
    client: ElasticsearchClient, links: list[Link], uses: dict[str, Use], expected: dict[str, str]
) -> tuple[dict[str, Proof], dict[str, Reason]]:
    answer = client.search(_expression(links))
    if answer.refusal:
        return {}, {link.id: (None, answer.refusal) for link in links}
    refusals = {link.id: refusal_of_search(answer.body, link.alias) for link in links}
    proven = {
        link.id: _proof(link, uses.get(link.id), expected, answer.body["_clusters"]["details"][link.alias])
        for link in links
        if refusals[link.id] is None
    }
    return proven, {link_id: (None, refusal) for link_id, refusal in refusals.items() if refusal is not None}


def _proof(link: Link, use: Use | None, expected: dict[str, str], detail: dict[str, Any] | None = None) -> Proof:
    nodes = tuple(sorted(use.nodes)) if use else ()
    key = expected.get(link.id, "")
    if not detail:
        return Proof(key, nodes, status="authenticated")
    return Proof(key, nodes, _expression([link]), detail["status"], int(detail.get("took", 0)))


def _wrong_key(link: Link, use: Use | None, expected: dict[str, str]) -> Reason | None:
    """Why the nodes do not use the expected key, None when they do or when nothing can tell."""
    wanted = expected.get(link.id, "")
    if use is None or not wanted or keys.agreed(use.nodes.values(), wanted):
        return None
    missing = {node: use.errors.get(node, "") for node, key_id in use.nodes.items() if key_id != wanted}
    words = next((error for error in missing.values() if error), "")
    other = sorted({key_id for node, key_id in use.nodes.items() if key_id and node in missing})
    if len(missing) == len(use.nodes) and not other:
        return None, words
    instead = f"key {', '.join(other)}" if other else "no key that could be seen"
    cause = f"{', '.join(sorted(missing))} of the local cluster uses {instead} instead of {wanted}"
    return Diagnosis(cause, "wait until the platform has brought the new credential to all nodes, then run again"), words


def _failure(link: Link, diagnosis: Diagnosis, words: str, timeout: float) -> CrossClusterError:
    said = f" (Elasticsearch says: {words})" if words else ""
    return WaitTimeout(
        f"link {link} does not work, tried for {timeout:.0f} s: {diagnosis.cause}{said}", diagnosis.remedy.replace("<alias>", link.alias)
    )
