# SPDX-License-Identifier: GPL-3.0-or-later
"""Secure settings in the keystore of a node. Its values can be read by who may write them, so they are compared and never shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ..model.change import Change
from ..node.keystore import Keystore

HIDDEN = "(hidden)"


@dataclass(frozen=True)
class Observed:
    """exists: whether there is a keystore. names: of its settings. values: those that were compared; None for one that cannot be shown."""

    exists: bool
    names: list[str]
    values: Mapping[str, str | None] = field(default_factory=dict, repr=False)


def observe(keystore: Keystore, compared: Iterable[str] = ()) -> Observed:
    """Read names, and the values of the settings to compare. Each value is a call of the tool, which takes a second."""
    names = keystore.names()
    present = names or []
    return Observed(names is not None, present, {name: keystore.value(name) for name in compared if name in present})


def plan(observed: Observed, subject: str, wanted: Mapping[str, str | None]) -> Change | None:
    """What to write. wanted: value by name, None to remove. A setting that is there and was not compared stays as it is."""
    sent = {name: value for name, value in wanted.items() if _differs(observed, name, value)}
    if not sent:
        return None
    return Change(
        what=subject,
        action="update",
        before={name: HIDDEN for name in sorted(sent) if name in observed.names},
        after={name: f"{HIDDEN} new" if name in observed.names else HIDDEN for name in sorted(sent) if sent[name] is not None},
        payload=(observed.exists, sent),
    )


def apply(keystore: Keystore, change: Change) -> list[str]:
    """Write and read the names back. A missing keystore is made."""
    exists, sent = change.payload
    if not exists:
        keystore.create()
    added = {name: value for name, value in sent.items() if value is not None}
    removed = [name for name, value in sent.items() if value is None]
    if added:
        keystore.add(added)
    if removed:
        keystore.remove(removed)
    return keystore.names() or []


def _differs(observed: Observed, name: str, value: str | None) -> bool:
    if name not in observed.names:
        return value is not None
    return value is None or (name in observed.values and observed.values[name] != value)
