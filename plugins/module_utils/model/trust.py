# SPDX-License-Identifier: GPL-3.0-or-later
"""Entries of the trust settings of a deployment: what they look like, and how one says which of them are to change.

https://www.elastic.co/docs/api/doc/cloud/operation/operation-update-deployment
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Union

from . import pem

MARK = "crosscluster.elastic "
"""Begins the name of an entry that belongs to links."""
ACCOUNTS, EXTERNAL, DIRECT = "accounts", "external", "direct"
KEYS = {ACCOUNTS: "account_id", EXTERNAL: "trust_relationship_id", DIRECT: "name"}
"""The lists, and by what an entry of each is recognised."""
PROXY, GENERIC = "proxy", "generic"
"""Types of entries of ``direct``: the CA of a remote cluster server, for connections with API keys; and self-managed clusters."""

Entry = Mapping[str, Any]


class Put(NamedTuple):
    """An entry of the list ``kind`` is to be there and to say this. own: it is that of the deployment's own organization."""

    kind: str
    entry: Entry
    own: bool = False


class Drop(NamedTuple):
    """No entry of the list ``kind`` is to have this key. type: of entries of ``direct``; those of other types stay."""

    kind: str
    key: str
    type: str = ""


class AccountPeer(NamedTuple):
    """A cluster of an organization or environment that the platform knows is to be trusted. trust_all: the default of the own one."""

    account_id: str
    cluster_id: str
    is_own: bool = True
    trust_all: bool = True


class EnvironmentPeer(NamedTuple):
    """A cluster of anywhere else, with the CAs (PEM) of its nodes. type: ESS, ECE or generic. name: of the entry if there is none yet.

    scope_id: of its organization or environment.
    """

    type: str
    name: str
    scope_id: str
    cluster_id: str
    certificates: tuple[str, ...]


class RelationshipPeer(NamedTuple):
    """A cluster of an environment that the platform has a trust relationship with. scope_id: of that environment."""

    relationship_id: str
    scope_id: str
    cluster_id: str


class Withdrawal(NamedTuple):
    """No entry of ours in ``direct`` is to list this cluster. One that trusts nobody then goes; those of others stay."""

    cluster_id: str


Edit = Union[Put, Drop, AccountPeer, EnvironmentPeer, RelationshipPeer, Withdrawal]


def name_of(remote: str) -> str:
    """Name of the entry of ours for a remote platform, or for a remote cluster that is on none."""
    return MARK + remote


def proxy_entry(name: str, certificates: Iterable[str]) -> Put:
    """An entry of type proxy with these CA certificates (PEM, one each)."""
    entry = {"type": PROXY, "name": name, "trust_all": False, "certificates": [{"pem": text} for text in certificates]}
    return Put(DIRECT, entry)


def without_proxy_entry(name: str) -> Drop:
    return Drop(DIRECT, name, PROXY)


def with_known_uids(trust: Mapping[str, Any], environments: Mapping[str, Any]) -> dict[str, Any]:
    """The settings with the uid that the organization already has for the certificates of a new entry.

    A certificate belongs to one uid within an organization; the same certificates under a new one would be refused. A uid with other
    certificates besides is not taken: that would change what the other deployments with this uid trust.
    environments: trust settings of all deployments, as ``GET /trusted-environments`` returns them.
    """
    direct = trust.get(DIRECT) or []
    taken = {entry.get("uid") for entry in direct}
    known = [entry for entry in environments.get(DIRECT) or [] if entry.get("uid") and entry["uid"] not in taken]
    return {**trust, DIRECT: [_with_uid(entry, known) for entry in direct]}


def shown(trust: Mapping[str, Any], edits: Iterable[Edit]) -> dict[str, Any]:
    """What a diff shows: the entries that the edits are about, by list, with fingerprints in place of certificates."""
    wanted = list(edits)
    found = {
        kind: [_plain(entry) for entry in trust.get(kind) or [] if any(_is_about(edit, kind, entry) for edit in wanted)] for kind in KEYS
    }
    return {kind: entries for kind, entries in found.items() if entries}


def is_of_links(entry: Entry) -> bool:
    """Whether an entry of ``direct`` was made for links without keys."""
    return str(entry.get("name") or "").startswith(MARK) and entry.get("type") != PROXY


def certificates(entry: Entry) -> frozenset[str]:
    """Fingerprints of the certificates of an entry of ``direct``."""
    return pem.fingerprints(item.get("pem", "") for item in entry.get("certificates") or [])


def _is_about(edit: Edit, kind: str, entry: Entry) -> bool:
    if isinstance(edit, Put):
        return kind == edit.kind and entry.get(KEYS[kind]) == edit.entry[KEYS[kind]]
    if isinstance(edit, Drop):
        return kind == edit.kind and entry.get(KEYS[kind]) == edit.key
    if isinstance(edit, AccountPeer):
        return kind == ACCOUNTS and entry.get(KEYS[kind]) == edit.account_id
    if isinstance(edit, EnvironmentPeer):
        return kind == DIRECT and entry.get("scope_id") == edit.scope_id
    if isinstance(edit, RelationshipPeer):
        return kind == EXTERNAL and entry.get(KEYS[kind]) == edit.relationship_id
    return kind == DIRECT and is_of_links(entry)


def _plain(entry: Entry) -> dict[str, Any]:
    shown = ("account_id", "trust_relationship_id", "type", "name", "scope_id", "trust_all", "trust_allowlist", "additional_node_names")
    plain = {name: value for name, value in entry.items() if name in shown}
    return {**plain, "certificates": sorted(certificates(entry))} if entry.get("certificates") else plain


def _with_uid(entry: Entry, known: Sequence[Entry]) -> Entry:
    if entry.get("uid"):
        return entry
    same = [other["uid"] for other in known if other.get("type") == entry.get("type") and certificates(other) == certificates(entry)]
    return {**entry, "uid": same[0]} if same else entry
