# SPDX-License-Identifier: GPL-3.0-or-later
"""Durations as Elasticsearch writes them: ``90d``, ``12h``, ``30m``, ``10s``."""

from __future__ import annotations

import re

from .inputs import shown

_UNITS_MS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_PATTERN = re.compile(r"([0-9]{1,15})(ms|s|m|h|d)\Z")
LONGEST_DAYS = 36_500
"""A century. Elasticsearch counts nanoseconds, and cannot count those of 300 years."""


def milliseconds(text: str) -> int:
    """Read a duration; raises ValueError with a text for people."""
    match = _PATTERN.match(text.strip(" "))
    if not match:
        raise ValueError(f"{shown(text)} is not a duration: write a number and a unit (ms, s, m, h, d), for example 90d")
    result = int(match.group(1)) * _UNITS_MS[match.group(2)]
    if result > LONGEST_DAYS * _UNITS_MS["d"]:
        raise ValueError(f"{text} is longer than {LONGEST_DAYS}d")
    return result
