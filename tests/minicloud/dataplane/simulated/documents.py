# SPDX-License-Identifier: GPL-3.0-or-later
"""Documents of a cluster, and who may touch them."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Mapping
from typing import Any

from minicloud.dataplane.simulated.call import Answer, Call
from minicloud.dataplane.simulated.cluster import Cluster, Index
from minicloud.dataplane.simulated.errors import ElasticsearchError, argument, index_missing, unauthorized
from minicloud.dataplane.simulated.links import INDEX_PRIVILEGES
from minicloud.dataplane.simulated.patterns import covers, grants, is_pattern
from minicloud.dataplane.simulated.subjects import Subject

_PRIVILEGES = {
    **INDEX_PRIVILEGES,
    "indices:data/write/index": ("create_doc", "create", "index", "write", "all"),
    "indices:data/write/delete": ("delete", "write", "all"),
    "indices:data/read/get": ("read", "all"),
}


async def index_document(call: Call) -> Answer:
    source = call.body()
    name = _valid_name(call.parameters["index"])
    allowed_indices(call.cluster, call.subject, "indices:data/write/index", [name], may_be_new=True)
    index = call.cluster.indices.setdefault(name, Index())
    document = call.parameters.get("id") or secrets.token_urlsafe(15)
    version = index.documents[document][0] + 1 if document in index.documents else 1
    index.documents[document] = (version, index.writes, source)
    index.writes += 1
    return Answer(_written(call, index, name, document, version, "created" if version == 1 else "updated"), 201 if version == 1 else 200)


async def delete_document(call: Call) -> Answer:
    name, document = call.parameters["index"], call.parameters["id"]
    allowed_indices(call.cluster, call.subject, "indices:data/write/delete", [name])
    index = _existing(call.cluster, name)
    removed = index.documents.pop(document, None)
    index.writes += 1
    result = _written(call, index, name, document, removed[0] + 1 if removed else 1, "deleted" if removed else "not_found")
    return Answer(result, 200 if removed else 404)


async def get_document(call: Call) -> Answer:
    name, document = call.parameters["index"], call.parameters["id"]
    allowed_indices(call.cluster, call.subject, "indices:data/read/get", [name])
    found = _existing(call.cluster, name).documents.get(document)
    place = {"_index": name, "_id": document}
    if found is None:
        return Answer({**place, "found": False}, 404)
    version, number, source = found
    return Answer({**place, "_version": version, "_seq_no": number, "_primary_term": 1, "found": True, "_source": source})


def allowed_indices(
    cluster: Cluster, subject: Subject, action: str, names: Iterable[str], ignore_unavailable: bool = False, may_be_new: bool = False
) -> list[str]:
    """The indices of the cluster itself that the names stand for. Raises ElasticsearchError for forbidden or missing ones."""
    privileges = _PRIVILEGES[action]
    entries = [{"names": ["*"], "allow_restricted_indices": True}] if subject.is_superuser else _granting(subject, privileges)
    found: list[str] = []
    for name in names:
        if is_pattern(name) and entries:
            found += [index for index in cluster.indices if covers([name], index) and grants(entries, index)]
        elif not grants(entries, name):
            where = "" if is_pattern(name) else f" on indices [{name}]"
            raise unauthorized(
                f"action [{action}] is unauthorized for user [{subject.username}] with effective roles [{','.join(subject.roles)}]{where}, "
                f"this action is granted by the index privileges [{','.join(privileges)}]"
            )
        elif name in cluster.indices or may_be_new:
            found.append(name)
        elif not ignore_unavailable:
            raise index_missing(name)
    return list(dict.fromkeys(found))


def matcher(call: Call) -> Any:
    """A predicate for documents: what the query string or the body of a search asks for. Raises ElasticsearchError."""
    if "q" in call.query:
        name, colon, wanted = call.query["q"].partition(":")
        if not colon:
            return lambda source: any(_contains(value, name) for value in source.values())
        return lambda source: _contains(source.get(name), wanted)
    query = call.optional_body().get("query") or {"match_all": {}}
    (kind, content), *_others = query.items()
    if kind == "match_all":
        return lambda source: True
    if kind in ("term", "match"):
        ((name, wanted),) = content.items()
        return lambda source: _contains(source.get(name), str(wanted))
    raise argument(f"unknown query [{kind}]")


def _contains(value: Any, wanted: str) -> bool:
    return any(word in re.findall(r"\w+", str(value).lower()) for word in re.findall(r"\w+", wanted.lower()))


def _granting(subject: Subject, privileges: Iterable[str]) -> list[Mapping[str, Any]]:
    wanted = set(privileges)
    return [entry for entry in subject.entries("indices") if not wanted.isdisjoint(entry["privileges"])]


def _existing(cluster: Cluster, name: str) -> Index:
    if name not in cluster.indices:
        raise index_missing(name)
    return cluster.indices[name]


def _valid_name(name: str) -> str:
    if name.startswith("_") or name != name.lower():
        why = "must not start with '_'" if name.startswith("_") else "must be lowercase"
        fields = {"index_uuid": "_na_", "index": name}
        raise ElasticsearchError(400, "invalid_index_name_exception", f"Invalid index name [{name}], {why}", fields=fields)
    return name


def _written(call: Call, index: Index, name: str, document: str, version: int, result: str) -> dict[str, Any]:
    refreshed = {"forced_refresh": True} if call.flag("refresh") else {}
    return {
        "_index": name,
        "_id": document,
        "_version": version,
        "result": result,
        **refreshed,
        "_shards": {"total": 2, "successful": 1, "failed": 0},
        "_seq_no": index.writes - 1,
        "_primary_term": 1,
    }
