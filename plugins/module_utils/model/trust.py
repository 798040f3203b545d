# SPDX-License-Identifier: GPL-3.0-or-later
"""Trust settings of a deployment: what they become when entries are added and taken away.

The API replaces the lists as a whole, so everything that is not ours is sent back as it was read.
https://www.elastic.co/docs/api/doc/cloud/operation/operation-update-deployment
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from . import pem
from .errors import Refused

MARK = "crosscluster.elastic "
"""Begins the name of an entry that belongs to links."""
PROXY = "proxy"
"""Type of an entry that holds the CA of a remote cluster server, for connections with API keys."""

Entry = Mapping[str, Any]


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


def with_cluster(trust: Mapping[str, Any], organization: Entry, cluster_id: str) -> dict[str, Any]:
    """The settings with trust in a cluster of the deployment's own organization or environment; equal when it is trusted already.

    organization: {id, trust_all}; its level is that of deployments whose trust was never set.
    """
    accounts = trust.get("accounts")
    if accounts is None and organization["trust_all"]:
        return dict(trust)
    own = next((entry for entry in accounts or [] if entry.get("account_id") == organization["id"]), None)
    allowed = (own or {}).get("trust_allowlist") or []
    if own is not None and (own.get("trust_all") or cluster_id in allowed):
        return dict(trust)
    wanted = {**(own or {"account_id": organization["id"], "trust_all": False}), "trust_allowlist": [*allowed, cluster_id]}
    others = [wanted if entry is own else entry for entry in accounts or []]
    lists = {name: list(trust.get(name) or []) for name in ("external", "direct")}
    return {**trust, **lists, "accounts": others if own is not None else [*others, wanted]}


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


def shown(trust: Mapping[str, Any], names: Iterable[str], organizations: Iterable[str] = ()) -> dict[str, Any]:
    """The named entries of ``direct`` for a diff, certificates by their fingerprints, and those of ``accounts`` with these ids."""
    wanted, ids = set(names), set(organizations)
    found = [entry for entry in trust.get("direct") or [] if entry.get("name") in wanted]
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
    return {name: value for name, value in entry.items() if name in ("type", "name", "trust_all")}


def _certificates(entry: Entry) -> frozenset[str]:
    return pem.fingerprints(item.get("pem", "") for item in entry.get("certificates") or [])
