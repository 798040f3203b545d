# SPDX-License-Identifier: GPL-3.0-or-later
"""The proxies of a platform: TLS ends there, the host name decides the deployment, its nodes take turns."""

from __future__ import annotations

import asyncio
import base64
import json
import ssl
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

import aiohttp
from aiohttp import hdrs, web
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from minicloud.admission import Caller
from minicloud.contract import Contract
from minicloud.dataplane.lag import Memory
from minicloud.dataplane.relay import Relay, pass_on
from minicloud.dataplane.routes import is_write
from minicloud.dataplane.settings import REMOTE_CLUSTER_SERVER_PORT, Member
from minicloud.exchange import Conditions, Outcome, Subject
from minicloud.gate import Gate
from minicloud.tls import server_context
from minicloud.world import REMOTE_CLUSTER_PORT, ClusterSpec, DeploymentSpec, KeyPair, PlatformSpec

_SHUTDOWN_SECONDS = 2.0
_MAX_BODY = 64 * 1024 * 1024
# Each hop has its own; lengths and codings are those of the body as it was read here.
_HOP_HEADERS = frozenset(
    {
        "host",
        "connection",
        "keep-alive",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "content-length",
        "content-encoding",
    }
)
_OURS_NOT_TO_ADD = (hdrs.CONTENT_TYPE, hdrs.USER_AGENT, hdrs.ACCEPT)
HANDLING_INSTANCE = "X-Found-Handling-Instance"


class HttpBackend(Protocol):
    """What answers the HTTP requests to a deployment."""

    @property
    def deployment(self) -> ClusterSpec:
        """The cluster that it answers for."""

    async def answer(self, request: web.Request) -> web.Response:
        """The answer of one node, which it names."""


@dataclass
class Backend:
    """The nodes of a cluster. `client` makes requests to them; `tls` is how connections to the nodes are secured, where they are."""

    deployment: ClusterSpec
    members: Sequence[Member]
    client: aiohttp.ClientSession
    tls: ssl.SSLContext
    _turn: int = field(default=0, init=False)

    def candidates(self) -> list[Member]:
        """All nodes, beginning with the one whose turn it is."""
        self._turn = (self._turn + 1) % len(self.members)
        return [*self.members[self._turn :], *self.members[: self._turn]]

    async def answer(self, request: web.Request) -> web.Response:
        body = await request.read()
        headers = _passed_on(request.headers)
        for member in self.candidates():
            url = URL(member.http_url + request.raw_path, encoded=True)
            try:
                async with self.client.request(
                    request.method,
                    url,
                    headers=headers,
                    data=body or None,
                    allow_redirects=False,
                    skip_auto_headers=_OURS_NOT_TO_ADD,
                    ssl=self.tls,
                ) as answer:
                    passed = _passed_on(answer.headers)
                    passed[HANDLING_INSTANCE] = member.name
                    return web.Response(status=answer.status, body=await answer.read(), headers=passed)
            except aiohttp.ClientConnectorError:
                continue
            except aiohttp.ClientError:
                # The request may have arrived: it is not repeated.
                return web.json_response({"ok": False, "message": "The instance closed the connection."}, status=502)
        return web.json_response({"ok": False, "message": "The requested resource is currently unavailable."}, status=503)


@dataclass(frozen=True)
class Entrance:
    """A loopback address where one cluster alone reaches the proxies of a platform: all that tells who is calling. None = anybody else."""

    address: str
    caller: Caller | None


class RemoteClusterProxy:
    """Port 9443 of a platform: passes each connection to the remote cluster server of the deployment that its SNI names."""

    def __init__(
        self,
        platform: PlatformSpec,
        backends: Mapping[str, Backend],
        entrances: Sequence[Entrance],
        admits: Callable[[DeploymentSpec, Caller | None], bool],
    ) -> None:
        """`backends` are by endpoint; `admits` says whether the traffic filters of a deployment let a caller connect."""
        self._files = KeyPair(platform.proxy_certificate, platform.proxy_key)
        self._entrances = entrances
        self._admits = admits
        # A context of its own for each endpoint, because the one that was chosen tells afterwards which name the client asked for.
        self._contexts = {endpoint: server_context(self._files) for endpoint in backends}
        self._backends = {self._contexts[endpoint]: backend for endpoint, backend in backends.items()}
        self._relay = Relay()

    async def start(self) -> None:
        for entrance in self._entrances:
            context = server_context(self._files)
            context.sni_callback = partial(self._choose, entrance.caller)
            await self._relay.listen(self._serve, entrance.address, REMOTE_CLUSTER_PORT, context)

    async def stop(self) -> None:
        await self._relay.stop()

    def _choose(self, caller: Caller | None, connection: ssl.SSLObject, name: str | None, _entrance: ssl.SSLContext) -> int | None:
        context = self._contexts.get((name or "").lower())
        if context is None:
            return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
        if not self._admits(self._backends[context].deployment, caller):
            # What the caller sees is a connection that closes, with no certificate shown.
            return ssl.ALERT_DESCRIPTION_ACCESS_DENIED
        connection.context = context
        return None

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        backend = self._backends[writer.get_extra_info("ssl_object").context]
        addresses = [member.address for member in backend.candidates()]
        await pass_on(reader, writer, addresses, REMOTE_CLUSTER_SERVER_PORT, ssl=backend.tls)


@dataclass(frozen=True)
class HttpsPort:
    """Where HTTPS requests arrive. `platform` is whose it is; `tells_instance` whether answers name the node that they come from."""

    platform: str
    address: str
    port: int
    certificate: KeyPair
    tells_instance: Callable[[], bool]


def https_port(platform: PlatformSpec) -> HttpsPort:
    """That of the proxies of a platform."""
    certificate = KeyPair(platform.proxy_certificate, platform.proxy_key)
    return HttpsPort(platform.name, platform.address, platform.https_port, certificate, lambda: platform.switches.handling_instance)


class HttpsEndpoint:
    """An HTTPS port: answers for the cluster that the Host header names, by one of its nodes.

    Traffic filters of the platforms hold here too. Those of the mini cloud do not: its HTTP clients all come from one address and stand
    for people and programs everywhere, so no rule could tell them apart.
    """

    def __init__(
        self,
        port: HttpsPort,
        backends: Mapping[str, HttpBackend],
        gate: Gate,
        contract: Contract | None,
    ) -> None:
        self._port = port
        self._backends = backends
        self._gate = gate
        self._contract = contract
        self._memory = Memory()
        application = web.Application(client_max_size=_MAX_BODY)
        application.router.add_route("*", "/{path:.*}", self._handle)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=_SHUTDOWN_SECONDS)

    async def start(self) -> None:
        await self._runner.setup()
        context = server_context(self._port.certificate)
        await web.TCPSite(self._runner, self._port.address, self._port.port, ssl_context=context).start()

    async def stop(self) -> None:
        await self._runner.cleanup()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        backend = self._backends.get(request.host.partition(":")[0].lower())
        if backend is None:
            return web.json_response({"ok": False, "message": "Unknown resource."}, status=404)
        subject = Subject(
            plane="data",
            platform=self._port.platform,
            deployment=backend.deployment.name,
            who=_who(request),
            write=is_write(request.method, request.path),
        )
        return await self._gate.admit(request, subject, lambda conditions: self._process(request, backend, subject, conditions))

    async def _process(self, request: web.Request, backend: HttpBackend, subject: Subject, conditions: Conditions) -> Outcome:
        name, question = backend.deployment.name, (request.method, request.raw_path, (await request.read()).hex())
        if subject.write:
            self._memory.note_write(name)
        if conditions.lag and (remembered := self._memory.recall(name, question, conditions.lag)):
            return Outcome(remembered)
        response = await backend.answer(request)
        if not self._port.tells_instance():
            response.headers.popall(HANDLING_INSTANCE, None)
        if violations := self._violations(request, response):
            error = {"error": {"type": "contract_violation", "reason": "; ".join(violations)}, "status": 500}
            return Outcome(web.json_response(error, status=500), "; ".join(violations))
        if conditions.lag:
            self._memory.keep(name, question, response)
        return Outcome(response)

    def _violations(self, request: web.Request, response: web.Response) -> list[str]:
        if self._contract is None or not response.body or "json" not in response.content_type:
            return []
        return self._contract.check_response(request.method, request.path, response.status, json.loads(response.body))


def _passed_on(headers: CIMultiDictProxy[str]) -> CIMultiDict[str]:
    return CIMultiDict((name, value) for name, value in headers.items() if name.lower() not in _HOP_HEADERS)


def _who(request: web.Request) -> str:
    scheme, _blank, credentials = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
    if not credentials:
        return "anonymous"
    if scheme.lower() != "basic":
        return scheme.lower().replace("apikey", "api_key")
    try:
        return base64.b64decode(credentials).decode().partition(":")[0]
    except ValueError:
        return "anonymous"
