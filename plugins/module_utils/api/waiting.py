# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting for something to become true: with a deadline that no clock change moves, and failing reads told apart from "not yet"."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Callable, TypeVar

from ..model.errors import RequestFailed, ServerFault, Unreachable

T = TypeVar("T")


@dataclass(frozen=True)
class Clock:
    """now: monotonic seconds. wait: pause for seconds. Replaced in tests."""

    now: Callable[[], float] = time.monotonic
    wait: Callable[[float], object] = field(default_factory=lambda: threading.Event().wait)


def looks(timeout: float, clock: Clock, *, first: float = 0.2, longest: float = 5.0) -> Iterator[float]:
    """Yield the seconds that have passed, at growing intervals, once more when the time is up, and then end.

    timeout: seconds. first, longest: seconds between two looks.
    """
    started = clock.now()
    pause = first
    while True:
        passed = clock.now() - started
        yield passed
        remaining = started + timeout - clock.now()
        if remaining <= 0:
            return
        clock.wait(min(pause, remaining))
        pause = min(pause * 1.5, longest)


class ErrorBudget:
    """Lets reads fail for a while during a wait, so that an API that is away for a moment does not end it.

    seconds: how long reads may fail in a row before the failure counts.
    failure: of the newest read, None when that went well.
    """

    def __init__(self, clock: Clock, seconds: float = 60.0) -> None:
        self._clock, self._seconds = clock, seconds
        self._failing_since: float | None = None
        self.failure: RequestFailed | None = None

    def read(self, look: Callable[[], T]) -> T | None:
        """The result of the read, or None while it fails within the budget; raises the failure when the budget is spent."""
        try:
            result = look()
        except (Unreachable, ServerFault) as failure:
            self.failure = failure
            if self._failing_since is None:
                self._failing_since = self._clock.now()
            if self._clock.now() - self._failing_since >= self._seconds:
                raise
            return None
        self._failing_since = self.failure = None
        return result
