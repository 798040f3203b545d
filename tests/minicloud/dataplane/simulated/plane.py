# SPDX-License-Identifier: GPL-3.0-or-later
"""The data plane of simulated clusters, any number of them in this process."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from minicloud.admission import Filter
from minicloud.contract import Contract
from minicloud.dataplane import Tools, selfmanaged
from minicloud.dataplane.delivery import Courier
from minicloud.dataplane.keystores import INTERNAL
from minicloud.dataplane.lifecycle import Lifecycle, Station
from minicloud.dataplane.proxies import HttpsEndpoint, https_port
from minicloud.dataplane.selfmanaged import Installation
from minicloud.dataplane.simulated import configuration, machines, versions
from minicloud.dataplane.simulated.cluster import Cluster, Node
from minicloud.dataplane.simulated.endpoint import SimulatedBackend
from minicloud.dataplane.simulated.links import Link, load_credentials
from minicloud.dataplane.simulated.machines import SimulatedMachine
from minicloud.dataplane.simulated.network import Network
from minicloud.dataplane.simulated.servers import Listeners
from minicloud.gate import Gate
from minicloud.tls import split_chain
from minicloud.transport import TransportTrust
from minicloud.world import DeploymentSpec, PlatformSpec

_RESTART_SECONDS = 0.2


class SimulatedDataPlane:
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
        self._installations = {installation.cluster.name: installation for installation in installations}
        self._platforms = {platform.name: platform for platform in platforms}
        self._gate = gate
        self._public = frozenset(split_chain(public_ca.read_text(encoding="ascii")))
        self._contract = contract
        self._clusters: dict[str, Cluster] = {}
        self._couriers: dict[str, list[Courier]] = {}
        self._lifecycles: dict[str, Lifecycle] = {}
        self._deployments: Sequence[DeploymentSpec] = ()
        self._network = Network((), ())
        self._exits = contextlib.AsyncExitStack()

    async def start(self, deployments: Sequence[DeploymentSpec]) -> None:
        self._deployments = deployments
        hosted = {deployment.name: Cluster(deployment, self._public) for deployment in deployments}
        own = {name: Cluster(installation.cluster, self._public) for name, installation in self._installations.items()}
        self._clusters = {**hosted, **own}
        self._network = Network(self._platforms.values(), hosted.values(), Listeners(self._installations.values(), own.values()))
        for name, cluster in hosted.items():
            self._couriers[name] = [Courier(f"{node.name} of {name}", partial(self._store, cluster, node)) for node in cluster.nodes]
        for platform in self._platforms.values():
            backends = {
                cluster.deployment.endpoint: SimulatedBackend(self._network, cluster)
                for cluster in hosted.values()
                if cluster.deployment.platform == platform.name
            }
            endpoint = HttpsEndpoint(https_port(platform), backends, self._gate, self._contract)
            self._exits.push_async_callback(endpoint.stop)
            await endpoint.start()
        for name, installation in self._installations.items():
            self._lifecycles[name] = self._lifecycle(installation, own[name])
            await self._lifecycles[name].open()

    async def stop(self) -> None:
        await asyncio.gather(*(lifecycle.close() for lifecycle in self._lifecycles.values()))
        await asyncio.gather(*(courier.stop() for couriers in self._couriers.values() for courier in couriers))
        await self._exits.aclose()

    async def deliver(self, name: str, secrets: Mapping[str, str | None]) -> None:
        for courier in self._couriers[name]:
            courier.send(secrets)

    def set_delays(self, name: str, delays: Sequence[float | None] | None) -> None:
        couriers = self._couriers[name]
        for courier, delay in zip(couriers, [0.0] * len(couriers) if delays is None else delays, strict=True):
            courier.set_delay(delay)

    async def restart(self, name: str) -> None:
        cluster = self._clusters[name]
        for node in cluster.nodes:
            node.is_up = False
            await asyncio.sleep(_RESTART_SECONDS)
            node.loaded = dict(node.stored)
            node.is_up = True
            for alias in node.connections:
                Link(self._network, cluster, node, alias).try_open()

    async def restart_node(self, name: str, node: str) -> None:
        await self._lifecycles[name].restart(node)

    def events(self, name: str) -> list[dict[str, Any]]:
        return self._lifecycles[name].events()

    def tools(self, name: str) -> Mapping[str, Tools]:
        installation = self._installations[name]
        home = machines.make_home(self._run_dir, installation.cluster.version)
        return {machine.name: machines.tools(home, machine) for machine in installation.machines}

    async def keystore(self, name: str) -> dict[str, dict[str, str]]:
        return {node.name: _on_disk(node) for node in self._clusters[name].nodes}

    def loaded(self, name: str) -> dict[str, dict[str, str]]:
        """Node -> setting -> value, as the running nodes know them: not what is on disk when that was not loaded yet."""
        return {node.name: dict(node.loaded) for node in self._clusters[name].nodes}

    async def set_trust(self, name: str, cas: Sequence[str]) -> None:
        self._clusters[name].trusted = self._public.union(*(split_chain(pem) for pem in cas))

    async def set_transport_trust(self, name: str, trust: TransportTrust) -> None:
        self._clusters[name].transport = trust

    def forget(self, name: str, alias: str) -> None:
        for node in self._clusters[name].nodes:
            node.connections.pop(alias, None)

    async def set_filter(self, name: str, wanted: Filter | None) -> None:
        self._clusters[name].filter = wanted

    def log_text(self, name: str) -> str:
        return "".join(f"{line}\n" for line in self._clusters[name].lines)

    def sockets(self) -> Mapping[tuple[str, int], tuple[str, int]]:
        sockets = selfmanaged.sockets(list(self._installations.values()))
        for deployment in self._deployments:
            platform = self._platforms[deployment.platform]
            sockets[deployment.endpoint, deployment.service_port] = (platform.address, platform.https_port)
        return sockets

    def _lifecycle(self, installation: Installation, cluster: Cluster) -> Lifecycle:
        stations = {}
        for node, machine in zip(cluster.nodes, installation.machines, strict=True):
            machines.install(installation, machine)
            node.folder, node.address = machine.config, machine.address
            computer = SimulatedMachine(self._network, cluster, node, machine.config)
            computer.boot()
            backend = SimulatedBackend(self._network, cluster, node)
            endpoint = partial(HttpsEndpoint, machine.https_port, {machine.host: backend}, self._gate, self._contract)
            stations[machine.name] = Station(computer, endpoint)
        return Lifecycle(stations, partial(_status, cluster))

    async def _store(self, cluster: Cluster, node: Node, secrets: Mapping[str, str | None]) -> None:
        """Change the keystore of a node. From 8.14 on the platforms let the running node load it."""
        for setting, value in secrets.items():
            if value is None:
                node.stored.pop(setting, None)
            else:
                node.stored[setting] = value
        if cluster.version >= versions.PLATFORM_RELOAD:
            load_credentials(self._network, cluster, node)


async def _status(cluster: Cluster) -> str:
    return cluster.status


def _on_disk(node: Node) -> dict[str, str]:
    """The keystore of a node, without what Elasticsearch keeps there for itself."""
    if node.folder is None:
        return dict(node.stored)
    return {name: value for name, value in configuration.read_secrets(node.folder).items() if name not in INTERNAL}
