# SPDX-License-Identifier: GPL-3.0-or-later
"""Listeners that are out of order for a while."""

from __future__ import annotations

import time
from dataclasses import dataclass

Socket = tuple[str, int]


@dataclass(frozen=True)
class Outage:
    """`until` is a monotonic time; `refuse`: connections are refused, otherwise requests are answered with an error."""

    until: float
    refuse: bool


class Outages:
    """By the socket of the listener: an API, or the HTTPS port of a platform's proxies."""

    def __init__(self) -> None:
        self._outages: dict[Socket, Outage] = {}

    def begin(self, socket: Socket, seconds: float, refuse: bool) -> None:
        self._outages[socket] = Outage(time.monotonic() + seconds, refuse)

    def at(self, socket: Socket) -> Outage | None:
        """The outage of a listener, None when it works."""
        outage = self._outages.get(socket)
        return outage if outage is not None and time.monotonic() < outage.until else None

    def end_all(self) -> None:
        self._outages.clear()

    def sockets(self) -> list[Socket]:
        """The listeners that are out of order now."""
        return [socket for socket in self._outages if self.at(socket) is not None]
