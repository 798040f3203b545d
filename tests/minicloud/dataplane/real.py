# SPDX-License-Identifier: GPL-3.0-or-later
"""The data plane of real Elasticsearch nodes: whether a link works is decided by them."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp

from minicloud.admission import Caller, Filter
from minicloud.contract import Contract
from minicloud.dataplane import DataPlaneError, Tools, selfmanaged
from minicloud.dataplane.balancer import Balancer
from minicloud.dataplane.certificates import write_node_certificate
from minicloud.dataplane.delivery import Courier
from minicloud.dataplane.distribution import Distribution, provide
from minicloud.dataplane.lifecycle import Lifecycle, Station
from minicloud.dataplane.node import Node
from minicloud.dataplane.passthrough import TransportProxy
from minicloud.dataplane.proxies import Backend, Entrance, HttpsEndpoint, RemoteClusterProxy, https_port
from minicloud.dataplane.selfmanaged import Installation
from minicloud.dataplane.settings import PORTS, REMOTE_CLUSTER_SERVER_PORT, Member, elasticsearch_yml, hosts_file
from minicloud.gate import Gate
from minicloud.loopback import free_address
from minicloud.transport import ANY, TransportTrust, subject
from minicloud.world import REMOTE_CLUSTER_PORT, TRANSPORT_PORT, ClusterSpec, DeploymentSpec, KeyPair, PlatformSpec

_FORM_SECONDS = 300
_POLL_SECONDS = 0.2
_DELIVERY_SECONDS = 2.0
"""What a platform takes at least from its answer to the keystores of the nodes."""


@dataclass(frozen=True)
class Cluster:
    """The nodes of a cluster and, where a platform runs it, in the same order what brings keystore changes to them."""

    deployment: ClusterSpec
    nodes: tuple[Node, ...]
    couriers: tuple[Courier, ...]


class RealDataPlane:
    """Implements `minicloud.dataplane.DataPlane`."""

    def __init__(
        self,
        run_dir: Path,
        platforms: Sequence[PlatformSpec],
        installations: Sequence[Installation],
        gate: Gate,
        public_ca: Path,
        contract: Contract | None,
    ) -> None:
        self._run_dir = run_dir.absolute()
        self._platforms = {platform.name: platform for platform in platforms}
        self._installations = installations
        self._gate = gate
        self._public_ca = public_ca
        self._contract = contract
        self._clusters: dict[str, Cluster] = {}
        # By platform and name of the calling cluster.
        self._entrances: dict[str, dict[str, Entrance]] = {}
        self._filters: dict[str, Filter | None] = {}
        self._lifecycles: dict[str, Lifecycle] = {}
        self._deployments: Sequence[DeploymentSpec] = ()
        self._exits = contextlib.AsyncExitStack()

    async def start(self, deployments: Sequence[DeploymentSpec]) -> None:
        async with contextlib.AsyncExitStack() as on_failure:
            on_failure.push_async_callback(self.stop)
            await self._start(deployments)
            on_failure.pop_all()

    async def stop(self) -> None:
        await asyncio.gather(*(lifecycle.close() for lifecycle in self._lifecycles.values()))
        await asyncio.gather(*(courier.stop() for cluster in self._clusters.values() for courier in cluster.couriers))
        await asyncio.gather(*(node.stop() for cluster in self._clusters.values() for node in cluster.nodes))
        await self._exits.aclose()

    async def deliver(self, name: str, secrets: Mapping[str, str | None]) -> None:
        for courier in self._clusters[name].couriers:
            courier.send(secrets)

    def set_delays(self, name: str, delays: Sequence[float | None] | None) -> None:
        couriers = self._clusters[name].couriers
        for courier, delay in zip(couriers, [_DELIVERY_SECONDS] * len(couriers) if delays is None else delays, strict=True):
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

    async def set_transport_trust(self, name: str, trust: TransportTrust) -> None:
        for node in self._clusters[name].nodes:
            node.talk_to(trust)

    def forget(self, name: str, alias: str) -> None:
        raise DataPlaneError("real nodes lose no alias on demand")

    async def set_filter(self, name: str, wanted: Filter | None) -> None:
        self._filters[name] = wanted

    async def restart_node(self, name: str, node: str) -> None:
        await self._lifecycles[name].restart(node)

    def events(self, name: str) -> list[dict[str, Any]]:
        return self._lifecycles[name].events()

    def tools(self, name: str) -> Mapping[str, Tools]:
        return {node.member.name: node.tools() for node in self._clusters[name].nodes}

    def log_text(self, name: str) -> str:
        return "".join(f"=== {node.member.name}\n{node.log_text()}" for node in self._clusters[name].nodes)

    def sockets(self) -> Mapping[tuple[str, int], tuple[str, int]]:
        sockets = selfmanaged.sockets(self._installations)
        for name, address in selfmanaged.addresses(self._installations).items():
            sockets[name, REMOTE_CLUSTER_SERVER_PORT] = (address, REMOTE_CLUSTER_SERVER_PORT)
        for deployment in self._deployments:
            platform = self._platforms[deployment.platform]
            sockets[deployment.endpoint, deployment.service_port] = (platform.address, platform.https_port)
            sockets[deployment.endpoint, REMOTE_CLUSTER_PORT] = (platform.address, REMOTE_CLUSTER_PORT)
        return sockets

    async def _start(self, deployments: Sequence[DeploymentSpec]) -> None:
        self._deployments = deployments
        own = [installation.cluster for installation in self._installations]
        versions = {cluster.version for cluster in (*deployments, *own)}
        distributions = {version: await asyncio.to_thread(provide, version) for version in versions}
        client = await self._exits.enter_async_context(aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)))
        callers = {deployment.name: self._platforms[deployment.platform].caller(deployment) for deployment in deployments}
        callers.update({cluster.name: cluster.caller for cluster in own})
        self._entrances = {
            platform: {name: Entrance(free_address([REMOTE_CLUSTER_PORT, TRANSPORT_PORT]), caller) for name, caller in callers.items()}
            for platform in self._platforms
        }
        for deployment in deployments:
            distribution, hosts = distributions[deployment.version], self._hosts(deployment, deployment.id)
            self._clusters[deployment.name] = self._configure(deployment, distribution, hosts, client)
        for installation in self._installations:
            name, version = installation.cluster.name, installation.cluster.version
            hosts = self._hosts(installation.cluster, installation.folder)
            self._clusters[name] = self._install(installation, distributions[version], hosts, client)
        await _all(_boot(cluster) for cluster in self._clusters.values())
        for platform in self._platforms.values():
            await self._open(platform, client)
        for installation in self._installations:
            self._lifecycles[installation.cluster.name] = self._lifecycle(installation, client)
            await self._lifecycles[installation.cluster.name].open()
            balancer = Balancer(installation.balancer, [machine.address for machine in installation.machines])
            self._exits.push_async_callback(balancer.stop)
            await balancer.start()

    def _hosts(self, caller: ClusterSpec, folder: str) -> Path:
        """The file, in a new folder, in which the nodes of a cluster look up where the others are."""
        proxies = {other.endpoint: self._entrances[other.platform][caller.name].address for other in self._deployments}
        hosts = self._run_dir / folder / "hosts"
        hosts.parent.mkdir(parents=True)
        hosts.write_text(hosts_file({**proxies, **selfmanaged.addresses(self._installations)}), encoding="utf-8")
        return hosts

    def _configure(self, deployment: DeploymentSpec, distribution: Distribution, hosts: Path, client: aiohttp.ClientSession) -> Cluster:
        platform = self._platforms[deployment.platform]
        folder = self._run_dir / deployment.id
        ca = platform.transport_cas[deployment.region]
        own = TransportTrust((ca.certificate.read_text(encoding="ascii"),), (subject(ANY, deployment.cluster_id, platform.scope_id),))
        members = [Member(deployment, name, free_address(PORTS), folder / name) for name in deployment.node_names]
        nodes = tuple(Node(member, distribution, client) for member in members)
        for node in nodes:
            node.configure(elasticsearch_yml(node.member, members), hosts)
            name = subject(node.member.name, deployment.cluster_id, platform.scope_id)
            write_node_certificate(node.member.config / "certs", ca, name, node.member.address)
            node.talk_to(own)
            node.trust(self._trusted(()))
        couriers = tuple(Courier(f"{node.member.name} of {deployment.name}", node.change_secrets) for node in nodes)
        for courier in couriers:
            courier.set_delay(_DELIVERY_SECONDS)
        return Cluster(deployment, nodes, couriers)

    def _install(self, installation: Installation, distribution: Distribution, hosts: Path, client: aiohttp.ClientSession) -> Cluster:
        nodes = tuple(Node(machine, distribution, client, installation.client_tls()) for machine in installation.machines)
        for node, machine in zip(nodes, installation.machines, strict=True):
            node.configure(installation.settings(machine), hosts, installation.java_options())
            installation.write_certificates(machine)
            selfmanaged.hand_over(machine.folder)
        return Cluster(installation.cluster, nodes, ())

    def _lifecycle(self, installation: Installation, client: aiohttp.ClientSession) -> Lifecycle:
        cluster = self._clusters[installation.cluster.name]
        stations = {}
        for node, machine in zip(cluster.nodes, installation.machines, strict=True):
            backend = Backend(installation.cluster, [machine], client, installation.client_tls())
            endpoint = partial(HttpsEndpoint, machine.https_port, {machine.host: backend}, self._gate, self._contract)
            stations[machine.name] = Station(node, endpoint)
        return Lifecycle(stations, partial(_status, cluster))

    async def _open(self, platform: PlatformSpec, client: aiohttp.ClientSession) -> None:
        backends = {
            cluster.deployment.endpoint: _backend(cluster, client, platform.transport_cas[cluster.deployment.region])
            for cluster in self._clusters.values()
            if cluster.deployment.platform == platform.name
        }
        entrances = [Entrance(platform.address, None), *self._entrances[platform.name].values()]
        links = RemoteClusterProxy(platform, backends, entrances, self._admits)
        transport = TransportProxy(backends, entrances)
        for proxy in (links, transport, HttpsEndpoint(https_port(platform), backends, self._gate, self._contract)):
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


async def _status(cluster: Cluster) -> str:
    """The health of a cluster as one of its nodes sees it; red when none answers."""
    for node in cluster.nodes:
        with contextlib.suppress(DataPlaneError):
            return (await node.call("GET", "/_cluster/health?local=true"))["status"]
    return "red"


async def _boot(cluster: Cluster) -> None:
    for node in cluster.nodes:
        await node.initialize_keystore()
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
