# SPDX-License-Identifier: GPL-3.0-or-later
"""Cross-cluster API keys of a link: which are ours, which is in use, and what follows from that.

What an API cannot tell is observed, never remembered: the key's metadata is written once, at its creation.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from .inputs import shown

MANAGED_BY = "crosscluster.elastic"
SETTLED, REPLACE, CREATE, FOREIGN = "settled", "replace", "create", "foreign"
UNREADABLE = "unreadable"
"""Stands for the id of a credential that is no cross-cluster API key at all."""
LONGEST_NAME = 256
"""https://www.elastic.co/docs/api/doc/elasticsearch/operation/operation-security-create-cross-cluster-api-key"""

_KEY_IN_USE = re.compile(
    r"authenticated by API key id \[([^\]]+)\]"
    r"|unable to (?:authenticate|find apikey|find api key)[^\[]*\[([^\]]+)\]"
    r"|unable to find apikey with id ([\w-]+)"
    r"|api key \[([^\]]+)\]"
    r"|API key \[([^\]]+)\]"
    r"|API key \(type:\[[^\]]*\], id:\[([^\]]+)\]\)",
)
_GARBAGE = re.compile(r"invalid (?:cross-cluster API key|ApiKey) value")


@dataclass(frozen=True)
class Key:
    """A cross-cluster API key as the remote lists it. Times are epoch milliseconds; expiration None means never."""

    id: str
    name: str
    creation: int
    expiration: int | None
    invalidated: bool
    owner: str
    metadata: dict
    access: dict

    def valid(self, now_ms: int) -> bool:
        return not self.invalidated and (self.expiration is None or self.expiration > now_ms)


@dataclass(frozen=True)
class Evidence:
    """What was seen of the credential of one link.

    ours: keys on the remote that carry the mark of this link, invalid ones included.
    in_use: per node of the local cluster, the id of the key it uses; None where the node could not be made to tell.
    foreign: those of the ids in use that are valid on the remote without being ours.
    entry: whether the platform's keystore has an entry for the alias; None where that cannot be known.
    observable: False where no question makes the remote name the key (a key over everything, or an old version).
    now_ms: time of the observation.
    """

    ours: tuple[Key, ...]
    in_use: tuple[str | None, ...]
    entry: bool | None
    observable: bool
    now_ms: int
    foreign: tuple[str, ...] = ()

    @property
    def valid(self) -> list[Key]:
        """Our valid keys, the newest last."""
        return sorted((key for key in self.ours if key.valid(self.now_ms)), key=lambda key: (key.creation, key.id))

    @property
    def seen(self) -> set[str]:
        return {key_id for key_id in self.in_use if key_id}


@dataclass(frozen=True)
class Verdict:
    """kind: settled, create, replace or foreign. reason: why, for a person.

    current: id of our valid key that is in use, "" when there is none: what stays when settled, and the predecessor that is
    revoked after a replacement.
    """

    kind: str
    reason: str
    current: str = ""

    @property
    def makes_key(self) -> bool:
        return self.kind in (CREATE, REPLACE)


def mark(link: str, run: str) -> dict:
    """The metadata that make a key recognisable as ours."""
    return {"managed_by": MANAGED_BY, "link": link, "run": run}


def link_id(local_uuid: str, alias: str) -> str:
    """The name of a link in a key's metadata: cluster uuid of the local cluster and alias."""
    return f"{local_uuid}/{alias}"


def key_name(alias: str) -> str:
    return f"remote-cluster-{alias}"


def name_problem(name: str) -> str:
    """Why a text cannot be the name of an API key, or "" when it can."""
    if name != name.strip() or not name or name.startswith("_") or len(name) > LONGEST_NAME:
        return (
            f"name {shown(name)} cannot be that of an API key: "
            f"at most {LONGEST_NAME} characters, no blank at its ends, no underscore at its beginning"
        )
    return ""


def metadata_problems(metadata: Mapping[str, object] | None) -> list[str]:
    """What is wrong with the metadata of a key or a role: Elasticsearch keeps names with an underscore to itself."""
    return [f"metadata has the name {shown(name)}, which is reserved" for name in metadata or {} if str(name).startswith("_")]


def from_api(item: dict) -> Key:
    """Read one entry of ``GET /_security/api_key`` or ``_query/api_key``."""
    return Key(
        id=item["id"],
        name=item.get("name", ""),
        creation=item.get("creation", 0),
        expiration=item.get("expiration"),
        invalidated=item.get("invalidated", False),
        owner=item.get("username", ""),
        metadata=item.get("metadata") or {},
        access=item.get("access") or {},
    )


def key_in_use(error: str) -> str | None:
    """The id of the key that a refusal of the remote names, None when it names none."""
    if _GARBAGE.search(error or ""):
        return UNREADABLE
    match = _KEY_IN_USE.search(error or "")
    return next((group for group in match.groups() if group), None) if match else None


def judge(evidence: Evidence, *, renew_before_ms: int = 0, adopt: bool = False) -> Verdict:
    """Whether the credential of a link stays, is made or is replaced. Only positive evidence replaces one."""
    valid = evidence.valid
    if evidence.foreign and not adopt:
        names = ", ".join(sorted(evidence.foreign))
        return Verdict(FOREIGN, f"the alias uses API key {names}, which this collection did not make for this link")
    if evidence.entry is False:
        return Verdict(REPLACE if valid else CREATE, "the local cluster has no credential for the alias", _in_use_id(evidence, valid))
    if not valid:
        return _without_valid_key(evidence, adopt)
    newest = valid[-1]
    if evidence.seen - {newest.id}:
        return Verdict(REPLACE, _why_not(evidence, newest), _in_use_id(evidence, valid))
    if _due(newest, evidence.now_ms, renew_before_ms):
        return Verdict(REPLACE, f"key {newest.id} expires within renew_before", newest.id)
    return Verdict(SETTLED, "the key in use is ours and valid" if evidence.seen else "the newest key of ours counts as in use", newest.id)


def orphans(evidence: Evidence, current: str, orphan_after_ms: int) -> list[Key]:
    """Valid keys of this link that nobody uses, old enough not to belong to a run that is under way.

    current: the key that stays, or "" when a key newer than all of these is about to be made.
    """
    newest_to_go = next((key.creation for key in evidence.ours if key.id == current), evidence.now_ms)
    return [
        key
        for key in evidence.valid
        if key.id not in evidence.seen | {current} and key.creation <= newest_to_go and evidence.now_ms - key.creation >= orphan_after_ms
    ]


def problem_of_encoded(encoded: str) -> str:
    """Why a text cannot be an encoded cross-cluster API key, or "" when it can. Elasticsearch itself accepts anything."""
    try:
        decoded = base64.b64decode(encoded, validate=True).decode("ascii")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return "it is not Base64"
    key_id, colon, secret = decoded.partition(":")
    if not colon or not key_id or len(secret) != 22:
        return "it is not the Base64 form of id:api_key that the answer to the key's creation calls encoded"
    return ""


def agreed(in_use: Iterable[str | None], wanted: str) -> bool:
    """Whether every node is seen to use the wanted key."""
    seen = list(in_use)
    return bool(seen) and all(key_id == wanted for key_id in seen)


def _without_valid_key(evidence: Evidence, adopt: bool) -> Verdict:
    if evidence.ours or evidence.seen:
        return Verdict(REPLACE, "no valid key of this link is left on the remote")
    if evidence.entry and not adopt:
        return Verdict(FOREIGN, "the local cluster has a credential for the alias, and no key on the remote says that it is ours")
    return Verdict(CREATE, "there is no key for this link yet")


def _why_not(evidence: Evidence, newest: Key) -> str:
    others = evidence.seen - {newest.id}
    known = {key.id: key for key in evidence.ours}
    wrong = sorted(others)[0]
    if wrong not in known:
        return f"the alias uses key {wrong}, which is not ours"
    if known[wrong].valid(evidence.now_ms):
        return f"a newer key of this link ({newest.id}) exists that not every node uses"
    return f"the key in use ({wrong}) is revoked or expired"


def _in_use_id(evidence: Evidence, valid: Sequence[Key]) -> str:
    """The valid key that a node was seen to use: the predecessor that is revoked after the replacement."""
    return next((key.id for key in valid if key.id in evidence.seen), "")


def _due(key: Key, now_ms: int, renew_before_ms: int) -> bool:
    return key.expiration is not None and key.expiration - now_ms <= renew_before_ms
