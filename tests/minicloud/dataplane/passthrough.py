# SPDX-License-Identifier: GPL-3.0-or-later
"""Port 9400 of a platform: nodes meet there with their own certificates, so TLS passes through and only its host name is looked at."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping, Sequence

from minicloud.dataplane import settings
from minicloud.dataplane.proxies import Backend, Entrance
from minicloud.dataplane.relay import Relay, pass_on
from minicloud.world import TRANSPORT_PORT

_CHUNK = 16 * 1024


class TransportProxy:
    """Passes each connection to a node of the deployment that its SNI names, and closes it where there is none.

    Traffic filters do not count here: https://www.elastic.co/docs/deploy-manage/remote-clusters
    """

    def __init__(self, backends: Mapping[str, Backend], entrances: Sequence[Entrance]) -> None:
        """As for `RemoteClusterProxy`."""
        self._backends = backends
        self._entrances = entrances
        self._relay = Relay()

    async def start(self) -> None:
        for entrance in self._entrances:
            await self._relay.listen(self._serve, entrance.address, TRANSPORT_PORT)

    async def stop(self) -> None:
        await self._relay.stop()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        name, hello = await greeting(reader)
        backend = self._backends.get(name)
        if backend is not None:
            await pass_on(reader, writer, [member.address for member in backend.candidates()], settings.TRANSPORT_PORT, hello)


async def greeting(reader: asyncio.StreamReader) -> tuple[str, bytes]:
    """The host name that a client asks for, "" where it names none, and what was read to know it."""
    hello = b""
    while data := await reader.read(_CHUNK):
        hello += data
        name = _server_name(hello)
        if name is not None:
            return name, hello
    return "", hello


def _server_name(hello: bytes) -> str | None:
    """The host name in the beginning of a TLS connection, in lower case; None when more must be read."""
    names: list[str] = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.sni_callback = lambda _connection, name, _context: names.append((name or "").lower())
    received = ssl.MemoryBIO()
    received.write(hello)
    try:
        context.wrap_bio(received, ssl.MemoryBIO(), server_side=True).do_handshake()
    except ssl.SSLWantReadError:
        return names[0] if names else None
    except ssl.SSLError:
        pass  # as expected: there is no certificate to go on with
    return names[0] if names else ""
