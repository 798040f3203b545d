# SPDX-License-Identifier: GPL-3.0-or-later
"""Durations as Elasticsearch writes them: ``90d``, ``12h``, ``30m``, ``10s``."""

from __future__ import annotations

import re

_UNITS_MS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_PATTERN = re.compile(r"^(\d+)(ms|s|m|h|d)$")


def milliseconds(text: str) -> int:
    """Read a duration; raises ValueError with a text for people."""
    match = _PATTERN.match(text.strip()) if text.isascii() else None
    if not match:
        raise ValueError(f"{text!r} is not a duration: write a number and a unit (ms, s, m, h, d), for example 90d")
    return int(match.group(1)) * _UNITS_MS[match.group(2)]
