# SPDX-License-Identifier: GPL-3.0-or-later
"""What a cross-cluster API key allows (``access``), in the form in which two of them can be compared."""

from __future__ import annotations

import json
from fnmatch import fnmatchcase

PROBE_INDICES = ("crosscluster-probe", "no-such-index-crosscluster-probe")
PRIVILEGES = {
    "search": ("read", "read_cross_cluster", "view_index_metadata"),
    "replication": ("cross_cluster_replication", "cross_cluster_replication_internal"),
}
"""Privileges on indices that Elasticsearch gives to a key, by kind of its access:
https://www.elastic.co/docs/deploy-manage/remote-clusters/remote-clusters-api-key"""
RESTRICTED_INDEX = ".security-7"
"""Outside every key that does not set ``allow_restricted_indices``, even outside ``*``."""


def problems(access: dict) -> list[str]:
    """Why the API would refuse this access; [] when it would not.

    https://www.elastic.co/docs/api/doc/elasticsearch/operation/operation-security-create-cross-cluster-api-key
    """
    grants = [(kind, grant) for kind in ("search", "replication") for grant in access.get(kind) or []]
    if not grants:
        return ["access is empty: give search or replication at least one entry with names"]
    found = [f"access.{kind} has an entry without names" for kind, grant in grants if not _names(grant)]
    found += [f"access.{kind} has an empty name" for kind, grant in grants if any(not name.strip() for name in _names(grant))]
    found += [f"access.{kind} {text}" for kind, grant in grants for text in filter_problems(grant)]
    if access.get("replication"):
        found += [
            f"access.search has {option}, which Elasticsearch refuses together with replication: use two links"
            for _kind, grant in grants
            for option in ("query", "field_security")
            if grant.get(option)
        ]
    return found


def filter_problems(grant: dict) -> list[str]:
    """What is wrong with the query and the fields of an entry, of a key or of a role. What is empty would not limit anything."""
    fields = grant.get("field_security") or {}
    found = [] if _is_query(grant.get("query")) else ["has a query that is not JSON: give the query as a dictionary, or leave it out"]
    return found + (["has field_security.grant without a field: name one, or leave it out"] if fields.get("grant") == [] else [])


def normalised(access: dict | None) -> dict:
    """The same access in one spelling: kinds without entries left out, defaults written out, names sorted, queries as objects."""
    result = {}
    for kind in ("search", "replication"):
        grants = [_grant(grant) for grant in (access or {}).get(kind) or []]
        if grants:
            result[kind] = sorted(grants, key=lambda grant: json.dumps(grant, sort_keys=True))
    return result


def request(access: dict) -> dict:
    """The access as the API takes it; false, empty and missing options are left out."""
    return {
        kind: [{key: value for key, value in grant.items() if value} for grant in grants] for kind, grants in normalised(access).items()
    }


def search_names(access: dict) -> list[str]:
    """The index patterns that may be searched."""
    return names(access, "search")


def names(access: dict, kind: str) -> list[str]:
    """The index patterns of one kind: search or replication."""
    return [name for grant in access.get(kind) or [] for name in _names(grant)]


def beyond(access: dict, wanted: dict) -> list[str]:
    """What an entry of ``remote_indices`` of a role asks for and a key with this access does not allow: names, privileges and the like.

    What a role may do through a link is what both allow.
    """
    asked = wanted["privileges"]
    kinds = [kind for kind in PRIVILEGES if set(asked) & set(PRIVILEGES[kind])]
    # Of wider privileges, such as all, a key gives what it has: that is of either kind.
    needed = [names(access, kind) for kind in kinds] or [[name for kind in PRIVILEGES for name in names(access, kind)]]
    # A pattern lies within another when its own text, asterisks included, matches that.
    found = [name for name in wanted["names"] if not all(any(_covers(pattern, name) for pattern in allowed) for allowed in needed)]
    known = {privilege for kind in PRIVILEGES for privilege in PRIVILEGES[kind]}
    found += [f"the privilege {privilege}" for privilege in asked if privilege not in known]
    restricted = any(grant.get("allow_restricted_indices") for kind in kinds or PRIVILEGES for grant in access.get(kind) or [])
    return found + (["restricted indices"] if wanted.get("allow_restricted_indices") and not restricted else [])


def index_outside(access: dict) -> str | None:
    """An index that a key with this access cannot see, or None when it can see all, restricted ones included.

    Asking for it makes the remote name the key in use, in the refusal.
    """
    grants = [grant for kind in ("search", "replication") for grant in access.get(kind) or []]
    patterns = [name for grant in grants for name in _names(grant)]
    for index in PROBE_INDICES:
        if not any(_covers(pattern, index) for pattern in patterns):
            return index
    restricted = [name for grant in grants if grant.get("allow_restricted_indices") for name in _names(grant)]
    return None if any(_covers(pattern, RESTRICTED_INDEX) for pattern in restricted) else RESTRICTED_INDEX


def _covers(pattern: str, index: str) -> bool:
    # A pattern in slashes is a regular expression of Lucene: it may match anything, so it is taken to.
    return pattern.startswith("/") or fnmatchcase(index, pattern)


def _names(grant: dict) -> list[str]:
    names = grant.get("names") or []
    return [names] if isinstance(names, str) else list(names)


def _is_query(query: object) -> bool:
    if isinstance(query, str):
        try:
            query = json.loads(query)
        except (ValueError, RecursionError):
            return False
        return isinstance(query, dict) and bool(query)
    return query is None or (isinstance(query, dict) and bool(query))


def _grant(grant: dict) -> dict:
    result = {"names": sorted(_names(grant)), "allow_restricted_indices": bool(grant.get("allow_restricted_indices"))}
    query = grant.get("query")
    if query:
        result["query"] = json.loads(query) if isinstance(query, str) else query
    fields = {key: sorted(value) for key, value in (grant.get("field_security") or {}).items() if value}
    if fields:
        result["field_security"] = fields
    return result
