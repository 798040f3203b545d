# SPDX-License-Identifier: GPL-3.0-or-later
"""Cross-cluster API keys: what may be asked for, and how a key is shown. Pure rules."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from minicloud.dataplane.simulated import versions
from minicloud.dataplane.simulated.cluster import ApiKey
from minicloud.dataplane.simulated.errors import ElasticsearchError, argument, invalid, parsing

_CREATE = "cross_cluster_api_key_request"
_UPDATE = "update_cross_cluster_api_key_request_payload"
_UNITS = {"nanos": 1e-6, "micros": 1e-3, "ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_SEARCH = ("read", "read_cross_cluster", "view_index_metadata")
_REPLICATION = ("cross_cluster_replication", "cross_cluster_replication_internal")
_TYPES = {"name": str, "metadata": Mapping, "expiration": str, "access": Mapping, "certificate_identity": str}
_LONGEST_NAME = 256


def new_key(body: Any, version: versions.Version) -> dict[str, Any]:
    """What a request to create a key asks for: `access` normalised, `expiration` in milliseconds. Raises ElasticsearchError."""
    fields = _parsed(_CREATE, body, ("name", "access", *_optional(version)))
    if missing := [name for name in ("name", "access") if name not in fields]:
        raise argument(f"Required [{', '.join(missing)}]")
    try:
        _check_kinds(fields["access"])
        fields["expiration"] = _milliseconds(fields.get("expiration"))
    except ElasticsearchError as error:
        raise _wrapped(f"Failed to build [{_CREATE}] after last required field arrived", error) from error
    if problems := [*_name_problems(fields["name"]), *_metadata_problems(fields.get("metadata"))]:
        raise invalid(problems)
    return fields


def changes(body: Any, version: versions.Version) -> dict[str, Any]:
    """What a request to update a key asks for, as `new_key` gives it. Raises ElasticsearchError."""
    fields = _parsed(_UPDATE, body, ("access", *_optional(version, updates=True)))
    if "access" in fields:
        _check_kinds(fields["access"])
    fields["expiration"] = _milliseconds(fields.get("expiration"))
    problems = _metadata_problems(fields.get("metadata"))
    if fields["expiration"] is not None and fields["expiration"] <= 0:
        problems.append("API key expiration must be in the future")
    if not {"access", "metadata", "certificate_identity"}.intersection(fields):
        problems.append("must update either [access] or [metadata] for cross-cluster API keys")
    if problems:
        raise invalid(problems)
    return fields


def shown(key: ApiKey) -> dict[str, Any]:
    """A key as the API lists it."""
    optional = {
        "expiration": key.expiration,
        "invalidation": key.invalidation,
        "access": key.access,
        "certificate_identity": key.certificate_identity,
    }
    return {
        "id": key.id,
        "name": key.name,
        "type": key.type,
        "creation": key.creation,
        "invalidated": key.invalidation is not None,
        "username": key.owner,
        "realm": key.realm,
        "realm_type": key.realm_type,
        "metadata": key.metadata,
        "role_descriptors": {"cross_cluster": _role(key.access)} if key.access else {},
        **{name: value for name, value in optional.items() if value is not None},
    }


def matches(key: ApiKey, query: Any) -> bool:
    """Whether a query finds a key: match_all, term and bool with filter or must. Raises ElasticsearchError for anything else."""
    if not query:
        return True
    (kind, content), *others = query.items()
    if others or kind not in ("match_all", "term", "bool"):
        raise argument(f"Query type [{kind}] is not supported for querying API keys")
    if kind == "match_all":
        return True
    if kind == "term":
        ((name, wanted),) = content.items()
        return _has(key, name, wanted["value"] if isinstance(wanted, dict) else wanted)
    if unknown := set(content) - {"filter", "must"}:
        raise argument(f"Query type [bool.{unknown.pop()}] is not supported for querying API keys")
    clauses = [clause for group in content.values() for clause in (group if isinstance(group, list) else [group])]
    # All are looked at: a clause that is not allowed is refused, whatever the others say.
    found = [matches(key, clause) for clause in clauses]
    return all(found)


def _has(key: ApiKey, name: str, wanted: Any) -> bool:
    if name.startswith("metadata."):
        return str(key.metadata.get(name.removeprefix("metadata."), "")) == str(wanted)
    known = {
        "name": key.name,
        "type": key.type,
        "username": key.owner,
        "invalidated": key.invalidation is not None,
        "creation": key.creation,
        "expiration": key.expiration,
        "realm": key.realm,
        "realm_name": key.realm,
    }
    if name not in known:
        raise argument(f"Field [{name}] is not allowed for querying or aggregation")
    return known[name] == wanted


def _optional(version: versions.Version, updates: bool = False) -> tuple[str, ...]:
    expiration = () if updates and version < versions.EXPIRATION_UPDATE else ("expiration",)
    identity = ("certificate_identity",) if version >= versions.CERTIFICATE_IDENTITY else ()
    return ("metadata", *expiration, *identity)


def _parsed(parser: str, body: Any, known: tuple[str, ...]) -> dict[str, Any]:
    if not isinstance(body, Mapping):
        raise _unparsable(f"[1:1] [{parser}] Expected START_OBJECT but was: {_token(body)}")
    fields: dict[str, Any] = {}
    for name, value in body.items():
        if name not in known:
            raise _unparsable(f"[1:2] [{parser}] unknown field [{name}]")
        if not isinstance(value, _TYPES[name]):
            raise _unparsable(f"[1:2] [{parser}] {name} doesn't support values of type: {_token(value)}")
        fields[name] = _access(parser, value) if name == "access" else value
    return fields


def _access(parser: str, access: Mapping[str, Any]) -> dict[str, Any]:
    found = {}
    for kind, entries in access.items():
        if kind not in ("search", "replication"):
            cause = _unparsable(f"[1:2] [{parser}_access] unknown field [{kind}]")
            raise _wrapped(f"[1:2] [{parser}] failed to parse field [access]", cause, root=cause)
        try:
            found[kind] = [_entry(entry) for entry in (entries if isinstance(entries, list) else [entries])]
        except ElasticsearchError as error:
            inner = _wrapped(f"[1:2] [{parser}_access] failed to parse field [{kind}]", error)
            raise _wrapped(f"[1:2] [{parser}] failed to parse field [access]", inner, root=error) from error
    return {kind: entries for kind, entries in found.items() if entries}


def _entry(entry: Any) -> dict[str, Any]:
    prefix = "failed to parse indices privileges for role [cross_cluster]"
    if not isinstance(entry, Mapping):
        raise parsing(f"{prefix}. expected value to be an object but found an [{_token(entry)}] instead")
    if unknown := [name for name in entry if name not in ("names", "query", "field_security", "allow_restricted_indices")]:
        raise parsing(f"{prefix}. unexpected field [{unknown[0]}]")
    if "names" not in entry:
        raise parsing(f"{prefix}. missing required [names] field")
    names = [entry["names"]] if isinstance(entry["names"], str) else list(entry["names"])
    if not names:
        raise parsing(f"{prefix}. [names] cannot be an empty array")
    query = entry.get("query")
    return {
        "names": names,
        **({"field_security": entry["field_security"]} if entry.get("field_security") else {}),
        **({"query": query if isinstance(query, str) else json.dumps(query, separators=(",", ":"))} if query else {}),
        "allow_restricted_indices": bool(entry.get("allow_restricted_indices")),
    }


def _check_kinds(access: Mapping[str, Any]) -> None:
    if not access:
        raise argument("must specify non-empty access for either [search] or [replication]")
    if any(_is_restricted_to_parts(entry) for entry in access.get("replication", ())):
        raise argument("replication does not support document or field level security")
    if access.get("replication") and any(_is_restricted_to_parts(entry) for entry in access.get("search", ())):
        raise argument("search does not support document or field level security if replication is assigned")


def _is_restricted_to_parts(entry: Mapping[str, Any]) -> bool:
    return "query" in entry or "field_security" in entry


def _name_problems(name: str) -> list[str]:
    if not name.strip():
        return ["api key name is required"]
    checks = {
        "api key name may not be more than 256 characters long": len(name) > _LONGEST_NAME,
        "api key name may not begin or end with whitespace": name != name.strip(),
        "api key name may not begin with an underscore": name.startswith("_"),
    }
    return [problem for problem, applies in checks.items() if applies]


def _metadata_problems(metadata: Mapping[str, Any] | None) -> list[str]:
    reserved = any(name.startswith("_") for name in metadata or {})
    return ["API key metadata keys may not start with [_]"] if reserved else []


def _milliseconds(text: str | None) -> int | None:
    if text is None:
        return None
    found = re.fullmatch(r"(-?\d+)(" + "|".join(_UNITS) + ")", text.strip().lower())
    if not found:
        raise argument(f"failed to parse setting [expiration] with value [{text}] as a time value: unit is missing or unrecognized")
    return int(int(found[1]) * _UNITS[found[2]])


def _role(access: Mapping[str, Any]) -> dict[str, Any]:
    search, replication = access.get("search", []), access.get("replication", [])
    of_search = ["cross_cluster_search", "monitor_enrich"] if search else []
    return {
        "cluster": [*of_search, *(["cross_cluster_replication"] if replication else [])],
        "indices": [
            *({**entry, "privileges": list(_SEARCH)} for entry in search),
            *({**entry, "privileges": list(_REPLICATION)} for entry in replication),
        ],
        "applications": [],
        "run_as": [],
        "metadata": {},
        "transient_metadata": {"enabled": True},
    }


def _unparsable(reason: str) -> ElasticsearchError:
    return ElasticsearchError(400, "x_content_parse_exception", reason)


def _wrapped(reason: str, error: ElasticsearchError, root: ElasticsearchError | None = None) -> ElasticsearchError:
    shown_root = {"type": root.kind, "reason": root.reason} if root else None
    return ElasticsearchError(400, "x_content_parse_exception", reason, caused_by=error.cause, root=shown_root)


def _token(value: Any) -> str:
    names = {dict: "START_OBJECT", list: "START_ARRAY", str: "VALUE_STRING", bool: "VALUE_BOOLEAN", type(None): "VALUE_NULL"}
    return names.get(type(value), "VALUE_NUMBER")
