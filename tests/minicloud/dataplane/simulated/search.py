# SPDX-License-Identifier: GPL-3.0-or-later
"""Searches, in the cluster itself and across clusters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from minicloud.dataplane.simulated.call import Answer, Call
from minicloud.dataplane.simulated.cluster import Cluster
from minicloud.dataplane.simulated.documents import allowed_indices, matcher
from minicloud.dataplane.simulated.errors import ElasticsearchError, argument
from minicloud.dataplane.simulated.links import SEARCH, applicable
from minicloud.dataplane.simulated.remotes import link_of, reached, split

_LOCAL = "(local)"
_PARAMETERS = frozenset({"q", "size", "ignore_unavailable", "allow_no_indices", "ccs_minimize_roundtrips", "expand_wildcards", "timeout"})
_DEFAULT_SIZE = 10


@dataclass
class _Part:
    """What one cluster has found, or why it was skipped."""

    alias: str
    expression: str
    indices: Sequence[str] = ()
    hits: list[dict[str, Any]] = field(default_factory=list)
    skipped: dict[str, Any] | None = None

    def detail(self) -> dict[str, Any]:
        if self.skipped is not None:
            failures = [{"shard": -1, "index": None, "reason": self.skipped}]
            return {"status": "skipped", "indices": self.expression, "timed_out": False, "failures": failures}
        return {"status": "successful", "indices": self.expression, "took": 1, "timed_out": False, "_shards": _shards(len(self.indices))}


async def search(call: Call) -> Answer:
    if unknown := sorted(set(call.query) - _PARAMETERS):
        raise argument(f"request [/{call.parameters.get('index', '')}/_search] contains unrecognized parameter: [{unknown[0]}]")
    by_alias = split(call, call.parameters.get("index", "*"), SEARCH)
    parts = [_part(call, alias, names) for alias, names in by_alias.items()]
    remote = [part for part in parts if part.alias != _LOCAL]
    counted = [part for part in parts if part.alias != _LOCAL or part.indices] if remote else []
    return Answer(_answer(call, parts, counted))


def _part(call: Call, alias: str, names: Sequence[str]) -> _Part:
    part = _Part(alias, ",".join(names))
    ignores = call.flag("ignore_unavailable")
    if alias == _LOCAL:
        part.indices = allowed_indices(call.cluster, call.subject, SEARCH, names, ignores)
        part.hits = _hits(call, call.cluster, part.indices, "")
        return part
    link = link_of(call, alias)
    try:
        if not link.uses_certificates:
            applicable(call.subject, alias, SEARCH)
        if not link.connection.is_open and link.connection.skip_unavailable:
            link.try_open()
            if not link.connection.is_open:
                raise ElasticsearchError(500, "connect_transport_exception", f"Unable to connect to [{alias}]")
        remote, part.indices = reached(link, call.subject, SEARCH, names, ignores)
        part.hits = _hits(call, remote, part.indices, f"{alias}:")
    except ElasticsearchError as error:
        if not link.connection.skip_unavailable:
            raise
        part.skipped = error.cause
    return part


def _hits(call: Call, cluster: Cluster, indices: Sequence[str], prefix: str) -> list[dict[str, Any]]:
    matches = matcher(call)
    return [
        {"_index": prefix + name, "_id": document, "_score": 1.0, "_source": source}
        for name in indices
        for document, (_version, _number, source) in cluster.indices[name].documents.items()
        if matches(source)
    ]


def _answer(call: Call, parts: Sequence[_Part], counted: Sequence[_Part]) -> dict[str, Any]:
    hits = [hit for part in parts for hit in part.hits]
    shards = sum(len(part.indices) for part in parts)
    size = int(call.query.get("size", _DEFAULT_SIZE))
    all_skipped = bool(parts) and all(part.skipped for part in counted) and bool(counted)
    best = 1.0 if hits and size else None
    return {
        "took": 1,
        "timed_out": False,
        **({"num_reduce_phases": 0} if all_skipped else {}),
        "_shards": _shards(shards),
        **({"_clusters": _clusters(counted)} if counted else {}),
        "hits": {
            "total": {"value": len(hits), "relation": "eq"},
            "max_score": best if shards or all_skipped else 0.0,
            "hits": hits[:size],
        },
    }


def _clusters(parts: Sequence[_Part]) -> dict[str, Any]:
    skipped = sum(part.skipped is not None for part in parts)
    counts = {"total": len(parts), "successful": len(parts) - skipped, "skipped": skipped, "running": 0, "partial": 0, "failed": 0}
    return {**counts, "details": {part.alias: part.detail() for part in parts}}


def _shards(number: int) -> dict[str, int]:
    return {"total": number, "successful": number, "skipped": 0, "failed": 0}
