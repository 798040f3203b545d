# SPDX-License-Identifier: GPL-3.0-or-later
"""An HTTP CONNECT proxy that knows the mini cloud's names.

HTTP clients reach `name:port` through it (`HTTPS_PROXY`), whatever the true socket is. It opens no way to anywhere else.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Iterator

from minicloud.faults.outages import Outages

_MAX_HEAD = 16 * 1024
_HEAD_TIMEOUT = 30
_ESTABLISHED = 1


class ConnectProxy:
    """Listens on a free port of 127.0.0.1. Refuses connections to those of its sockets that are out of order (`outages`)."""

    def __init__(self) -> None:
        self._sockets: dict[tuple[str, int], tuple[str, int]] = {}
        self._server: asyncio.Server | None = None
        self._tunnels: set[asyncio.Task[None]] = set()
        # Of the tunnels in use: the side of the client, and the other one.
        self._ends: dict[asyncio.Task[None], tuple[asyncio.StreamWriter, asyncio.StreamWriter]] = {}
        self._cut: set[tuple[object, object]] = set()
        self.outages = Outages()

    def add(self, name: str, port: int, address: str, real_port: int) -> None:
        """From now on `name:port` is the socket `address:real_port`."""
        self._sockets[name.lower(), port] = (address, real_port)

    async def start(self) -> str:
        """Begin to listen; returns the proxy's URL."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, limit=_MAX_HEAD)
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
        for tunnel in self._tunnels:
            tunnel.cancel()
        await asyncio.gather(*self._tunnels, return_exceptions=True)

    def cut_abandoned(self) -> None:
        """End the tunnels whose clients have hung up. What these had sent before does not count any more: see `is_cut`."""
        for tunnel, (client, far) in self._ends.items():
            if not _is_connected(client):
                self._cut.add((far.get_extra_info("sockname"), far.get_extra_info("peername")))
                tunnel.cancel()

    def is_cut(self, peer: object, listener: object) -> bool:
        """Whether a connection between these, as the server behind the proxy has it, came through a tunnel that was cut."""
        return (peer, listener) in self._cut

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tunnel = asyncio.create_task(self._serve(reader, writer))
        self._tunnels.add(tunnel)
        tunnel.add_done_callback(self._tunnels.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # A client that hangs up in the middle is its own affair.
        with contextlib.suppress(OSError):
            try:
                await self._tunnel(reader, writer)
            finally:
                writer.close()

    async def _tunnel(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), _HEAD_TIMEOUT)
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, TimeoutError):
            return
        method, target = (head.split(maxsplit=2) + [b"", b""])[:2]
        if method != b"CONNECT":
            return await _refuse(writer, "405 Method Not Allowed", "only CONNECT is served here")
        name, _colon, port = target.decode("latin-1").rpartition(":")
        listener = self._sockets.get((name.lower(), int(port))) if port.isdecimal() else None
        if listener is None:
            return await _refuse(writer, "502 Bad Gateway", f"the mini cloud knows no {target.decode('latin-1')}")
        if (outage := self.outages.at(listener)) and outage.refuse:
            return await _refuse(writer, "502 Bad Gateway", f"{target.decode('latin-1')} is out of order")
        try:
            far_reader, far_writer = await asyncio.open_connection(*listener)
        except OSError as error:
            return await _refuse(writer, "502 Bad Gateway", f"{target.decode('latin-1')} does not listen: {error.strerror}")
        with self._in_use(writer, far_writer):
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            await asyncio.gather(_copy(reader, far_writer), _copy(far_reader, writer))

    @contextlib.contextmanager
    def _in_use(self, client: asyncio.StreamWriter, far: asyncio.StreamWriter) -> Iterator[None]:
        # The same two sockets belong to another tunnel now.
        self._cut.discard((far.get_extra_info("sockname"), far.get_extra_info("peername")))
        tunnel = asyncio.current_task()
        self._ends[tunnel] = (client, far)
        try:
            yield
        finally:
            del self._ends[tunnel]
            far.close()


def _is_connected(client: asyncio.StreamWriter) -> bool:
    """Whether the other side has not hung up yet, even where it has sent something that is still to be read."""
    if client.is_closing():
        return False
    return client.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] == _ESTABLISHED


async def _copy(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    """Pass on bytes until the source ends, then tell the sink so. A broken side ends the other one too."""
    try:
        while data := await source.read(64 * 1024):
            sink.write(data)
            await sink.drain()
        if sink.can_write_eof():
            sink.write_eof()
    except OSError:
        sink.close()


async def _refuse(writer: asyncio.StreamWriter, status: str, reason: str) -> None:
    body = f"{reason}\n".encode()
    head = f"HTTP/1.1 {status}\r\nContent-Type: text/plain\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    writer.write(head.encode() + body)
    await writer.drain()
