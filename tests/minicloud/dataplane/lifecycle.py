# SPDX-License-Identifier: GPL-3.0-or-later
"""Restarts of single nodes, at the request of whoever runs a self-managed cluster, and the record of them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol

from minicloud.dataplane import DataPlaneError
from minicloud.dataplane.proxies import HttpsEndpoint


class Node(Protocol):
    """A node that can be started again."""

    async def stop(self) -> None:
        """Return when it no longer runs."""

    async def start(self) -> None:
        """Return when it answers. Raises DataPlaneError with the reason for which it does not come up."""


@dataclass(frozen=True)
class Event:
    """`event` is "down", "up" or "failed", `moment` in seconds since the first node started; `down` are the nodes that are away after it.

    `status` is what the cluster's health was right before; `reason` why a node did not come up.
    """

    moment: float
    node: str
    event: str
    status: str
    down: Sequence[str]
    reason: str | None = None


class Station:
    """A node and the port at which HTTP clients find it, which is open while the node answers."""

    def __init__(self, node: Node, open_port: Callable[[], HttpsEndpoint]) -> None:
        self._node = node
        self._open_port = open_port
        self._port: HttpsEndpoint | None = None
        self.lock = asyncio.Lock()

    async def open(self) -> None:
        """Let clients in to a node that runs."""
        self._port = self._open_port()
        await self._port.start()

    async def close(self) -> None:
        """Let nobody in any more."""
        port, self._port = self._port, None
        if port is not None:
            await port.stop()

    async def restart(self) -> None:
        await self._node.stop()
        await self._node.start()
        await self.open()


class Lifecycle:
    """The nodes of one cluster by name; `status` tells the cluster's health."""

    def __init__(self, stations: Mapping[str, Station], status: Callable[[], Awaitable[str]]) -> None:
        self._stations = stations
        self._status = status
        self._began = time.monotonic()
        self._down: list[str] = []
        self._events: list[Event] = []
        self._restarts: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """All nodes run: let clients in."""
        for station in self._stations.values():
            await station.open()

    async def close(self) -> None:
        """Give up restarts under way and let nobody in any more. The nodes are stopped by who started them."""
        for restart in self._restarts:
            restart.cancel()
        await asyncio.gather(*self._restarts, return_exceptions=True)
        for station in self._stations.values():
            await station.close()

    async def restart(self, name: str) -> None:
        """Take a node away and return; it comes back by itself."""
        station = self._stations[name]
        await station.lock.acquire()
        status = await self._status()
        if name not in self._down:
            self._down.append(name)
        self._note(name, "down", status)
        await station.close()
        restart = asyncio.create_task(self._bring_back(name, station))
        self._restarts.add(restart)
        restart.add_done_callback(self._restarts.discard)

    async def _bring_back(self, name: str, station: Station) -> None:
        try:
            await station.restart()
        except DataPlaneError as error:
            self._note(name, "failed", await self._status(), str(error))
        else:
            self._down.remove(name)
            self._note(name, "up", await self._status())
        finally:
            station.lock.release()

    def events(self) -> list[dict[str, Any]]:
        """What happened so far, in order."""
        return [asdict(event) for event in self._events]

    def _note(self, name: str, event: str, status: str, reason: str | None = None) -> None:
        moment = round(time.monotonic() - self._began, 3)
        self._events.append(Event(moment, name, event, status, tuple(self._down), reason))
