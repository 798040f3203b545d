# SPDX-License-Identifier: GPL-3.0-or-later
"""How often an organization may call."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

LIMIT = 3000
INTERVAL = 60.0


@dataclass
class RateLimit:
    """So many requests per interval (seconds), counted from its first one."""

    limit: int = LIMIT
    interval: float = INTERVAL
    used: int = 0
    _begin: float = field(default_factory=time.monotonic)

    def use(self) -> float | None:
        """Count one request. Returns seconds to wait when it is one too many."""
        now = time.monotonic()
        if now - self._begin >= self.interval:
            self._begin, self.used = now, 0
        self.used += 1
        return self.interval - (now - self._begin) if self.used > self.limit else None

    @property
    def headers(self) -> dict[str, str]:
        return {
            "x-ratelimit-interval": f"{self.interval:.0f}",
            "x-ratelimit-limit": str(self.limit),
            "x-ratelimit-remaining": str(max(0, self.limit - self.used)),
        }
