# SPDX-License-Identifier: GPL-3.0-or-later
"""Shapes of request bodies as data, and their check. A field that no shape names is refused, never swallowed.

A shape is a type (`str`, `bool`, `int`), `ANY`, a list `[shape]`, a dictionary `{"field": shape, "optional_field?": shape}`,
`Maybe(shape)` (null allowed) or `MapOf(shape)` (any field names).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

ANY = object()


@dataclass(frozen=True)
class Maybe:
    shape: Any


@dataclass(frozen=True)
class MapOf:
    shape: Any


def problems(shape: Any, value: Any, place: str = "body") -> Iterator[tuple[str, str]]:
    """Yields (field, what is wrong with it)."""
    if isinstance(shape, Maybe):
        shape = ANY if value is None else shape.shape
    if isinstance(shape, list):
        yield from _list_problems(shape[0], value, place)
    elif isinstance(shape, (dict, MapOf)):
        yield from _object_problems(shape, value, place)
    # bool is an int in Python, but not in JSON.
    elif shape is not ANY and (not isinstance(value, shape) or (shape is int and isinstance(value, bool))):
        yield place, f"must be {shape.__name__}"


def _list_problems(shape: Any, value: Any, place: str) -> Iterator[tuple[str, str]]:
    if not isinstance(value, list):
        yield place, "must be a list"
        return
    for number, item in enumerate(value):
        yield from problems(shape, item, f"{place}[{number}]")


def _object_problems(shape: dict[str, Any] | MapOf, value: Any, place: str) -> Iterator[tuple[str, str]]:
    if not isinstance(value, dict):
        yield place, "must be an object"
        return
    known = (
        dict.fromkeys(value, shape.shape) if isinstance(shape, MapOf) else {name.removesuffix("?"): item for name, item in shape.items()}
    )
    required = [] if isinstance(shape, MapOf) else [name for name in shape if not name.endswith("?")]
    yield from ((f"{place}.{name}", "is missing") for name in required if name not in value)
    for name, item in value.items():
        if name in known:
            yield from problems(known[name], item, f"{place}.{name}")
        else:
            yield f"{place}.{name}", "is unknown"


_CERTIFICATE = {"pem": str, "metadata?": ANY}
_TRUST = {
    "accounts?": Maybe([{"account_id": str, "trust_all": bool, "name?": Maybe(str), "trust_allowlist?": Maybe([str])}]),
    "external?": Maybe([{"trust_relationship_id": str, "trust_all": bool, "name?": Maybe(str), "trust_allowlist?": Maybe([str])}]),
    "direct?": Maybe(
        [
            {
                "name": str,
                "trust_all": bool,
                "certificates": [_CERTIFICATE],
                "type?": Maybe(str),
                "uid?": Maybe(str),
                "scope_id?": Maybe(str),
                "trust_allowlist?": Maybe([str]),
                "additional_node_names?": Maybe([str]),
            }
        ]
    ),
}
KEYSTORE = {"secrets": MapOf(Maybe({"value?": ANY, "as_file?": bool}))}
UPDATE = {
    "prune_orphans": bool,
    "name?": str,
    "resources?": {
        "elasticsearch?": [
            {
                "ref_id": str,
                "region": str,
                "plan": MapOf(ANY),
                "display_name?": str,
                "settings?": Maybe({"trust?": Maybe(_TRUST), "keystore_contents?": Maybe(KEYSTORE)}),
            }
        ]
    },
}
SEARCH = {"query?": ANY, "size?": int, "sort?": [ANY]}
ACCOUNT = {"trust?": Maybe({"trust_all?": Maybe(bool)})}
_RELATIONSHIP = {"trust_by_default?": bool, "account_ids?": [str], "installation_id?": str}
RELATIONSHIP = {"name": str, "public_ca_cert": str, **_RELATIONSHIP}
RELATIONSHIP_UPDATE = {"name?": str, "public_ca_cert?": str, **_RELATIONSHIP}
LOGIN = {"username": str, "password": str}
_RULE = {
    "id?": Maybe(str),
    "description?": Maybe(str),
    "source?": Maybe(str),
    "remote_cluster_org_id?": Maybe(str),
    "remote_cluster_id?": Maybe(str),
    "azure_endpoint_name?": Maybe(str),
    "azure_endpoint_guid?": Maybe(str),
    "egress_rule?": Maybe({"target": str, "protocol": str, "ports?": Maybe([int])}),
}
RULESET = {"name": str, "type": str, "region": str, "include_by_default": bool, "rules": [_RULE], "description?": Maybe(str)}
ASSOCIATION = {"entity_type": str, "id": str}
