# SPDX-License-Identifier: GPL-3.0-or-later
"""The data plane: the Elasticsearch clusters of a mini cloud and the proxies in front of them, as the control plane sees them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from minicloud.admission import Filter
from minicloud.contract import Contract
from minicloud.gate import Gate
from minicloud.transport import TransportTrust
from minicloud.world import DeploymentSpec, PlatformSpec

if TYPE_CHECKING:
    from minicloud.dataplane.selfmanaged import Installation

KINDS = ("real", "simulated")


class DataPlaneError(RuntimeError):
    """The data plane cannot do what it was asked for; the message says why and, where it can, what to do about it."""


@dataclass(frozen=True)
class Tools:
    """How the owner of a node works on it: where Elasticsearch is, and the beginning of the command line of its keystore tool."""

    home: Path
    keystore: Sequence[str]


class DataPlane(Protocol):
    """Clusters are named by `ClusterSpec.name`; secrets by their setting. Restarts of single nodes are for self-managed clusters."""

    async def start(self, deployments: Sequence[DeploymentSpec]) -> None:
        """Boot all clusters and return when each answers. Raises DataPlaneError, or OSError where a port is not to be had."""

    async def stop(self) -> None:
        """Stop everything that was started. May be called at any time and more than once."""

    async def deliver(self, name: str, secrets: Mapping[str, str | None]) -> None:
        """Bring changed settings (None = remove) to the keystore of each node and load them there.

        Returns at once; deliveries go out in order, each node after its own delay.
        """

    def set_delays(self, name: str, delays: Sequence[float | None] | None) -> None:
        """Seconds after which each node gets what is delivered (None for a node: never, until set again; None for all: no delay)."""

    async def restart(self, name: str) -> None:
        """Restart the nodes one by one. Raises DataPlaneError."""

    async def keystore(self, name: str) -> dict[str, dict[str, str]]:
        """Node -> setting -> value, as the nodes have them on disk."""

    async def set_trust(self, name: str, cas: Sequence[str]) -> None:
        """The CA certificates (PEM) which the remote cluster client trusts besides the public CA."""

    async def set_transport_trust(self, name: str, trust: TransportTrust) -> None:
        """Which nodes of other clusters the nodes of a deployment talk to with certificates."""

    def forget(self, name: str, alias: str) -> None:
        """Let the nodes lose an alias whose settings they have, as happens when its credential arrives at the same moment.

        Raises DataPlaneError where that cannot be brought about.
        """

    async def set_filter(self, name: str, wanted: Filter | None) -> None:
        """Whom the proxies let connect to the remote cluster port from now on; None = everybody. Open connections stay."""

    async def restart_node(self, name: str, node: str) -> None:
        """Take a node away and return; it comes back by itself, with what its files say by then."""

    def events(self, name: str) -> list[dict[str, Any]]:
        """What became of restarts of single nodes: see `lifecycle.Event`."""

    def tools(self, name: str) -> Mapping[str, Tools]:
        """By node of a self-managed cluster."""

    def log_text(self, name: str) -> str:
        """The logs of the nodes of a deployment."""

    def sockets(self) -> Mapping[tuple[str, int], tuple[str, int]]:
        """(host name, port) as clients know them -> the real socket."""


def create(
    kind: str,
    run_dir: Path,
    platforms: Sequence[PlatformSpec],
    installations: Sequence[Installation],
    gate: Gate,
    public_ca: Path,
    contract: Contract | None,
) -> DataPlane:
    """The data plane of this kind, not started yet. Requests come in through `gate`; `contract` checks what is answered to them."""
    if kind == "real":
        # Imported on demand: other kinds must not need what real nodes need.
        from minicloud.dataplane.real import RealDataPlane

        return RealDataPlane(run_dir, platforms, installations, gate, public_ca, contract)
    if kind == "simulated":
        from minicloud.dataplane.simulated.plane import SimulatedDataPlane

        return SimulatedDataPlane(run_dir, platforms, installations, gate, public_ca, contract)
    raise DataPlaneError(f"unknown data plane {kind!r}; known are {', '.join(KINDS)}")
