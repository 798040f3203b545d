# SPDX-License-Identifier: GPL-3.0-or-later
"""Self-managed clusters of a mini cloud whose nodes are simulated: their owners work on files and restart nodes."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import yaml

from minicloud import tls, worldfile
from minicloud.cloud import running
from minicloud.dataplane.simulated.machines import SimulatedMachine

BILLING = {"name": "billing", "version": "8.19.21", "nodes": 2, "refresh_seconds": 0}
STOCK = {"name": "stock", "version": "8.19.21", "remote_cluster_server": True, "refresh_seconds": 0}
ORDERS = {"name": "orders", "version": "8.19.21", "refresh_seconds": 0}
WORLD = {
    "organizations": [{"name": "hosted", "regions": ["us-east-1"], "deployments": [ORDERS]}],
    "self_managed": [{"name": "datacenter", "clusters": [BILLING]}, {"name": "branch", "clusters": [STOCK]}],
}


class Owner:
    """Somebody who works on the nodes of a running mini cloud."""

    def __init__(self, state: dict[str, Any], session: aiohttp.ClientSession) -> None:
        self.state = state
        self._session = session

    def cluster(self, name: str) -> dict[str, Any]:
        return self.state["deployments"][name]

    def node(self, cluster: str = "billing", number: int = 0) -> dict[str, Any]:
        return self.cluster(cluster)["nodes"][number]

    async def call(self, name: str, method: str, path: str, body: Any = None, node: int = 0) -> tuple[int, Any]:
        """Status and answer of Elasticsearch."""
        cluster = self.cluster(name)
        url = self.node(name, node)["url"] if cluster.get("self_managed") else cluster["service_url"]
        async with self._session.request(
            method,
            url + path,
            json=body,
            headers={"Authorization": aiohttp.encode_basic_auth("elastic", cluster["password"])},
            proxy=self.state["https_proxy"],
            ssl=ssl.create_default_context(cafile=cluster["ca_path"]),
        ) as response:
            return response.status, await response.json()

    async def admin(self, method: str, path: str, body: Any = None) -> Any:
        async with self._session.request(method, self.state["admin_url"] + path, json=body) as response:
            response.raise_for_status()
            return await response.json() if response.content_type == "application/json" else await response.text()

    async def events(self, name: str = "billing") -> list[dict[str, Any]]:
        return (await self.admin("GET", f"/deployments/{name}/events"))["events"]

    async def run(self, command: list[str], given: str = "") -> tuple[int, str, str]:
        process = await asyncio.create_subprocess_exec(*command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        output, errors = await process.communicate(given.encode())
        assert process.returncode is not None
        return process.returncode, output.decode(), errors.decode()

    async def keystore(self, *arguments: str, given: str = "", node: int = 0) -> tuple[int, str, str]:
        return await self.run([*self.node(number=node)["keystore"], *arguments], given)

    def configure(self, settings: dict[str, Any], node: int = 0) -> None:
        """Add settings to elasticsearch.yml of a node of billing."""
        path = Path(self.node(number=node)["config"], "elasticsearch.yml")
        path.write_text(yaml.safe_dump({**yaml.safe_load(path.read_text()), **settings}))

    async def restarted(self, node: int = 0, cluster: str = "billing") -> dict[str, Any]:
        """Restart a node; the last event of that."""
        before = len(await self.events(cluster))
        status, _output, errors = await self.run(self.node(cluster, node)["restart"])
        assert status == 0, errors
        while len(events := await self.events(cluster)) < before + 2:
            await asyncio.sleep(0.02)
        return events[-1]


@contextlib.asynccontextmanager
async def owner(folder: Path, world: dict[str, Any]) -> AsyncIterator[Owner]:
    async with (
        asyncio.timeout(30),
        running(worldfile.parse(world), folder, "simulated", lambda line: None) as state,
        aiohttp.ClientSession() as session,
    ):
        yield Owner(state, session)


async def _serve(owner: Owner, folder: Path, names: list[str]) -> tls.Authority:
    """Set up the remote cluster server on all nodes of billing, with a certificate for these names; returns its CA."""
    authority = tls.Authority("Somebody's CA", folder / "ca")
    files = authority.issue("server", names)
    for number in range(2):
        certs = Path(owner.node(number=number)["config"], "certs")
        # Only the certificate itself: a server need not send its CA.
        (certs / "server.crt").write_text(tls.split_chain(files.certificate.read_text())[0])
        (certs / "server.key").write_text(files.key.read_text())
        owner.configure(
            {
                "remote_cluster_server.enabled": True,
                "xpack.security.remote_cluster_server.ssl.key": "certs/server.key",
                "xpack.security.remote_cluster_server.ssl.certificate": "certs/server.crt",
            },
            number,
        )
        assert (await owner.restarted(number))["event"] == "up"
    return authority


async def _resolved(owner: Owner, local: str, alias: str) -> dict[str, Any]:
    return (await owner.call(local, "GET", f"/_resolve/cluster/{alias}:*"))[1][alias]


async def _link(owner: Owner, alias: str, remote: str, address: str, **settings: Any) -> str:
    """Connect billing to a remote cluster; returns the credential that it needs for that."""
    await owner.call(remote, "PUT", "/stock-1/_doc/1", {"found": "it"})
    _status, key = await owner.call(
        remote, "POST", "/_security/cross_cluster/api_key", {"name": "k", "access": {"search": [{"names": ["*"]}]}}
    )
    wanted = {"mode": "proxy", "proxy_address": address, **settings}
    body = {"persistent": {f"cluster.remote.{alias}.{name}": value for name, value in wanted.items()}}
    assert (await owner.call("billing", "PUT", "/_cluster/settings", body))[0] == 200
    return key["encoded"]


async def test_each_node_answers_at_a_name_of_its_own_and_belongs_to_the_cluster(tmp_path: Path) -> None:
    async with owner(tmp_path, WORLD) as it:
        for number in (0, 1):
            status, root = await it.call("billing", "GET", "/", node=number)
            assert (status, root["name"], root["cluster_name"]) == (200, f"billing-{number}", "billing")
        status, health = await it.call("billing", "GET", "/_cluster/health")
        assert (health["status"], health["number_of_nodes"]) == ("green", 2)
        logged = (await it.admin("GET", "/requests"))["requests"]
        assert {(entry["platform"], entry["deployment"], entry["write"]) for entry in logged} == {("datacenter", "billing", False)}


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    """Nodes come back from a restart as soon as it is set."""
    released, start = asyncio.Event(), SimulatedMachine.start

    async def start_when_released(machine: SimulatedMachine) -> None:
        await released.wait()
        await start(machine)

    monkeypatch.setattr(SimulatedMachine, "start", start_when_released)
    return released


async def test_a_restart_takes_one_node_away_while_the_other_answers_and_both_are_noted(tmp_path: Path, held: asyncio.Event) -> None:
    async with owner(tmp_path, WORLD) as it:
        assert (await it.run(it.node()["restart"]))[0] == 0
        with pytest.raises(aiohttp.ClientHttpProxyError):
            await it.call("billing", "GET", "/")
        status, health = await it.call("billing", "GET", "/_cluster/health", node=1)
        assert (status, health["status"], health["number_of_nodes"]) == (200, "yellow", 1)
        held.set()
        while (await it.events())[-1]["event"] != "up":
            await asyncio.sleep(0.02)
        assert (await it.call("billing", "GET", "/"))[0] == 200
        assert [(one["node"], one["event"], one["status"], one["down"]) for one in await it.events()] == [
            ("billing-0", "down", "green", ["billing-0"]),
            ("billing-0", "up", "yellow", []),
        ]


async def test_two_restarts_at_once_are_seen_as_such(tmp_path: Path, held: asyncio.Event) -> None:
    async with owner(tmp_path, WORLD) as it:
        await asyncio.gather(*(it.run(it.node(number=number)["restart"]) for number in (0, 1)))
        assert [len(event["down"]) for event in await it.events()] == [1, 2]
        held.set()


async def test_a_secret_in_the_keystore_counts_once_it_is_reloaded(tmp_path: Path) -> None:
    async with owner(tmp_path, WORLD) as it:
        encoded = await _link(it, "stock", "stock", it.cluster("stock")["remote_address"])
        for number in (0, 1):
            assert await it.keystore("add", "-x", "-f", "cluster.remote.stock.credentials", given=f"{encoded}\n", node=number) == (
                0,
                "",
                "",
            )
        assert await it.admin("GET", "/deployments/billing/keystore") == {
            f"billing-{number}": {"cluster.remote.stock.credentials": encoded} for number in (0, 1)
        }
        assert "cluster_credentials" not in (await it.call("billing", "GET", "/_remote/info"))[1]["stock"]
        await it.call("billing", "POST", "/_nodes/reload_secure_settings", {"secure_settings_password": ""})
        assert "cluster_credentials" in (await it.call("billing", "GET", "/_remote/info"))[1]["stock"]


async def test_a_private_ca_of_the_remote_replaces_the_public_ones_on_the_local_cluster(tmp_path: Path) -> None:
    async with owner(tmp_path, WORLD) as it:
        orders = it.cluster("orders")
        private = await _link(it, "stock", "stock", it.cluster("stock")["remote_address"])
        public = await _link(it, "orders", "orders", f"{orders['endpoint']}:9443", server_name=orders["endpoint"])
        for number in (0, 1):
            await it.keystore(
                "add",
                "-xf",
                "cluster.remote.stock.credentials",
                "cluster.remote.orders.credentials",
                given=f"{private}\n{public}\n",
                node=number,
            )
        assert (await it.restarted())["event"] == "up"
        assert [(await _resolved(it, "billing", alias))["connected"] for alias in ("stock", "orders")] == [False, True]
        trusted, private_ca = Path(it.node()["config"], "certs", "remotes.crt"), Path(it.cluster("stock")["remote_ca_path"]).read_text()
        trusted.write_text(private_ca)
        it.configure({"xpack.security.remote_cluster_client.ssl": {"certificate_authorities": ["certs/remotes.crt"]}})
        assert (await it.restarted())["event"] == "up"
        assert [(await _resolved(it, "billing", alias))["connected"] for alias in ("stock", "orders")] == [True, False]
        trusted.write_text(private_ca + Path(it.state["public_ca"]).read_text())
        assert (await _resolved(it, "billing", "orders"))["connected"], "new contents of the file count without a restart"
        trusted.write_text("nothing")
        assert (await _resolved(it, "billing", "stock"))["connected"], "and bad ones do not"


@pytest.mark.parametrize(("egress", "connected"), [(["203.0.113.9"], True), (["203.0.113.9", "198.51.100.1"], False)])
async def test_a_filtered_deployment_is_reached_from_a_data_center_all_of_whose_addresses_are_admitted(
    tmp_path: Path, egress: list[str], connected: bool
) -> None:
    filters = [{"name": "office", "type": "ip", "rules": [{"source": "203.0.113.0/24"}]}]
    hosted = {"name": "hosted", "regions": ["us-east-1"], "deployments": [{"name": "orders", "version": "8.19.21", "filters": filters}]}
    center = {"name": "datacenter", "egress": egress, "clusters": [{**BILLING, "nodes": 1}]}
    async with owner(tmp_path, {"organizations": [hosted], "self_managed": [center]}) as it:
        assert it.state["platforms"]["datacenter"]["egress"] == egress
        endpoint = it.cluster("orders")["endpoint"]
        encoded = await _link(it, "orders", "orders", f"{endpoint}:9443", server_name=endpoint)
        await it.keystore("add", "-xf", "cluster.remote.orders.credentials", given=f"{encoded}\n")
        await it.call("billing", "POST", "/_nodes/reload_secure_settings", {"secure_settings_password": ""})
        assert (await _resolved(it, "billing", "orders"))["connected"] is connected


async def test_a_remote_cluster_server_answers_for_the_names_in_its_certificate_at_the_address_of_the_whole_cluster(tmp_path: Path) -> None:
    async with owner(tmp_path, WORLD) as it:
        authority = await _serve(it, tmp_path, ["else.datacenter.minicloud.test"])
        Path(it.node()["config"], "certs", "remotes.crt").write_text(authority.pem)
        it.configure({"xpack.security.remote_cluster_client.ssl.certificate_authorities": "certs/remotes.crt"})
        await it.restarted()
        encoded = await _link(it, "self", "billing", it.cluster("billing")["remote_address"])
        await it.keystore("add", "-xf", "cluster.remote.self.credentials", given=f"{encoded}\n")
        await it.call("billing", "POST", "/_nodes/_local/reload_secure_settings")
        assert not (await _resolved(it, "billing", "self"))["connected"]
        log = await it.admin("GET", "/deployments/billing/log")
        assert "No subject alternative DNS name matching billing.datacenter.minicloud.test found" in log
        await _link(it, "self", "billing", it.cluster("billing")["remote_address"], server_name="else.datacenter.minicloud.test")
        assert (await _resolved(it, "billing", "self"))["connected"]


async def test_without_a_remote_cluster_server_connections_are_refused(tmp_path: Path) -> None:
    async with owner(tmp_path, WORLD) as it:
        encoded = await _link(it, "self", "billing", it.cluster("billing")["remote_address"])
        await it.keystore("add", "-xf", "cluster.remote.self.credentials", given=f"{encoded}\n")
        await it.call("billing", "POST", "/_nodes/reload_secure_settings")
        assert "Connection refused" in await it.admin("GET", "/deployments/billing/log")


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"remote_cluster_server.enabled": True}, "server ssl configuration requires a key and certificate"),
        (
            {
                "remote_cluster_server.enabled": True,
                "xpack.security.remote_cluster_server.ssl": {"key": "certs/node.key", "certificate": "certs/absent.crt"},
            },
            "certs/absent.crt] because the file does not exist",
        ),
        (
            {
                "remote_cluster_server.enabled": True,
                "xpack.security.remote_cluster_server.ssl": {"key": "elasticsearch.yml", "certificate": "certs/node.crt"},
            },
            "cannot load PEM private key",
        ),
        (
            {"xpack.security.remote_cluster_client.ssl.certificate_authorities": ["certs/node.key"]},
            "cannot load PEM certificate_authorities from",
        ),
        ({"remote_cluster_server.enable": True}, "unknown setting [remote_cluster_server.enable]"),
    ],
)
async def test_a_node_with_settings_that_cannot_be_loaded_does_not_come_up_says_why_and_comes_up_when_they_are_corrected(
    tmp_path: Path, settings: dict[str, Any], reason: str
) -> None:
    async with owner(tmp_path, WORLD) as it:
        file = Path(it.node()["config"], "elasticsearch.yml")
        before = file.read_text()
        it.configure(settings)
        event = await it.restarted()
        assert (event["event"], event["down"]) == ("failed", ["billing-0"])
        assert reason in event["reason"]
        assert event["reason"] in await it.admin("GET", "/deployments/billing/log")
        with pytest.raises(aiohttp.ClientHttpProxyError):
            await it.call("billing", "GET", "/")
        file.write_text(before)
        assert (await it.restarted())["down"] == []


async def test_a_seed_of_a_remote_cluster_is_reached_where_nodes_listen_themselves(tmp_path: Path) -> None:
    async with owner(tmp_path, WORLD) as it:
        Path(it.node()["config"], "certs", "remotes.crt").write_text(Path(it.cluster("stock")["remote_ca_path"]).read_text())
        it.configure({"xpack.security.remote_cluster_client.ssl.certificate_authorities": ["certs/remotes.crt"]})
        await it.restarted()
        encoded = await _link(it, "stock", "stock", it.cluster("stock")["remote_address"])
        await it.keystore("add", "-xf", "cluster.remote.stock.credentials", given=f"{encoded}\n")
        await it.call("billing", "POST", "/_nodes/_local/reload_secure_settings")
        seeds = {"mode": "sniff", "proxy_address": None, "seeds": ["nobody.minicloud.test:9443", "stock-0.branch.minicloud.test:9443"]}
        body = {"persistent": {f"cluster.remote.stock.{name}": value for name, value in seeds.items()}}
        assert (await it.call("billing", "PUT", "/_cluster/settings", body))[0] == 200
        assert (await _resolved(it, "billing", "stock"))["connected"]


async def test_health_is_answered_as_soon_as_it_is_what_the_caller_waits_for_or_with_a_timeout(tmp_path: Path, held: asyncio.Event) -> None:
    async with owner(tmp_path, WORLD) as it:
        assert (await it.run(it.node()["restart"]))[0] == 0
        short = "/_cluster/health?wait_for_status=green&timeout=1ms"
        status, health = await it.call("billing", "GET", short, node=1)
        assert (status, health["timed_out"]) == (408, True)
        held.set()
        status, health = await it.call("billing", "GET", "/_cluster/health?wait_for_status=green&wait_for_nodes=2", node=1)
        assert (status, health["status"], health["timed_out"]) == (200, "green", False)


async def test_a_certificate_of_the_public_ca_can_be_had(tmp_path: Path) -> None:
    async with owner(tmp_path, WORLD) as it:
        issued = await it.admin("POST", "/certificates", {"names": ["billing-0.datacenter.minicloud.test"]})
        chain = tls.split_chain(issued["certificate"])
        assert chain[1] == Path(it.state["public_ca"]).read_text()
        (tmp_path / "own.pem").write_text(issued["certificate"] + issued["key"])
        ssl.create_default_context().load_cert_chain(tmp_path / "own.pem")


@pytest.fixture(params=["/deployments/nobody/events", "/deployments/orders/events"])
def unknown(request: pytest.FixtureRequest) -> Iterator[str]:
    yield request.param


async def test_what_is_no_self_managed_cluster_has_no_events(tmp_path: Path, unknown: str) -> None:
    async with owner(tmp_path, WORLD) as it:
        with pytest.raises(aiohttp.ClientResponseError, match="404"):
            await it.admin("GET", unknown)


async def test_a_node_tells_the_settings_with_which_it_started_and_not_where_certificates_lie(tmp_path: Path) -> None:
    async with owner(tmp_path, WORLD) as one:
        before = await _settings(one)
        await _serve(one, tmp_path, ["billing.datacenter.test"])
        one.configure({"remote_cluster.port": 9444})
        after = await _settings(one)
    assert [found["remote_cluster_server.enabled"] for found in after] == ["true", "true"]
    assert all("remote_cluster_server.enabled" not in found for found in before)
    assert [found.get("remote_cluster.port", "") for found in after] == [found.get("remote_cluster.port", "") for found in before]
    assert not any("certificate" in name or name.endswith(".key") for found in after for name in found)


async def _settings(owner: Owner) -> list[dict[str, Any]]:
    status, answer = await owner.call("billing", "GET", "/_nodes/settings?flat_settings=true")
    assert status == 200
    return [node["settings"] for node in answer["nodes"].values()]
