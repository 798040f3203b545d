# SPDX-License-Identifier: GPL-3.0-or-later
"""A data plane on its own, driven from synchronous tests: no control plane, just certificates, clusters and the CONNECT proxy."""

from __future__ import annotations

import asyncio
import base64
import threading
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, Self, TypeVar

import requests

from minicloud import contract, world, worldfile
from minicloud.connect import ConnectProxy
from minicloud.dataplane import create
from minicloud.gate import Gate
from minicloud.loopback import free_address
from minicloud.requestlog import RequestLog
from minicloud.tls import Authority
from minicloud.transport import trust_of
from minicloud.world import PlatformSpec, World

VERSION = "8.19.21"
_HTTPS_PORT = 9243

T = TypeVar("T")


class Bed:
    """The clusters of a world behind their proxies. HTTP clients reach them by their true names and ports."""

    def __init__(self, wanted: World, folder: Path, kind: str = "real") -> None:
        self.log = RequestLog()
        self.deployments = {deployment.name: deployment for deployment in wanted.deployments}
        self.egress = {account.name: account.egress for account in wanted.accounts}
        self.scopes = {account.name: account.scope_id for account in wanted.accounts}
        self.authorities = {"public": Authority("Public CA", folder / "public")}
        self.authorities_of_nodes: dict[str, Authority] = {}
        self._folder = folder
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._proxy = ConnectProxy()
        self.proxy_url = ""
        platforms = [self._platform(account, folder) for account in wanted.accounts]
        checker = contract.Contract.load(contract.ELASTICSEARCH, complete=False)
        gate = Gate(self.log, self._proxy)
        self.plane = create(kind, folder / "nodes", platforms, (), gate, self.authorities["public"].files.certificate, checker)
        self.trusted = folder / "trusted.pem"
        self.trusted.write_text("".join(authority.pem for authority in self.authorities.values()), encoding="ascii")

    def __enter__(self) -> Self:
        self._thread.start()
        try:
            self._start()
        except BaseException:
            self._end_loop()
            raise
        return self

    def __exit__(self, *_outcome: object) -> None:
        self.run(self._proxy.stop())
        self.run(self.plane.stop())
        self._end_loop()

    def _start(self) -> None:
        self.run(self.plane.start(list(self.deployments.values())))
        for (name, port), (address, real_port) in self.plane.sockets().items():
            self._proxy.add(name, port, address, real_port)
        self.proxy_url = self.run(self._proxy.start())

    def _end_loop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def run(self, job: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine in the data plane's event loop and wait for its result."""
        return asyncio.run_coroutine_threadsafe(job, self._loop).result()

    def call(self, name: str, method: str, path: str, body: Any = None) -> requests.Response:
        """A request to a deployment as ``elastic``, the way any client makes it."""
        deployment = self.deployments[name]
        return requests.request(
            method,
            deployment.service_url + path,
            json=body,
            auth=("elastic", deployment.password),
            proxies={"https": self.proxy_url},
            verify=str(self.trusted),
            timeout=60,
        )

    def grant(self, remote: str, index: str) -> str:
        """A cross-cluster API key (encoded) on `remote`, for reading a new index with one document."""
        self.call(remote, "PUT", f"/{index}/_doc/1?refresh=true", {"found": "it"}).raise_for_status()
        answer = self.call(remote, "POST", "/_security/cross_cluster/api_key", {"name": index, "access": {"search": [{"names": [index]}]}})
        answer.raise_for_status()
        key = answer.json()
        assert base64.b64decode(key["encoded"]).decode() == f"{key['id']}:{key['api_key']}"
        return key["encoded"]

    def connect(self, local: str, alias: str, remote: str, port: int = world.REMOTE_CLUSTER_PORT) -> None:
        """The settings of an alias, as the platforms' documentation gives them."""
        endpoint = self.deployments[remote].endpoint
        address = {"proxy_address": f"{endpoint}:{port}", "server_name": endpoint}
        # With one socket, since a remote that refuses is asked for all of them at each call.
        settings = {"mode": "proxy", **address, "proxy_socket_connections": 1, "skip_unavailable": False}
        persistent = {f"cluster.remote.{alias}.{name}": value for name, value in settings.items()}
        self.call(local, "PUT", "/_cluster/settings", {"persistent": persistent}).raise_for_status()

    def trust(self, name: str, *others: str) -> None:
        """Let the nodes of a deployment talk to those of others with certificates."""
        direct = [
            {
                "type": "generic",
                "trust_all": False,
                "scope_id": self.scopes[self.deployments[other].platform],
                "trust_allowlist": [self.deployments[other].cluster_id],
                "certificates": [{"pem": self.authorities_of_nodes[self.deployments[other].platform].pem}],
            }
            for other in others
        ]
        own = self.deployments[name]
        scope, pem = self.scopes[own.platform], self.authorities_of_nodes[own.platform].pem
        lists = {"accounts": [], "external": [], "direct": direct}
        self.run(self.plane.set_transport_trust(name, trust_of(own.cluster_id, scope, {scope: [pem]}, {}, lists)))

    def config(self, name: str) -> Path:
        """The configuration folder of the first node of a deployment."""
        deployment = self.deployments[name]
        return self._folder / "nodes" / deployment.id / deployment.node_names[0] / "config"

    def _platform(self, account: world.Account, folder: Path) -> PlatformSpec:
        if account.proxy_ca == "private":
            self.authorities[account.name] = Authority(f"Proxy CA {account.name}", folder / account.name)
        self.authorities_of_nodes[account.name] = Authority(f"Nodes of {account.name}", folder / f"nodes-{account.name}")
        proxy = self.authorities.get(account.name, self.authorities["public"]).issue(f"proxy-{account.name}", account.proxy_names)
        return PlatformSpec(
            name=account.name,
            type=account.type,
            address=free_address([world.REMOTE_CLUSTER_PORT, _HTTPS_PORT]),
            domain=world.endpoint_domain(account.type, account.name, account.regions[0]),
            regions=account.regions,
            scope_id=account.scope_id,
            https_port=_HTTPS_PORT,
            proxy_certificate=proxy.certificate,
            proxy_key=proxy.key,
            transport_cas=dict.fromkeys(account.regions, self.authorities_of_nodes[account.name].files),
            egress=account.egress,
        )


def two_clusters() -> World:
    """A hosted deployment of one node, proxies with a public certificate; an ECE deployment of two nodes, proxies of a private CA."""
    return worldfile.parse(
        {
            "organizations": [{"name": "hosted", "regions": ["us-east-1"], "deployments": [{"name": "orders", "version": VERSION}]}],
            "environments": [
                {"name": "berlin", "proxy_ca": "private", "deployments": [{"name": "search", "version": VERSION, "nodes": 2}]}
            ],
        }
    )


def one_node() -> World:
    deployments = [{"name": "orders", "version": VERSION}]
    return worldfile.parse({"organizations": [{"name": "hosted", "regions": ["us-east-1"], "deployments": deployments}]})


def eventually(check: Callable[[], T], seconds: float = 120) -> T:
    """The first true result of `check`; fails when there is none in time."""
    pause = threading.Event()
    deadline = time.monotonic() + seconds
    while not (result := check()):
        assert time.monotonic() < deadline, f"not within {seconds} s; last seen: {result!r}"
        pause.wait(0.2)
    return result


def processes_of(folder: Path) -> list[str]:
    """The command lines of all running processes that mention `folder`."""
    found = []
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = process.read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue  # gone meanwhile
        if str(folder) in command:
            found.append(command)
    return found
