# SPDX-License-Identifier: GPL-3.0-or-later
"""Killing a client at a request, and what of it still gets through: nothing."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from minicloud import worldfile
from minicloud.cloud import running
from minicloud.connect import ConnectProxy
from minicloud.exchange import Conditions, Outcome, Subject
from minicloud.faults import crash, rules
from minicloud.gate import Gate
from minicloud.requestlog import RequestLog

WORLD = {"environments": [{"name": "berlin", "deployments": [{"name": "search", "version": "8.19.21"}]}]}

# A client whose worker leads a session of its own, as those of ansible-playbook do. It waits to be told to begin.
CLIENT = """
import json, os, sys, requests
state = json.loads(sys.argv[1])
platform, deployment = state["platforms"]["berlin"], state["deployments"]["search"]
sys.stdin.readline()
worker = os.fork()
if worker:
    os.waitpid(worker, 0)
    sys.exit("the worker ended")
os.setsid()
print(os.getpid(), flush=True)
session = requests.Session()
session.trust_env = False
session.verify, session.proxies = platform["ca_path"], {"https": state["https_proxy"]}
url = f"{platform['url']}/api/v1/deployments/{deployment['id']}/elasticsearch/_main/keystore"
for name in ("first", "second", "third"):
    body = {"secrets": {name: {"value": "x"}}}
    session.patch(url, json=body, headers={"Authorization": f"ApiKey {platform['api_key']}"})
"""


@pytest.mark.parametrize(("when", "stored"), [("before", {"first"}), ("after", {"first", "second"})])
async def test_a_client_is_killed_with_its_workers_at_the_request_one_names(tmp_path: Path, when: str, stored: set[str]) -> None:
    async with running(worldfile.parse(WORLD), tmp_path, "simulated", lambda _: None) as state, aiohttp.ClientSession() as admin:
        client = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            CLIENT,
            json.dumps(state),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
        rule = {"method": "PATCH", "after": 1, "times": 1, "action": {"kill": when, "pid": client.pid}}
        async with admin.post(f"{state['admin_url']}/faults", json={"rules": [rule]}) as reply:
            assert reply.status == 200, await reply.text()
        async with asyncio.timeout(20):
            output, _errors = await client.communicate(b"begin\n")
            keystore = await wait_for_delivery(admin, state, stored)
        async with admin.get(f"{state['admin_url']}/requests") as reply:
            seen = [(entry["fault"], entry["processed"]) for entry in (await reply.json())["requests"]]
    assert client.returncode == -signal.SIGKILL
    assert not is_alive(int(output))
    assert set(keystore) == stored
    assert seen == [(None, True), (f"kill {when}", when == "after")]


async def wait_for_delivery(admin: aiohttp.ClientSession, state: dict[str, Any], names: set[str]) -> dict[str, str]:
    while True:
        async with admin.get(f"{state['admin_url']}/deployments/search/keystore") as reply:
            (content,) = (await reply.json()).values()
        if names <= set(content):
            return content
        await asyncio.sleep(0.01)


def is_alive(pid: int) -> bool:
    return any(process.pid == pid for process in crash._living())


async def test_a_group_that_is_gone_and_the_mini_clouds_own_cannot_be_named() -> None:
    process = await asyncio.create_subprocess_exec("true", start_new_session=True)
    await process.wait()
    for group in (process.pid, os.getpgrp(), os.getppid(), 1):
        with pytest.raises(rules.FaultError, match=r"rules\[0\].action.pid"):
            rules.parse({"rules": [{"action": {"kill": "before", "pid": group}}]})


async def test_killing_a_group_that_ended_meanwhile_does_nothing() -> None:
    process = await asyncio.create_subprocess_exec("true", start_new_session=True)
    await process.wait()
    crash.kill(process.pid)
    assert not is_alive(process.pid)


class Server:
    """A server behind the CONNECT proxy and the gate which notes what gets through."""

    def __init__(self) -> None:
        self.log, self.proxy = RequestLog(), ConnectProxy()
        self.gate = Gate(self.log, self.proxy)
        self.processed: list[str] = []
        self.connections: list[asyncio.Transport] = []

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[int]:
        """Yields the port of the proxy, which knows the server as server.test:80."""
        application = web.Application()
        application.router.add_route("*", "/{path:.*}", self._serve)
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.proxy.add("server.test", 80, *runner.addresses[0])
        url = await self.proxy.start()
        try:
            yield int(url.rpartition(":")[2])
        finally:
            await self.proxy.stop()
            await runner.cleanup()

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        self.connections.append(request.transport)

        async def process(_conditions: Conditions) -> Outcome:
            self.processed.append(request.path)
            return Outcome(web.Response(text="done"))

        return await self.gate.admit(request, Subject("data", "berlin", None, "anonymous", True), process)


async def connected(port: int) -> socket.socket:
    """A tunnel to the server, as a socket."""
    loop = asyncio.get_running_loop()
    client = socket.socket()
    client.setblocking(False)
    await loop.sock_connect(client, ("127.0.0.1", port))
    await loop.sock_sendall(client, b"CONNECT server.test:80 HTTP/1.1\r\n\r\n")
    assert (await loop.sock_recv(client, 1024)).startswith(b"HTTP/1.1 200")
    return client


def request(path: str) -> bytes:
    return f"PUT {path} HTTP/1.1\r\nHost: server.test\r\nContent-Length: 0\r\n\r\n".encode()


async def answered(client: socket.socket) -> bytes:
    return await asyncio.wait_for(asyncio.get_running_loop().sock_recv(client, 4096), 5)


async def test_what_the_dead_had_sent_does_not_arrive_while_others_go_on() -> None:
    server = Server()
    async with server.running() as port:
        dead, alive = await connected(port), await connected(port)
        dead.send(request("/dead"))
        dead.close()
        server.proxy.cut_abandoned()
        alive.send(request("/alive"))
        assert b"done" in await answered(alive)
        alive.close()
    assert server.processed == ["/alive"]


async def test_a_request_of_the_dead_that_has_arrived_is_not_begun_with() -> None:
    server = Server()
    async with server.running() as port:
        dead, alive = await connected(port), await connected(port)
        for client in (dead, alive):
            client.send(request("/first"))
            await answered(client)
        dead.close()
        server.proxy.cut_abandoned()
        ends = [(connection.get_extra_info("peername"), connection.get_extra_info("sockname")) for connection in server.connections]
        assert [server.proxy.is_cut(*sockets) for sockets in ends] == [True, False]
        alive.close()


async def test_a_request_that_waits_when_its_client_is_killed_is_not_processed_any_more() -> None:
    server = Server()
    server.gate.set_faults(rules.parse({"rules": [{"path": "/late", "action": {"delay": 0.1}}]}))
    async with server.running() as port:
        client = await connected(port)
        client.send(request("/late"))
        async with asyncio.timeout(5):
            while not server.connections:
                await asyncio.sleep(0.005)
            client.close()
            server.proxy.cut_abandoned()
            while not server.log.since(0)["requests"]:
                await asyncio.sleep(0.005)
    (entry,) = server.log.since(0)["requests"]
    assert (entry["fault"], entry["processed"], entry["status"]) == ("delay 0.1 s", False, None)
    assert server.processed == []


async def test_an_outage_with_refusal_lets_nobody_connect() -> None:
    server = Server()
    server.gate.set_faults(rules.parse({"rules": [{"times": 1, "action": {"outage": 60, "refuse": True}}]}))
    async with server.running() as port:
        first = await connected(port)
        first.send(request("/first"))
        assert await answered(first) == b""
        with pytest.raises(AssertionError):
            await connected(port)
        server.gate.set_faults([])
        second = await connected(port)
        second.send(request("/second"))
        assert b"done" in await answered(second)
        for client in (first, second):
            client.close()
    assert server.processed == ["/second"]
