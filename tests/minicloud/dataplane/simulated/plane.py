# SPDX-License-Identifier: GPL-3.0-or-later
"""The data plane of simulated clusters, any number of them in this process."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from minicloud.admission import Filter
from minicloud.contract import Contract
from minicloud.dataplane.delivery import Courier
from minicloud.dataplane.proxies import HttpsEndpoint
from minicloud.dataplane.simulated import versions
from minicloud.dataplane.simulated.cluster import Cluster, Node
from minicloud.dataplane.simulated.endpoint import SimulatedBackend
from minicloud.dataplane.simulated.links import Link, load_credentials
from minicloud.dataplane.simulated.network import Network
from minicloud.gate import Gate
from minicloud.tls import split_chain
from minicloud.world import DeploymentSpec, PlatformSpec

_RESTART_SECONDS = 0.2


class SimulatedDataPlane:
    """Implements `minicloud.dataplane.DataPlane`."""

    def __init__(self, platforms: Sequence[PlatformSpec], gate: Gate, public_ca: Path, contract: Contract | None) -> None:
        self._platforms = {platform.name: platform for platform in platforms}
        self._gate = gate
        self._public = frozenset(split_chain(public_ca.read_text(encoding="ascii")))
        self._contract = contract
        self._clusters: dict[str, Cluster] = {}
        self._couriers: dict[str, list[Courier]] = {}
        self._network = Network((), ())
        self._exits = contextlib.AsyncExitStack()

    async def start(self, deployments: Sequence[DeploymentSpec]) -> None:
        self._clusters = {deployment.name: Cluster(deployment, self._public) for deployment in deployments}
        self._network = Network(self._platforms.values(), self._clusters.values())
        for name, cluster in self._clusters.items():
            self._couriers[name] = [Courier(f"{node.name} of {name}", partial(self._store, cluster, node)) for node in cluster.nodes]
        for platform in self._platforms.values():
            backends = {
                cluster.deployment.endpoint: SimulatedBackend(self._network, cluster)
                for cluster in self._clusters.values()
                if cluster.deployment.platform == platform.name
            }
            endpoint = HttpsEndpoint(platform, backends, self._gate, self._contract)
            self._exits.push_async_callback(endpoint.stop)
            await endpoint.start()

    async def stop(self) -> None:
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

    async def keystore(self, name: str) -> dict[str, dict[str, str]]:
        return {node.name: dict(node.stored) for node in self._clusters[name].nodes}

    def loaded(self, name: str) -> dict[str, dict[str, str]]:
        """Node -> setting -> value, as the running nodes know them: not what is on disk when that was not loaded yet."""
        return {node.name: dict(node.loaded) for node in self._clusters[name].nodes}

    async def set_trust(self, name: str, cas: Sequence[str]) -> None:
        self._clusters[name].trusted = self._public.union(*(split_chain(pem) for pem in cas))

    async def set_filter(self, name: str, wanted: Filter | None) -> None:
        self._clusters[name].filter = wanted

    def log_text(self, name: str) -> str:
        return "".join(f"{line}\n" for line in self._clusters[name].lines)

    def sockets(self) -> Mapping[tuple[str, int], tuple[str, int]]:
        sockets = {}
        for deployment in (cluster.deployment for cluster in self._clusters.values()):
            platform = self._platforms[deployment.platform]
            sockets[deployment.endpoint, deployment.service_port] = (platform.address, platform.https_port)
        return sockets

    async def _store(self, cluster: Cluster, node: Node, secrets: Mapping[str, str | None]) -> None:
        """Change the keystore of a node. From 8.14 on the platforms let the running node load it."""
        for setting, value in secrets.items():
            if value is None:
                node.stored.pop(setting, None)
            else:
                node.stored[setting] = value
        if cluster.version >= versions.PLATFORM_RELOAD:
            load_credentials(self._network, cluster, node)
