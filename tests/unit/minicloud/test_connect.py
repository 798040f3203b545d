# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from minicloud.connect import ConnectProxy


@contextlib.asynccontextmanager
async def echo_behind_proxy() -> AsyncIterator[int]:
    """A proxy that knows echo.test:443, a server which shouts back all it got; yields the proxy's port."""

    async def shout(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write((await reader.read()).upper())
        writer.close()

    server = await asyncio.start_server(shout, "127.0.0.1", 0)
    proxy = ConnectProxy()
    proxy.add("Echo.test", 443, "127.0.0.1", server.sockets[0].getsockname()[1])
    proxy.add("gone.test", 443, "127.0.0.1", 1)
    url = await proxy.start()
    try:
        yield int(url.rpartition(":")[2])
    finally:
        await proxy.stop()
        server.close()


async def exchange(port: int, request: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    writer.write_eof()
    try:
        return await asyncio.wait_for(reader.read(), 5)
    finally:
        writer.close()


async def test_a_known_name_is_tunnelled_both_ways() -> None:
    async with echo_behind_proxy() as port:
        answer = await exchange(port, b"CONNECT ECHO.test:443 HTTP/1.1\r\nHost: echo.test\r\n\r\nhello")
    assert answer == b"HTTP/1.1 200 Connection established\r\n\r\nHELLO"


@pytest.mark.parametrize(
    ("request_line", "status"),
    [
        (b"CONNECT elsewhere.test:443 HTTP/1.1", b"502"),
        (b"CONNECT echo.test:80 HTTP/1.1", b"502"),
        (b"CONNECT echo.test HTTP/1.1", b"502"),
        (b"CONNECT gone.test:443 HTTP/1.1", b"502"),
        (b"GET http://echo.test/ HTTP/1.1", b"405"),
        (b"nonsense", b"405"),
    ],
)
async def test_anything_else_is_refused(request_line: bytes, status: bytes) -> None:
    async with echo_behind_proxy() as port:
        assert (await exchange(port, request_line + b"\r\n\r\n")).startswith(b"HTTP/1.1 " + status)


async def test_an_unfinished_request_is_dropped() -> None:
    async with echo_behind_proxy() as port:
        assert await exchange(port, b"CONNECT echo.t") == b""


async def test_stopping_ends_open_tunnels() -> None:
    async with echo_behind_proxy() as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"CONNECT echo.test:443 HTTP/1.1\r\n\r\n")
        await reader.readuntil(b"\r\n\r\n")
    assert await asyncio.wait_for(reader.read(), 5) == b""
    writer.close()
