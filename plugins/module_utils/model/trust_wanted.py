# SPDX-License-Identifier: GPL-3.0-or-later
"""Entries of the trust settings as users give them: which options go with which type, and the entry that they make.

https://www.elastic.co/docs/deploy-manage/remote-clusters/ec-enable-ccs has the types and what they are for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .inputs import shown
from .trust import ACCOUNTS, DIRECT, EXTERNAL, GENERIC, PROXY, Drop, Put, proxy_entry

ACCOUNT, RELATIONSHIP = "account", "external"
"""Types of entries that are not in ``direct``: clusters of an organization or environment that the platform knows."""
_LEVEL = ("trust_all", "trust_allowlist")
_OTHER_PLATFORM = ("name", "scope_id", "certificates"), _LEVEL
TYPES: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    ACCOUNT: ((), ("account_id", "name", *_LEVEL)),
    RELATIONSHIP: (("trust_relationship",), _LEVEL),
    "ESS": _OTHER_PLATFORM,
    "ECE": _OTHER_PLATFORM,
    GENERIC: (("name", "certificates"), ("scope_id", "additional_node_names", *_LEVEL)),
    PROXY: (("name", "certificates"), ()),
}
"""By type the options that are needed, and those that may be given besides."""
KEYS = {ACCOUNT: "account_id", RELATIONSHIP: "trust_relationship"}
"""By type the option that an entry is recognised by, which is ``name`` for the others."""
OPTIONS = ("name", "account_id", "trust_relationship", "scope_id", "certificates", "additional_node_names", *_LEVEL)


def problems(options: Mapping[str, Any]) -> list[str]:
    """What is wrong with the options of an entry, by themselves and together."""
    kind, key = options["type"], KEYS.get(options["type"], "name")
    if options["state"] == "absent":
        hint = ": to trust nobody of the own organization, set trust_all to false" if kind == ACCOUNT else ""
        return [] if options[key] else [f"{key} is needed for state absent and type {kind}{hint}"]
    needed, more = TYPES[kind]
    given = [name for name in OPTIONS if options[name] not in (None, [])]
    found = [f"{name} are needed" if name.endswith("s") else f"{name} is needed" for name in needed if name not in given]
    found = [f"{text} for state present and type {kind}" for text in found]
    found += [f"{name} does not go with type {kind}" for name in given if name not in (*needed, *more)]
    return (
        found
        + [text for name in ("trust_allowlist", "additional_node_names") for text in _name_problems(name, options[name] or [])]
        + (_level_problems(options) if kind != PROXY else [])
    )


def _level_problems(options: Mapping[str, Any]) -> list[str]:
    kind, everybody = options["type"], options["trust_all"]
    named, nodes = options["trust_allowlist"], options["additional_node_names"]
    if everybody and named:
        return ["trust_all is true, so trust_allowlist means nothing: give one of them"]
    if kind == ACCOUNT and everybody is None and named is None:
        return ["say who is trusted: trust_all true for all, trust_allowlist for some, trust_all false for none"]
    if kind != ACCOUNT and not (everybody or named or nodes):
        return ["nobody would be trusted: give trust_all or trust_allowlist" + (" or additional_node_names" if kind == GENERIC else "")]
    if kind == GENERIC and (everybody or named) and not options["scope_id"]:
        return ["scope_id is needed for trust_all and trust_allowlist: the names in the certificates end with it"]
    return []


def _name_problems(option: str, names: Sequence[str]) -> list[str]:
    found = [f"{option} has {shown(name)} twice" for name in dict.fromkeys(names) if list(names).count(name) > 1]
    wrong = [name for name in names if any(character in name for character in "*, /")]
    kind = "a name as it stands in a certificate, without wildcards and commas" if "node" in option else "the id of a cluster"
    return found + [f"{option}: {shown(name)} is not {kind}" for name in wrong]


def entry(options: Mapping[str, Any], pems: Sequence[str], account_id: str = "", own_id: str = "", relationship: str = "") -> Put:
    """The entry that options describe which have no problems.

    pems: its CA certificates, one each. account_id: of type account; own_id: of the deployment's own organization.
    relationship: id of that of type external.
    """
    kind = options["type"]
    if kind == ACCOUNT:
        label = {"name": options["name"]} if options["name"] else {}
        return Put(ACCOUNTS, {"account_id": account_id, **label, **_level(options)}, own=account_id == own_id)
    if kind == RELATIONSHIP:
        return Put(EXTERNAL, {"trust_relationship_id": relationship, **_level(options)})
    if kind == PROXY:
        return proxy_entry(options["name"], pems)
    given = {name: options[name] for name in ("scope_id", "additional_node_names") if options[name] is not None}
    certificates = [{"pem": text} for text in pems]
    return Put(DIRECT, {"type": kind, "name": options["name"], **given, **_level(options), "certificates": certificates})


def gone(options: Mapping[str, Any], relationship: str = "") -> Drop:
    """That there is no such entry."""
    kind = options["type"]
    if kind == ACCOUNT:
        return Drop(ACCOUNTS, options["account_id"])
    return Drop(EXTERNAL, relationship) if kind == RELATIONSHIP else Drop(DIRECT, options["name"], kind)


def _level(options: Mapping[str, Any]) -> dict[str, Any]:
    return {"trust_all": True} if options["trust_all"] else {"trust_all": False, "trust_allowlist": list(options["trust_allowlist"] or [])}
