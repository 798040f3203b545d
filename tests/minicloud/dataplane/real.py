# SPDX-License-Identifier: GPL-3.0-or-later
"""The data plane of real Elasticsearch nodes: whether a link works is decided by them."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from minicloud.admission import Caller, Filter
from minicloud.contract import Contract
from minicloud.dataplane import DataPlaneError
from minicloud.dataplane.delivery import Courier
from minicloud.dataplane.distribution import Distribution, provide
from minicloud.dataplane.node import Node
from minicloud.dataplane.proxies import Backend, Entrance, HttpsEndpoint, RemoteClusterProxy
from minicloud.dataplane.settings import PORTS, Member, hosts_file
from minicloud.gate import Gate
from minicloud.loopback import free_address
from minicloud.world import REMOTE_CLUSTER_PORT, TRANSPORT_PORT, DeploymentSpec, KeyPair, PlatformSpec

_FORM_SECONDS = 120
_POLL_SECONDS = 0.2


@dataclass(frozen=True)
class Cluster:
    """The nodes of a deployment and, in the same order, what brings keystore changes to them."""

    deployment: DeploymentSpec
    nodes: tuple[Node, ...]
    couriers: tuple[Courier, ...]


class RealDataPlane:
    """Implements `minicloud.dataplane.DataPlane`."""

    def __init__(self, run_dir: Path, platforms: Sequence[PlatformSpec], gate: Gate, public_ca: Path, contract: Contract | None) -> None:
        self._run_dir = run_dir.absolute()
        self._platforms = {platform.name: platform for platform in platforms}
        self._gate = gate
        self._public_ca = public_ca
        self._contract = contract
        self._clusters: dict[str, Cluster] = {}
        # By platform and name of the calling deployment.
        self._entrances: dict[str, dict[str, Entrance]] = {}
        self._filters: dict[str, Filter | None] = {}
        self._exits = contextlib.AsyncExitStack()

    async def start(self, deployments: Sequence[DeploymentSpec]) -> None:
        async with contextlib.AsyncExitStack() as on_failure:
            on_failure.push_async_callback(self.stop)
            await self._start(deployments)
            on_failure.pop_all()

    async def stop(self) -> None:
        await asyncio.gather(*(courier.stop() for cluster in self._clusters.values() for courier in cluster.couriers))
        await asyncio.gather(*(node.stop() for cluster in self._clusters.values() for node in cluster.nodes))
        await self._exits.aclose()

    async def deliver(self, name: str, secrets: Mapping[str, str | None]) -> None:
        for courier in self._clusters[name].couriers:
            courier.send(secrets)

    def set_delays(self, name: str, delays: Sequence[float | None] | None) -> None:
        couriers = self._clusters[name].couriers
        for courier, delay in zip(couriers, [0.0] * len(couriers) if delays is None else delays, strict=True):
            courier.set_delay(delay)

    async def restart(self, name: str) -> None:
        cluster = self._clusters[name]
        for node in cluster.nodes:
            async with node.lock:
                await node.stop()
                await node.start()
                await _formed(cluster)

    async def keystore(self, name: str) -> dict[str, dict[str, str]]:
        nodes = self._clusters[name].nodes
        contents = await asyncio.gather(*(node.keystore.read() for node in nodes))
        return {node.member.name: content for node, content in zip(nodes, contents, strict=True)}

    async def set_trust(self, name: str, cas: Sequence[str]) -> None:
        bundle = self._trusted(cas)
        for node in self._clusters[name].nodes:
            node.trust(bundle)

    async def set_filter(self, name: str, wanted: Filter | None) -> None:
        self._filters[name] = wanted

    def log_text(self, name: str) -> str:
        return "".join(f"=== {node.member.name}\n{node.log_text()}" for node in self._clusters[name].nodes)

    def sockets(self) -> Mapping[tuple[str, int], tuple[str, int]]:
        sockets = {}
        for deployment in (cluster.deployment for cluster in self._clusters.values()):
            platform = self._platforms[deployment.platform]
            sockets[deployment.endpoint, deployment.service_port] = (platform.address, platform.https_port)
            sockets[deployment.endpoint, REMOTE_CLUSTER_PORT] = (platform.address, REMOTE_CLUSTER_PORT)
        return sockets

    async def _start(self, deployments: Sequence[DeploymentSpec]) -> None:
        versions = {deployment.version for deployment in deployments}
        distributions = {version: await asyncio.to_thread(provide, version) for version in versions}
        client = await self._exits.enter_async_context(aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)))
        callers = {deployment.name: self._platforms[deployment.platform].caller(deployment) for deployment in deployments}
        self._entrances = {
            platform: {name: Entrance(free_address([REMOTE_CLUSTER_PORT, TRANSPORT_PORT]), caller) for name, caller in callers.items()}
            for platform in self._platforms
        }
        for deployment in deployments:
            addresses = {other.endpoint: self._entrances[other.platform][deployment.name].address for other in deployments}
            hosts = self._run_dir / deployment.id / "hosts"
            hosts.parent.mkdir(parents=True)
            hosts.write_text(hosts_file(addresses), encoding="utf-8")
            self._clusters[deployment.name] = self._configure(deployment, distributions[deployment.version], hosts, client)
        await _all(_boot(cluster) for cluster in self._clusters.values())
        for platform in self._platforms.values():
            await self._open(platform, client)

    def _configure(self, deployment: DeploymentSpec, distribution: Distribution, hosts: Path, client: aiohttp.ClientSession) -> Cluster:
        platform = self._platforms[deployment.platform]
        folder = self._run_dir / deployment.id
        members = [Member(deployment, name, free_address(PORTS), folder / name) for name in deployment.node_names]
        nodes = tuple(Node(member, distribution, client) for member in members)
        for node in nodes:
            node.configure(members, hosts, platform.transport_cas[deployment.region], platform.scope_id, self._trusted(()))
        couriers = tuple(Courier(f"{node.member.name} of {deployment.name}", node.change_secrets) for node in nodes)
        return Cluster(deployment, nodes, couriers)

    async def _open(self, platform: PlatformSpec, client: aiohttp.ClientSession) -> None:
        backends = {
            cluster.deployment.endpoint: _backend(cluster, client, platform.transport_cas[cluster.deployment.region])
            for cluster in self._clusters.values()
            if cluster.deployment.platform == platform.name
        }
        entrances = [Entrance(platform.address, None), *self._entrances[platform.name].values()]
        links = RemoteClusterProxy(platform, backends, entrances, self._admits)
        for proxy in (links, HttpsEndpoint(platform, backends, self._gate, self._contract)):
            self._exits.push_async_callback(proxy.stop)
            await proxy.start()

    def _admits(self, remote: DeploymentSpec, caller: Caller | None) -> bool:
        wanted = self._filters.get(remote.name)
        return wanted is None or (caller is not None and wanted.admits(caller, self._platforms[remote.platform].installation))

    def _trusted(self, cas: Sequence[str]) -> str:
        return "\n".join([self._public_ca.read_text(encoding="ascii"), *cas])


def _backend(cluster: Cluster, client: aiohttp.ClientSession, ca: KeyPair) -> Backend:
    members = [node.member for node in cluster.nodes]
    return Backend(cluster.deployment, members, client, ssl.create_default_context(cafile=ca.certificate))


async def _boot(cluster: Cluster) -> None:
    first, *others = cluster.nodes
    await first.initialize_keystore()
    for node in others:
        node.keystore.copy_from(first.keystore)
    await _all(node.start() for node in cluster.nodes)
    await _formed(cluster)


async def _formed(cluster: Cluster) -> None:
    """Wait until all nodes are one cluster with a licence. Raises DataPlaneError."""
    try:
        async with asyncio.timeout(_FORM_SECONDS):
            while not await _is_formed(cluster):
                await asyncio.sleep(_POLL_SECONDS)
    except TimeoutError:
        raise DataPlaneError(f"the nodes of {cluster.deployment.name} did not form a cluster within {_FORM_SECONDS} s") from None


async def _is_formed(cluster: Cluster) -> bool:
    try:
        for node in cluster.nodes:
            health = await node.call("GET", "/_cluster/health")
            licence = await node.call("GET", "/_license")
            if health["number_of_nodes"] != len(cluster.nodes) or licence["license"]["status"] != "active":
                return False
    except DataPlaneError:
        return False
    return True


async def _all(jobs: Iterable[Coroutine[None, None, None]]) -> None:
    """Run concurrently; the first failure ends the others and is raised as itself."""
    tasks = [asyncio.create_task(job) for job in jobs]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
