# SPDX-License-Identifier: GPL-3.0-or-later
"""What the trust settings of a deployment become when entries are added, changed and taken away.

The API replaces the lists as a whole, so everything that is not meant is sent back as it was read: the same objects, in their order.
https://www.elastic.co/docs/api/doc/cloud/operation/operation-update-deployment
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from . import pem
from . import trust as trusted
from .errors import Refused
from .trust import ACCOUNTS, DIRECT, EXTERNAL, KEYS, Edit, Entry, certificates

_SETS = ("trust_allowlist", "additional_node_names")
"""Fields of entries whose order means nothing; null, empty and absent are alike."""


def edited(trust: Mapping[str, Any], edits: Iterable[Edit], accounts: Sequence[Entry] | None = None) -> dict[str, Any]:
    """The settings after all edits; equal to those before where they say nothing new.

    accounts: the level of trust in accounts, for a deployment whose trust was never set; None when nobody has said it.
    Raises Refused for a name that another entry has too, and where the level is not known.
    """
    after = dict(trust)
    for edit in edits:
        after = _edited(after, edit, accounts)
    return after


def _edited(trust: Mapping[str, Any], edit: Edit, accounts: Sequence[Entry] | None) -> dict[str, Any]:
    if isinstance(edit, trusted.Drop):
        return _dropped(trust, edit, accounts)
    if isinstance(edit, trusted.AccountPeer):
        return _with_account(trust, edit, accounts)
    if isinstance(edit, trusted.EnvironmentPeer):
        return _with_environment(trust, edit, accounts)
    if isinstance(edit, trusted.RelationshipPeer):
        return _with_relationship(trust, edit, accounts)
    if isinstance(edit, trusted.Withdrawal):
        return _without_cluster(trust, edit, accounts)
    return _put(trust, edit, accounts)


def _put(trust: Mapping[str, Any], edit: trusted.Put, accounts: Sequence[Entry] | None) -> dict[str, Any]:
    """An entry is recognised by its key and keeps its ``uid`` and what else it has."""
    before = _entries(trust, edit.kind, accounts, edit.own)
    place = _place(before, edit)
    if place is None:
        return _with(trust, edit.kind, [*before, dict(edit.entry)], accounts)
    if _says(before[place], edit.entry):
        return dict(trust)
    return _with(trust, edit.kind, [*before[:place], _updated(before[place], edit.entry), *before[place + 1 :]], accounts)


def _dropped(trust: Mapping[str, Any], edit: trusted.Drop, accounts: Sequence[Entry] | None) -> dict[str, Any]:
    before = list(trust.get(edit.kind) or [])
    left = [entry for entry in before if (entry.get(KEYS[edit.kind]), _type(edit.kind, entry)) != (edit.key, edit.type)]
    return dict(trust) if left == before else _with(trust, edit.kind, left, accounts)


def _with_account(trust: Mapping[str, Any], peer: trusted.AccountPeer, accounts: Sequence[Entry] | None) -> dict[str, Any]:
    """Of organizations that a deployment does not name the own one has a default; naming another one ends it."""
    before: list[Entry]
    if trust.get(ACCOUNTS) is None and peer.is_own:
        before = [{"account_id": peer.account_id, "trust_all": True}] if peer.trust_all else []
    else:
        before = _entries(trust, ACCOUNTS, accounts)
    present = next((entry for entry in before if entry.get("account_id") == peer.account_id), None)
    if present is not None and _admits(present, peer.cluster_id):
        return dict(trust)
    wanted = _admitting(present or {"account_id": peer.account_id, "trust_all": False}, peer.cluster_id)
    return _with(trust, ACCOUNTS, _replaced(before, present, wanted), accounts)


def _with_environment(trust: Mapping[str, Any], peer: trusted.EnvironmentPeer, accounts: Sequence[Entry] | None) -> dict[str, Any]:
    """In the entry that has the CA already, whosesoever it is: a certificate belongs to one entry. Otherwise in one of ours."""
    direct = list(trust.get(DIRECT) or [])
    wanted = pem.fingerprints(peer.certificates)
    same = [entry for entry in direct if entry.get("type") != trusted.PROXY and entry.get("scope_id") == peer.scope_id]
    candidates = [*(entry for entry in same if wanted & certificates(entry)), *(entry for entry in same if entry.get("name") == peer.name)]
    present = next(iter(candidates), None)
    if present is not None and _admits(present, peer.cluster_id) and wanted <= certificates(present):
        return dict(trust)
    entry = present or {"type": peer.type, "name": peer.name, "scope_id": peer.scope_id, "trust_all": False, "certificates": []}
    if present is None:
        _place(direct, trusted.Put(DIRECT, entry))  # refuses a name that is taken
    missing = [{"pem": text} for text in peer.certificates if not pem.fingerprints([text]) <= certificates(entry)]
    after = {**_admitting(entry, peer.cluster_id), "certificates": [*(entry.get("certificates") or []), *missing]}
    return _with(trust, DIRECT, _replaced(direct, present, after), accounts)


def _with_relationship(trust: Mapping[str, Any], peer: trusted.RelationshipPeer, accounts: Sequence[Entry] | None) -> dict[str, Any]:
    """By the relationship, unless the cluster is trusted by its CA already."""
    if any(_admits(entry, peer.cluster_id) for entry in trust.get(DIRECT) or [] if entry.get("scope_id") == peer.scope_id):
        return dict(trust)
    external = list(trust.get(EXTERNAL) or [])
    present = next((entry for entry in external if entry.get(KEYS[EXTERNAL]) == peer.relationship_id), None)
    if present is not None and _admits(present, peer.cluster_id):
        return dict(trust)
    entry = present or {KEYS[EXTERNAL]: peer.relationship_id, "trust_all": False}
    return _with(trust, EXTERNAL, _replaced(external, present, _admitting(entry, peer.cluster_id)), accounts)


def _without_cluster(trust: Mapping[str, Any], edit: trusted.Withdrawal, accounts: Sequence[Entry] | None) -> dict[str, Any]:
    before = list(trust.get(DIRECT) or [])
    after = [kept for entry in before for kept in _entry_without(entry, edit.cluster_id)]
    return dict(trust) if after == before else _with(trust, DIRECT, after, accounts)


def _entry_without(entry: Entry, cluster_id: str) -> list[Entry]:
    listed = entry.get("trust_allowlist") or []
    if not trusted.is_of_links(entry) or cluster_id not in listed:
        return [entry]
    rest = {**entry, "trust_allowlist": [other for other in listed if other != cluster_id]}
    return [rest] if rest["trust_allowlist"] or rest.get("trust_all") or rest.get("additional_node_names") else []


def _replaced(entries: Sequence[Entry], present: Entry | None, wanted: Entry) -> list[Entry]:
    return [*entries, wanted] if present is None else [wanted if entry is present else entry for entry in entries]


def _admits(entry: Entry, cluster_id: str) -> bool:
    return bool(entry.get("trust_all")) or cluster_id in (entry.get("trust_allowlist") or [])


def _admitting(entry: Entry, cluster_id: str) -> dict[str, Any]:
    if _admits(entry, cluster_id):
        return dict(entry)
    return {**entry, "trust_allowlist": [*(entry.get("trust_allowlist") or []), cluster_id]}


def _place(entries: Sequence[Entry], edit: trusted.Put) -> int | None:
    key = KEYS[edit.kind]
    places = [number for number, entry in enumerate(entries) if entry.get(key) == edit.entry[key]]
    if not places:
        return None
    types = [_type(edit.kind, entries[place]) for place in places]
    if types != [_type(edit.kind, edit.entry)]:
        raise Refused(
            f"the name {edit.entry[key]!r} is taken by {len(places)} trust of type {', '.join(types)}",
            "choose another name, or remove that trust in the console of the platform",
        )
    return places[0]


def _type(kind: str, entry: Entry) -> str:
    return (entry.get("type") or "generic") if kind == DIRECT else ""


def _says(entry: Entry, wanted: Entry) -> bool:
    return all(_alike(name, entry.get(name), value) for name, value in wanted.items() if name != "certificates") and (
        "certificates" not in wanted or certificates(entry) == certificates(wanted)
    )


def _alike(name: str, have: Any, want: Any) -> bool:
    return set(have or []) == set(want or []) if name in _SETS else have == want


def _updated(entry: Entry, wanted: Entry) -> dict[str, Any]:
    """The entry with what is wanted; certificates that stay are sent as they were read."""
    if "certificates" not in wanted:
        return {**entry, **wanted}
    read = {pem.fingerprints([item["pem"]]): item for item in entry.get("certificates") or []}
    return {**entry, **wanted, "certificates": [read.get(pem.fingerprints([item["pem"]]), item) for item in wanted["certificates"]]}


def _with(trust: Mapping[str, Any], kind: str, entries: list[Entry], accounts: Sequence[Entry] | None) -> dict[str, Any]:
    """The settings with another list. All three are sent, except ``accounts`` where nothing may be said about it."""
    rest = {name: value for name, value in trust.items() if name != ACCOUNTS}
    lists = {EXTERNAL: list(trust.get(EXTERNAL) or []), DIRECT: list(trust.get(DIRECT) or [])}
    return {**rest, **({} if kind == ACCOUNTS else _accounts(trust, accounts)), **lists, kind: entries}


def _entries(trust: Mapping[str, Any], kind: str, accounts: Sequence[Entry] | None, own: bool = False) -> list[Entry]:
    """A list as it is or counts. own: its entry of the own organization is about to say what nobody has said."""
    if kind != ACCOUNTS:
        return list(trust.get(kind) or [])
    return [] if own and trust.get(ACCOUNTS) is None else list(_accounts(trust, accounts).get(ACCOUNTS, []))


def _accounts(trust: Mapping[str, Any], declared: Sequence[Entry] | None) -> dict[str, Any]:
    """What to send as ``accounts``: what was read; nothing where nothing was read, since an empty list may mean less than none."""
    if trust.get(ACCOUNTS) is not None:
        return {ACCOUNTS: trust[ACCOUNTS]}
    if declared is not None:
        return {ACCOUNTS: list(declared)}
    if any(trust.get(name) for name in (EXTERNAL, DIRECT)):
        return {}
    raise Refused(
        "the trust of this deployment was never set, and setting it may end the default trust in its own organization",
        "say which deployments of its own organization it is to trust: all or none",
    )
