# SPDX-License-Identifier: GPL-3.0-or-later
"""Index and alias expressions."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase

_RESTRICTED = (".security",)


def covers(patterns: Iterable[str], name: str) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def is_pattern(name: str) -> bool:
    return "*" in name


def is_restricted(name: str) -> bool:
    """Whether an index belongs to Elasticsearch itself, so that a plain ``*`` does not cover it."""
    return name.startswith(_RESTRICTED)


def grants(entries: Iterable[dict], name: str) -> bool:
    """Whether one of the entries (`names`, `allow_restricted_indices`) covers an index or, as a text, a pattern."""
    return any(covers(entry["names"], name) and (not is_restricted(name) or entry.get("allow_restricted_indices")) for entry in entries)
