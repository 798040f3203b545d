# SPDX-License-Identifier: GPL-3.0-or-later
"""A change: what is planned, shown to a person and then made."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Change:
    """One thing that differs from what is wanted.

    what: the object as a person would name it, for example "remote cluster orders of cluster search".
    action: create, update, replace, delete, restart, reload or revoke.
    before, after: what a person sees in the diff; {} where there is nothing. Never a secret.
    payload: what ``apply`` needs besides; may hold a secret and is never shown.
    """

    what: str
    action: str
    before: dict = field(default_factory=dict)
    after: dict = field(default_factory=dict)
    payload: Any = field(default=None, repr=False, compare=False)

    def diff(self) -> dict:
        """The change in the form of Ansible's diff mode."""
        return {"before_header": self.what, "after_header": self.what, "before": self.before, "after": self.after}

    def __str__(self) -> str:
        return f"{self.action} {self.what}"
