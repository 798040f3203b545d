# SPDX-License-Identifier: GPL-3.0-or-later
"""Servers that pass connections on, and leave none behind."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Any

_CHUNK = 64 * 1024
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Relay:
    """Listens at any number of places, and ends all connections when it stops."""

    def __init__(self) -> None:
        self._servers: list[asyncio.Server] = []
        self._connections: set[asyncio.Task[None]] = set()

    async def listen(self, serve: Serve, address: str, port: int, context: ssl.SSLContext | None = None) -> None:
        """Let `serve` deal with each connection, which is closed afterwards."""

        async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            self._connections.add(task)
            task.add_done_callback(self._connections.discard)
            with _closing(writer):
                await serve(reader, writer)

        self._servers.append(await asyncio.start_server(accept, address, port, ssl=context))

    async def stop(self) -> None:
        for server in self._servers:
            server.close()
        for connection in self._connections:
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)


async def pass_on(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, addresses: Sequence[str], port: int, said: bytes = b"", **tls: Any
) -> None:
    """Connect to the first of the addresses that answers and pass bytes both ways until either side ends.

    `said` was read already. `tls` secures the connection; the name that is expected is the address.
    """
    for address in addresses:
        with contextlib.suppress(OSError):
            names = {"server_hostname": address} if tls else {}
            far_reader, far_writer = await asyncio.open_connection(address, port, **tls, **names)
            far_writer.write(said)
            with _closing(far_writer):
                return await _splice(reader, writer, far_reader, far_writer)


@contextlib.contextmanager
def _closing(writer: asyncio.StreamWriter) -> Iterator[None]:
    """Close a connection in the end."""
    try:
        yield
    finally:
        writer.close()


async def _splice(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, far_reader: asyncio.StreamReader, far_writer: asyncio.StreamWriter
) -> None:
    """TLS knows no half-closed connection."""
    ways = [asyncio.create_task(_copy(reader, far_writer)), asyncio.create_task(_copy(far_reader, writer))]
    try:
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)


async def _copy(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    while data := await source.read(_CHUNK):
        sink.write(data)
        await sink.drain()
