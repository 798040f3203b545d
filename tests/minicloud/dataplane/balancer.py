# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands in front of the remote cluster servers of a self-managed cluster: one name and address for all of its nodes."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from minicloud.dataplane.relay import Relay, pass_on
from minicloud.dataplane.settings import REMOTE_CLUSTER_SERVER_PORT


class Balancer:
    """Listens on port 9443 of `address`; passes each connection on, TLS and all, to the next of `nodes` (addresses) that answers."""

    def __init__(self, address: str, nodes: Sequence[str]) -> None:
        self._address = address
        self._nodes = list(nodes)
        self._relay = Relay()

    async def start(self) -> None:
        await self._relay.listen(self._serve, self._address, REMOTE_CLUSTER_SERVER_PORT)

    async def stop(self) -> None:
        await self._relay.stop()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._nodes.append(self._nodes.pop(0))
        await pass_on(reader, writer, list(self._nodes), REMOTE_CLUSTER_SERVER_PORT)
