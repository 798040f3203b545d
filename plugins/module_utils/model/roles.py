# SPDX-License-Identifier: GPL-3.0-or-later
"""Roles of the local cluster: merging the entries for one alias into a role without losing anybody else's.

https://www.elastic.co/docs/deploy-manage/remote-clusters/remote-clusters-api-key (configure roles and users)
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from .access import filter_problems
from .inputs import shown
from .keys import metadata_problems

SEARCH, REPLICATION = "search", "replication"


class Preset(NamedTuple):
    """What a role needs for one use of a link. kind: of access of the key. privileges: on the indices of the remote cluster.
    local: cluster privileges on the local cluster. without_key: as privileges, and remote: cluster privileges on the remote cluster, for
    links without keys, where the role of the same name on the remote counts.
    """

    kind: str
    privileges: tuple[str, ...]
    local: tuple[str, ...] = ()
    without_key: tuple[str, ...] = ()
    remote: tuple[str, ...] = ()


_SEARCHING = ("read", "read_cross_cluster", "view_index_metadata")
PRESETS = {
    SEARCH: Preset("search", _SEARCHING, without_key=_SEARCHING),
    REPLICATION: Preset("replication", ("cross_cluster_replication",), ("manage_ccr",), ("monitor", "read"), ("read_ccr",)),
}
"""https://www.elastic.co/docs/deploy-manage/remote-clusters/remote-clusters-api-key and remote-clusters-cert (configure roles and users)"""

_SET_BY_SERVER = ("transient_metadata",)
_NAME = re.compile(r"[ -~]{1,507}\Z")
"""Visible ASCII and blanks, see https://www.elastic.co/docs/api/doc/elasticsearch/operation/operation-security-put-role"""
_LONGEST_DESCRIPTION = 1000
_LISTS = ("cluster", "indices", "applications", "run_as", "remote_indices", "remote_cluster")
_NEEDED = ("clusters", "names", "privileges")


def indices_entry(wanted: Mapping[str, Any], names: Sequence[str], privileges: Sequence[str]) -> dict[str, Any]:
    """An entry for indices, as a link wants it of a role. names, privileges: where it does not say them itself."""
    return {
        "names": wanted.get("names") or names,
        "privileges": wanted.get("privileges") or list(privileges),
        **{key: wanted.get(key) for key in ("field_security", "query", "allow_restricted_indices")},
    }


def name_problem(name: str) -> str:
    """Why a text cannot be the name of a role, or "" when it can."""
    # Clients take . and .. in a path for folders: the request would be another one.
    if _NAME.match(name) and name == name.strip() and name not in (".", ".."):
        return ""
    return f"role name {shown(name)} is not valid: at most 507 letters, digits and punctuation of ASCII, no blank at its ends"


def problems(role: dict) -> list[str]:
    """Why the API would refuse these parts of a role; [] when it would not."""
    entries = [(part, entry) for part in ("indices", "remote_indices", "remote_cluster") for entry in role.get(part) or []]
    found = [f"{part} has an entry with empty {key}" for part, entry in entries for key in _NEEDED if entry.get(key) == []]
    found += [f"{part} {text}" for part, entry in entries for text in filter_problems(entry)]
    if len(role.get("description") or "") > _LONGEST_DESCRIPTION:
        found.append(f"description is longer than {_LONGEST_DESCRIPTION} characters")
    return found + metadata_problems(role.get("metadata"))


def normalised(role: dict | None) -> dict:
    """A role in one spelling: without empty parts and defaults, lists in a fixed order where order has no meaning."""
    result = {}
    for key, value in (role or {}).items():
        if key in _SET_BY_SERVER or value in ([], {}, None, ""):
            continue
        result[key] = sorted((_entry(item) for item in value), key=_order) if key in _LISTS else value
    return result


def merged(role: dict | None, wanted: dict, exact: bool = False) -> dict:
    """The role to write.

    wanted: parts of a role; parts that are None are left as they are. In ``remote_indices`` and ``remote_cluster`` an entry
    replaces those for the same set of aliases (``clusters``), all other entries stay; the remaining parts are united.
    exact: the wanted parts replace what is there.
    """
    result = {key: value for key, value in (role or {}).items() if key not in _SET_BY_SERVER}
    for key, value in wanted.items():
        if value is not None:
            result[key] = _cleaned(value) if exact else _united(key, result.get(key), value)
    return result


def without_alias(role: dict, alias: str) -> dict:
    """The role, as it can be written, without the entries that are for this alias alone."""
    result = {key: value for key, value in role.items() if key not in _SET_BY_SERVER}
    for key in ("remote_indices", "remote_cluster"):
        if key in result:
            result[key] = [entry for entry in result[key] if list(entry.get("clusters") or []) != [alias]]
    return result


def _united(key: str, have: Any, want: Any) -> Any:
    if key in ("remote_indices", "remote_cluster"):
        replaced = {_clusters(entry) for entry in want or []}
        return [entry for entry in have or [] if _clusters(entry) not in replaced] + [_given(entry) for entry in want or []]
    if isinstance(want, list):
        known = {_order(_entry(item)) for item in have or []}
        return list(have or []) + [_given(item) for item in want if _order(_entry(item)) not in known]
    if isinstance(want, dict):
        return {**(have or {}), **want}
    return want


def _cleaned(value: Any) -> Any:
    return [_given(item) for item in value] if isinstance(value, list) else value


def _clusters(entry: dict) -> tuple[str, ...]:
    return tuple(sorted(_list(entry.get("clusters"))))


def _given(item: Any) -> Any:
    return {key: _given(value) for key, value in item.items() if value is not None} if isinstance(item, dict) else item


def _entry(item: Any) -> Any:
    if not isinstance(item, dict):
        return item
    result = {key: value for key, value in item.items() if value not in (None, [], {}, "", False)}
    for key in ("names", "clusters", "privileges"):
        if key in result:
            result[key] = sorted(_list(result[key]))
    if isinstance(result.get("query"), str):
        result["query"] = _query(result["query"])
    fields = {key: sorted(_list(value)) for key, value in (result.pop("field_security", None) or {}).items() if value}
    return {**result, "field_security": fields} if fields else result


def _query(text: str) -> Any:
    """A query as an object: Elasticsearch returns as text what it was given as an object. Templates stay text."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _list(value: Any) -> list:
    return [value] if isinstance(value, str) else list(value or [])


def _order(item: Any) -> str:
    return json.dumps(item, sort_keys=True)
