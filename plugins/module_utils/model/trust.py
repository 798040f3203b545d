# SPDX-License-Identifier: GPL-3.0-or-later
"""Trust settings of a deployment: what they become when entries are added and taken away.

The API replaces the lists as a whole, so everything that is not ours is sent back as it was read.
https://www.elastic.co/docs/api/doc/cloud/operation/operation-update-deployment
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Union

from . import pem
from .errors import Refused

MARK = "crosscluster.elastic "
"""Begins the name of an entry that belongs to links."""
PROXY = "proxy"
"""Type of an entry that holds the CA of a remote cluster server, for connections with API keys."""

Entry = Mapping[str, Any]


class AccountPeer(NamedTuple):
    """A cluster of an organization or environment that the platform knows. trust_all: the default of the own one.

    accounts: as for ``merged``; is_own: whether it is of the deployment's own organization.
    """

    account_id: str
    cluster_id: str
    is_own: bool = True
    trust_all: bool = True
    accounts: Sequence[Entry] | None = None


class EnvironmentPeer(NamedTuple):
    """A cluster of anywhere else, with the CAs (PEM) of its nodes. type: ESS, ECE or generic. name: of the entry if there is none yet.

    scope_id: of its organization or environment. accounts: as for ``merged``.
    """

    type: str
    name: str
    scope_id: str
    cluster_id: str
    certificates: tuple[str, ...]
    accounts: Sequence[Entry] | None = None


Peer = Union[AccountPeer, EnvironmentPeer]


def name_of(remote: str) -> str:
    """Name of the entry of ours for a remote platform, or for a remote cluster that is on none."""
    return MARK + remote


def proxy_entry(name: str, certificates: Iterable[str]) -> dict[str, Any]:
    """An entry of type proxy with these CA certificates (PEM, one each)."""
    return {"type": PROXY, "name": name, "trust_all": False, "certificates": [{"pem": text} for text in certificates]}


def merged(
    trust: Mapping[str, Any], present: Sequence[Entry], absent: Iterable[str], accounts: Sequence[Entry] | None = None
) -> dict[str, Any]:
    """The settings with some entries of ``direct`` present as given and those of type proxy with some names gone; equal when they are so.

    An entry is recognised by its name and keeps its ``uid`` and what else it has. All others are the same objects as before.
    accounts: the level of trust in accounts, for a deployment whose trust was never set; None when nobody has said it.
    Raises Refused for a name that another entry has too, and where the level is not known.
    """
    before = list(trust.get("direct") or [])
    gone = set(absent)
    direct = [entry for entry in before if not (entry.get("name") in gone and entry.get("type") == PROXY)]
    for wanted in present:
        place = _place(direct, wanted)
        if place is None:
            direct.append(dict(wanted))
        elif not _says(direct[place], wanted):
            direct[place] = _updated(direct[place], wanted)
    if direct == before:
        return dict(trust)
    others = {name: value for name, value in trust.items() if name != "accounts"}
    return {**others, **_accounts(trust, accounts), "external": list(trust.get("external") or []), "direct": direct}


def with_peer(trust: Mapping[str, Any], peer: Peer) -> dict[str, Any]:
    """The settings with trust in a cluster of somewhere; equal when it is trusted already. Raises Refused as ``merged`` does."""
    if isinstance(peer, AccountPeer):
        return _with_account(trust, peer)
    return _with_environment(trust, peer)


def _with_account(trust: Mapping[str, Any], peer: AccountPeer) -> dict[str, Any]:
    """Of organizations that a deployment does not name the own one has a default; naming another one ends it."""
    accounts = trust.get("accounts")
    if accounts is None and peer.is_own:
        accounts = [{"account_id": peer.account_id, "trust_all": True}] if peer.trust_all else []
    elif accounts is None:
        accounts = _accounts(trust, peer.accounts).get("accounts", [])
    own = next((entry for entry in accounts if entry.get("account_id") == peer.account_id), None)
    if own is not None and _admits(own, peer.cluster_id):
        return dict(trust)
    wanted = _admitting(own or {"account_id": peer.account_id, "trust_all": False}, peer.cluster_id)
    after = [wanted if entry is own else entry for entry in accounts]
    lists = {name: list(trust.get(name) or []) for name in ("external", "direct")}
    return {**trust, **lists, "accounts": after if own is not None else [*after, wanted]}


def _with_environment(trust: Mapping[str, Any], peer: EnvironmentPeer) -> dict[str, Any]:
    """In the entry that has the CA already, whosesoever it is: a certificate belongs to one entry. Otherwise in one of ours."""
    direct = list(trust.get("direct") or [])
    wanted = pem.fingerprints(peer.certificates)
    same = [entry for entry in direct if entry.get("type") != PROXY and entry.get("scope_id") == peer.scope_id]
    candidates = [*(entry for entry in same if wanted & _certificates(entry)), *(entry for entry in same if entry.get("name") == peer.name)]
    present = next(iter(candidates), None)
    if present is not None and _admits(present, peer.cluster_id) and wanted <= _certificates(present):
        return dict(trust)
    if present is None:
        _place(direct, {"name": peer.name, "type": peer.type})  # refuses a name that is taken
    entry = present or {"type": peer.type, "name": peer.name, "scope_id": peer.scope_id, "trust_all": False, "certificates": []}
    missing = [{"pem": text} for text in peer.certificates if not pem.fingerprints([text]) <= _certificates(entry)]
    after = {**_admitting(entry, peer.cluster_id), "certificates": [*(entry.get("certificates") or []), *missing]}
    others = [after if each is present else each for each in direct]
    rest = {name: value for name, value in trust.items() if name != "accounts"}
    lists = {"external": list(trust.get("external") or []), "direct": others if present is not None else [*others, after]}
    return {**rest, **_accounts(trust, peer.accounts), **lists}


def _admits(entry: Entry, cluster_id: str) -> bool:
    return bool(entry.get("trust_all")) or cluster_id in (entry.get("trust_allowlist") or [])


def _admitting(entry: Entry, cluster_id: str) -> dict[str, Any]:
    if _admits(entry, cluster_id):
        return dict(entry)
    return {**entry, "trust_allowlist": [*(entry.get("trust_allowlist") or []), cluster_id]}


def with_known_uids(trust: Mapping[str, Any], environments: Mapping[str, Any]) -> dict[str, Any]:
    """The settings with the uid that the organization already has for the certificates of a new entry.

    A certificate belongs to one uid within an organization; the same certificates under a new one would be refused. A uid with other
    certificates besides is not taken: that would change what the other deployments with this uid trust.
    environments: trust settings of all deployments, as ``GET /trusted-environments`` returns them.
    """
    direct = trust.get("direct") or []
    taken = {entry.get("uid") for entry in direct}
    known = [entry for entry in environments.get("direct") or [] if entry.get("uid") and entry["uid"] not in taken]
    return {**trust, "direct": [_with_uid(entry, known) for entry in direct]}


def shown(trust: Mapping[str, Any], names: Iterable[str], scopes: Iterable[str] = ()) -> dict[str, Any]:
    """What a diff shows: the named entries of ``direct`` and those of these scopes, and the entries of ``accounts`` with these ids.

    Certificates are shown by their fingerprints.
    """
    wanted, ids = set(names), set(scopes)
    found = [entry for entry in trust.get("direct") or [] if entry.get("name") in wanted or entry.get("scope_id") in ids]
    direct = {"direct": [{**_plain(entry), "certificates": sorted(_certificates(entry))} for entry in found]} if found else {}
    accounts = [dict(entry) for entry in trust.get("accounts") or [] if entry.get("account_id") in ids]
    return {**direct, **({"accounts": accounts} if accounts else {})}


def _place(direct: Sequence[Entry], wanted: Entry) -> int | None:
    places = [number for number, entry in enumerate(direct) if entry.get("name") == wanted["name"]]
    if not places:
        return None
    types = [direct[place].get("type") or "generic" for place in places]
    if types != [wanted["type"]]:
        raise Refused(
            f"the name {wanted['name']!r} is taken by {len(places)} trust of type {', '.join(types)}",
            "choose another name, or remove that trust in the console of the platform",
        )
    return places[0]


def _says(entry: Entry, wanted: Entry) -> bool:
    return _certificates(entry) == _certificates(wanted) and all(
        entry.get(field) == value for field, value in wanted.items() if field != "certificates"
    )


def _updated(entry: Entry, wanted: Entry) -> dict[str, Any]:
    """The entry with what is wanted; certificates that stay are sent as they were read."""
    read = {pem.fingerprints([item["pem"]]): item for item in entry.get("certificates") or []}
    certificates = [read.get(pem.fingerprints([item["pem"]]), item) for item in wanted["certificates"]]
    return {**entry, **wanted, "certificates": certificates}


def _accounts(trust: Mapping[str, Any], declared: Sequence[Entry] | None) -> dict[str, Any]:
    """What to send as ``accounts``: what was read; nothing where nothing was read, since an empty list may mean less than none."""
    if trust.get("accounts") is not None:
        return {"accounts": trust["accounts"]}
    if declared is not None:
        return {"accounts": list(declared)}
    if any(trust.get(name) for name in ("external", "direct")):
        return {}
    raise Refused(
        "the trust of this deployment was never set, and setting it may end the default trust in its own organization",
        "say which deployments of its own organization it is to trust: all or none",
    )


def _with_uid(entry: Entry, known: Sequence[Entry]) -> Entry:
    if entry.get("uid"):
        return entry
    same = [other["uid"] for other in known if other.get("type") == entry.get("type") and _certificates(other) == _certificates(entry)]
    return {**entry, "uid": same[0]} if same else entry


def _plain(entry: Entry) -> dict[str, Any]:
    return {name: value for name, value in entry.items() if name in ("type", "name", "trust_all", "scope_id", "trust_allowlist")}


def _certificates(entry: Entry) -> frozenset[str]:
    return pem.fingerprints(item.get("pem", "") for item in entry.get("certificates") or [])
