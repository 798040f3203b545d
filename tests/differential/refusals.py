# SPDX-License-Identifier: GPL-3.0-or-later
"""One cause, several wordings: how real nodes refuse a cross-cluster API key, and when two refusals are the same.

Whether a node refuses a key by its first check, of the header as it arrives, or by the authentication of the action behind it depends on
which of them is first; a real node alternates between both. So not the words must agree but the cause: a refusal stands for the causes
that its wording can have. Words that are not in this table are compared as they are.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# The cause -> the words of the first check. `KEY-...` is the name by which the test knows a key.
CAUSES = {
    "revoked": r"api key \[(?P<key>KEY-[\w-]+)\] has been invalidated",
    "expired": r"api key is expired",
    "unknown": r"unable to find apikey with id (?P<key>KEY-[\w-]+)",
    "wrong secret": r"invalid credentials for API key \[(?P<key>KEY-[\w-]+)\]",
}
# The authentication has the same words for every cause. It names the action, or that of the connection which is made for it.
_ACTIONS = r"cluster:internal/remote_cluster/handshake|indices:admin/resolve/cluster|indices:data/read/search"
_AUTHENTICATION = rf"unable to authenticate user \[(?P<key>KEY-[\w-]+)\] for action \[(?:{_ACTIONS})\]"
# It adds what the first check would have said, which `_resolve/cluster` does not repeat, and offers API keys besides passwords.
_ADDED = "additional_unsuccessful_credentials"
_OFFERED = "header"
_OFFERS = ({"WWW-Authenticate": "a text"}, {"WWW-Authenticate": ["a text"]})


@dataclass(frozen=True)
class Refusal:
    """A key was refused for one of `causes`; `key` is "" where the words do not name it."""

    causes: frozenset[str]
    key: str

    def may_be(self, other: Refusal) -> bool:
        """Whether one cause can have had both wordings."""
        return not self.causes.isdisjoint(other.causes) and (self.key == other.key or not self.key or not other.key)


def of_reason(text: str) -> Refusal | None:
    """The refusal that a reason tells, None when it tells something else."""
    wordings = {**{frozenset({cause}): words for cause, words in CAUSES.items()}, frozenset(CAUSES): _AUTHENTICATION}
    found = ((causes, re.fullmatch(words, text)) for causes, words in wordings.items())
    return next((Refusal(causes, match.groupdict().get("key", "")) for causes, match in found if match), None)


def of_error(error: Mapping[str, Any]) -> dict[str, Any]:
    """An error (as a shape) in which the fields that only one wording has are made part of the refusal."""
    refusal, added = error.get("reason"), error.get(_ADDED)
    if not isinstance(refusal, Refusal) or error.get(_OFFERED) not in _OFFERS:
        return dict(error)
    if added is not None:
        first = of_reason(added.removeprefix("API key: "))
        if first is None or not first.may_be(refusal):
            return dict(error)
        refusal = Refusal(first.causes, refusal.key)
    return {name: refusal if name == "reason" else value for name, value in error.items() if name not in (_ADDED, _OFFERED)}


def alike(one: Any, other: Any) -> bool:
    """Whether two shapes agree, refusals by their causes."""
    if isinstance(one, Refusal) and isinstance(other, Refusal):
        return one.may_be(other)
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(alike(value, other[name]) for name, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(alike, one, other))
    return bool(one == other)
