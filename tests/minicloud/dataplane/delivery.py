# SPDX-License-Identifier: GPL-3.0-or-later
"""Bringing keystore changes to a node late, in order and in the background, as the platforms do."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping

from minicloud.dataplane import DataPlaneError

Changes = Mapping[str, "str | None"]
_log = logging.getLogger(__name__)


class Courier:
    """Hands changes to `deliver`, each some seconds after it was sent. A delay of None holds everything back until another one is set."""

    def __init__(self, recipient: str, deliver: Callable[[Changes], Awaitable[None]]) -> None:
        self._recipient = recipient
        self._deliver = deliver
        self._delay: float | None = 0
        self._delay_set = asyncio.Event()
        self._queue: asyncio.Queue[tuple[float, Changes]] = asyncio.Queue()
        self._task = asyncio.create_task(self._work())

    def send(self, changes: Changes) -> None:
        self._queue.put_nowait((asyncio.get_running_loop().time(), dict(changes)))

    def set_delay(self, delay: float | None) -> None:
        """Also holds for what was sent and is not delivered yet."""
        self._delay = delay
        self._delay_set.set()

    async def stop(self) -> None:
        """What is not delivered is lost."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _work(self) -> None:
        while True:
            sent, changes = await self._queue.get()
            await self._until_due(sent)
            try:
                await self._deliver(changes)
            except DataPlaneError as error:
                _log.error("keystore change %s did not reach %s: %s", sorted(changes), self._recipient, error)

    async def _until_due(self, sent: float) -> None:
        while (wait := self._remaining(sent)) is None or wait > 0:
            self._delay_set.clear()
            try:
                await asyncio.wait_for(self._delay_set.wait(), wait)
            except TimeoutError:
                return

    def _remaining(self, sent: float) -> float | None:
        return None if self._delay is None else sent + self._delay - asyncio.get_running_loop().time()
