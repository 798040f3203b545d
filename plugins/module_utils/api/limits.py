# SPDX-License-Identifier: GPL-3.0-or-later
"""The rate an API grants (``x-ratelimit-*``), obeyed by all threads together.

https://www.elastic.co/docs/api/doc/cloud/topic/topic-rate-limiting
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Mapping
from typing import Callable

LONGEST_HOLD = 60.0
"""Seconds."""
_INTERVAL = re.compile(r"^(\d+(?:\.\d+)?)\s*(ms|s|m)?$")
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, None: 1.0}


class RateBudget:
    """Holds requests back while the server grants none.

    now, wait: clock in seconds and how to wait; replaced in tests.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic, wait: Callable[[float], object] = threading.Event().wait) -> None:
        self._now, self._wait = now, wait
        self._lock = threading.Lock()
        self._not_before = 0.0

    def take(self) -> None:
        """Wait until a request may be sent."""
        with self._lock:
            pause = self._not_before - self._now()
        if pause > 0:
            self._wait(pause)

    def note(self, status: int, headers: Mapping[str, str]) -> None:
        """Learn from an answer: nothing remaining means that the next request waits for the interval to pass.

        With Retry-After the server says more exactly how long that is, and the request that is told so waits by itself.
        """
        if "Retry-After" in headers or (headers.get("x-ratelimit-remaining", "").strip() != "0" and status != 429):
            return
        hold = min(_interval(headers.get("x-ratelimit-interval", "")), LONGEST_HOLD)
        with self._lock:
            self._not_before = max(self._not_before, self._now() + hold)


def _interval(text: str) -> float:
    match = _INTERVAL.match(text.strip())
    return float(match.group(1)) * _UNITS[match.group(2)] if match else 0.0
