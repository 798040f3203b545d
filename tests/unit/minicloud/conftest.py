# SPDX-License-Identifier: GPL-3.0-or-later
"""A mini cloud without nodes: real control plane, a data plane that only notes what it is told."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import functools
import inspect
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from minicloud import admission, contract, tls, world, worldfile
from minicloud.connect import ConnectProxy
from minicloud.control.server import ApiServer
from minicloud.control.state import Certificates, Deployment, Tenant
from minicloud.dataplane import DataPlaneError
from minicloud.gate import Gate
from minicloud.requestlog import RequestLog
from minicloud.transport import TransportTrust

WORLD: dict[str, Any] = {
    "organizations": [
        {"name": "hosted", "regions": ["us-east-1"], "deployments": [{"name": "orders-prod", "version": "8.19.21"}]},
        {"name": "foreign", "regions": ["us-east-1"], "deployments": [{"name": "secret-prod", "version": "8.19.21"}]},
    ],
    "environments": [
        {
            "name": "berlin",
            "deployments": [{"name": "search-prod", "version": "8.19.21", "nodes": 2}, {"name": "search-test", "version": "8.19.21"}],
        }
    ],
    "plan_seconds": 0.02,
}


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run tests that are coroutines."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    names = inspect.signature(pyfuncitem.obj).parameters
    asyncio.run(pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in names}))
    return True


class NotingDataPlane:
    """Has no nodes. Notes calls in order; `broken` makes restarts fail with that reason."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []
        self.started = False
        self.broken: str | None = None
        self.start_delay = 0.0
        self.transport: dict[str, TransportTrust] = {}

    async def start(self, deployments: Sequence[world.DeploymentSpec]) -> None:
        self.started = True
        await asyncio.sleep(self.start_delay)
        if self.broken:
            raise DataPlaneError(self.broken)
        self._names = [spec.name for spec in deployments]

    async def stop(self) -> None:
        self.started = False

    async def deliver(self, name: str, secrets: Mapping[str, str | None]) -> None:
        self.calls.append(("deliver", name, dict(secrets)))

    def set_delays(self, name: str, delays: Sequence[float | None] | None) -> None:
        self.calls.append(("delays", name, delays))

    async def restart(self, name: str) -> None:
        self.calls.append(("restart", name))
        if self.broken:
            raise DataPlaneError(self.broken)

    async def keystore(self, name: str) -> dict[str, dict[str, str]]:
        return {"instance-0000000000": {"of": name}}

    async def set_trust(self, name: str, cas: Sequence[str]) -> None:
        self.calls.append(("trust", name, list(cas)))

    async def set_transport_trust(self, name: str, trust: TransportTrust) -> None:
        self.transport[name] = trust

    async def set_filter(self, name: str, wanted: admission.Filter | None) -> None:
        self.calls.append(("filter", name, wanted))

    def log_text(self, name: str) -> str:
        return f"log of {name}"

    def sockets(self) -> Mapping[tuple[str, int], tuple[str, int]]:
        return {}


@dataclass(frozen=True)
class Reply:
    status: int
    body: Any
    headers: Mapping[str, str]
    text: str


class Api:
    """Calls an API server; `path` is below /api/v1. Signs with the tenant's API key unless told otherwise."""

    def __init__(self, client: TestClient, tenant: Tenant) -> None:
        self._client = client
        self._authorization: str | None = f"ApiKey {tenant.account.api_key}"

    async def call(self, method: str, path: str, body: Any = None, authorization: str | None = "", **query: Any) -> Reply:
        signature = self._authorization if authorization == "" else authorization
        headers = {"Authorization": signature} if signature else {}
        parameters = {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in query.items()}
        async with self._client.request(method, f"/api/v1{path}", params=parameters, headers=headers, json=body) as response:
            text = await response.text()
            parsed = json.loads(text) if response.content_type == "application/json" else None
            return Reply(response.status, parsed, response.headers, text)

    async def plan_info(self, deployment: Deployment) -> dict[str, Any]:
        """The plans of a deployment with their logs, and its status."""
        path = f"/deployments/{deployment.id}/elasticsearch/_main"
        reply = await self.call("GET", path, show_plan_logs=True, show_plan_history=True, clear_transient=True)
        return reply.body["info"]["plan_info"] | {"status": reply.body["info"]["status"]}

    async def settled(self, deployment: Deployment) -> dict[str, Any]:
        """The plans of a deployment as soon as none is pending."""
        async with asyncio.timeout(5):
            while "pending" in (info := await self.plan_info(deployment)):
                await asyncio.sleep(0.005)
        return info

    async def update_body(self, deployment: Deployment, **settings: Any) -> dict[str, Any]:
        """An update with the present plan."""
        plan = (await self.plan_info(deployment))["current"]["plan"]
        spec = deployment.spec
        payload = {"ref_id": spec.ref_id, "region": spec.region, "plan": plan, **({"settings": settings} if settings else {})}
        return {"prune_orphans": False, "resources": {"elasticsearch": [payload]}}

    async def trust_of(self, deployment: Deployment) -> dict[str, Any]:
        reply = await self.call("GET", f"/deployments/{deployment.id}/elasticsearch/_main", show_settings=True)
        return reply.body["info"]["settings"]["trust"]


@functools.cache
def cloud_contract() -> contract.Contract:
    return contract.Contract.load(contract.CLOUD, complete=True)


class Bed:
    """Two organizations and an environment; `log`, `gate` and `data_plane` are shared by all."""

    def __init__(self, directory: Any, **switches: Any) -> None:
        self.world = worldfile.parse({**WORLD, "switches": switches})
        self.log = RequestLog()
        self.gate = Gate(self.log, ConnectProxy())
        self.data_plane = NotingDataPlane()
        self.authority = tls.Authority("Test CA", directory)
        chain = tls.split_chain(self.authority.issue("proxy", ["*.berlin.minicloud.test"]).certificate.read_text())
        known = {account.scope_id: [self.authority.pem] for account in self.world.accounts}
        certificates = Certificates({"proxy": chain}, {"us-east-1": self.authority.pem, "ece-region": self.authority.pem}, known)
        self.tenants = {
            a.name: Tenant(a, certificates, self.world.plan_seconds, self.data_plane, self.world.switches) for a in self.world.accounts
        }
        self.contract = cloud_contract()

    @property
    def orders(self) -> Deployment:
        return self._deployment("hosted", "orders-prod")

    @property
    def foreign(self) -> Deployment:
        return self._deployment("foreign", "secret-prod")

    @property
    def search(self) -> Deployment:
        return self._deployment("berlin", "search-prod")

    @property
    def other(self) -> Deployment:
        return self._deployment("berlin", "search-test")

    def _deployment(self, tenant: str, name: str) -> Deployment:
        deployment = self.tenants[tenant].find(name)
        assert deployment is not None
        return deployment

    @contextlib.asynccontextmanager
    async def api(self, tenant: str) -> AsyncIterator[Api]:
        kind = self.tenants[tenant].account.type
        tenants = [candidate for candidate in self.tenants.values() if candidate.account.type == kind]
        server = ApiServer(kind, tenants, self.gate, self.contract)
        async with serving(server.application()) as client:
            yield Api(client, self.tenants[tenant])

    def logged(self) -> list[dict[str, Any]]:
        return self.log.since(0)["requests"]


@contextlib.asynccontextmanager
async def serving(application: web.Application) -> AsyncIterator[TestClient]:
    async with TestClient(TestServer(application)) as client:
        yield client


def basic(username: str | None, password: str | None) -> str:
    return "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()


@pytest.fixture
def bed(tmp_path: Any) -> Bed:
    return Bed(tmp_path)


@pytest.fixture
def switched(tmp_path: Any) -> Any:
    """A bed whose platforms have these switches."""
    return functools.partial(Bed, tmp_path)


@pytest.fixture
def data_plane() -> NotingDataPlane:
    return NotingDataPlane()


@pytest.fixture
def basic_auth() -> Any:
    return basic


@pytest.fixture
def serve() -> Any:
    return serving
