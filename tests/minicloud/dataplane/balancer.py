# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands in front of the remote cluster servers of a self-managed cluster: one name and address for all of its nodes."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence

from minicloud.dataplane.proxies import closing, splice
from minicloud.dataplane.settings import REMOTE_CLUSTER_SERVER_PORT


class Balancer:
    """Listens on port 9443 of `address`; passes each connection on, TLS and all, to the next of `nodes` (addresses) that answers."""

    def __init__(self, address: str, nodes: Sequence[str]) -> None:
        self._address = address
        self._nodes = list(nodes)
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, self._address, REMOTE_CLUSTER_SERVER_PORT)

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
        for connection in self._connections:
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)
        self._nodes.append(self._nodes.pop(0))
        with closing(writer):
            for node in list(self._nodes):
                with contextlib.suppress(OSError):
                    far_reader, far_writer = await asyncio.open_connection(node, REMOTE_CLUSTER_SERVER_PORT)
                    with closing(far_writer):
                        return await splice(reader, writer, far_reader, far_writer)
