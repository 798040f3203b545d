# SPDX-License-Identifier: GPL-3.0-or-later
"""Self-managed clusters as their owners installed them: machines, certificates, configuration. Both data planes run from these files."""

from __future__ import annotations

import os
import shutil
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from minicloud.dataplane.processes import UNPRIVILEGED
from minicloud.dataplane.proxies import HttpsPort
from minicloud.dataplane.settings import PORTS, REMOTE_CLUSTER_SERVER_PORT, TRANSPORT_PORT, Member
from minicloud.loopback import free_address
from minicloud.tls import Authority
from minicloud.world import NODE_HTTP_PORT, DataCenter, KeyPair, SelfManagedSpec

# The node itself has the true port at its address: what clients say to it is noted on the way, at this one.
_HTTPS_PORT = 10200
TRUSTSTORE_PASSWORD = "changeit"
_OWN = {"key": "certs/node.key", "certificate": "certs/node.crt"}


@dataclass(frozen=True)
class Machine(Member):
    """A node on a machine of its own; `certificate` is shown to clients and to the other nodes."""

    cluster: SelfManagedSpec
    certificate: KeyPair

    @property
    def host(self) -> str:
        return self.cluster.host(self.name)

    @property
    def http_url(self) -> str:
        return f"https://{self.address}:{NODE_HTTP_PORT}"

    @property
    def https_port(self) -> HttpsPort:
        """Where clients come in."""
        return HttpsPort(self.cluster.platform, self.address, _HTTPS_PORT, self.certificate, tells_instance=lambda: False)


@dataclass(frozen=True)
class Installation:
    """A self-managed cluster.

    `balancer` is the address at which other clusters find its remote cluster servers. `ca` signs its certificates, `server_ca` those of
    the remote cluster servers; `truststore` holds the public CA.
    """

    cluster: SelfManagedSpec
    balancer: str
    machines: tuple[Machine, ...]
    ca: Path
    server_ca: Authority
    truststore: Path

    @property
    def folder(self) -> str:
        """Where its files are, below the folder for all nodes."""
        return f"{self.cluster.platform}/{self.cluster.name}"

    def client_tls(self) -> ssl.SSLContext:
        """How clients check the nodes."""
        return ssl.create_default_context(cafile=self.ca)

    def java_options(self) -> list[str]:
        """What makes the public CA the one that Java trusts when it is told of none."""
        store = {"trustStore": self.truststore, "trustStorePassword": TRUSTSTORE_PASSWORD, "trustStoreType": "PKCS12"}
        return [f"-Djavax.net.ssl.{name}={value}" for name, value in store.items()]

    def settings(self, machine: Machine) -> dict[str, Any]:
        """elasticsearch.yml of one of the nodes: flat, as people write it."""
        hosts = [f"{other.host}:{TRANSPORT_PORT}" for other in self.machines]
        several = {"discovery.seed_hosts": hosts, "cluster.initial_master_nodes": [other.name for other in self.machines]}
        return {
            "cluster.name": self.cluster.cluster_name,
            "node.name": machine.name,
            "path.data": str(machine.folder / "data"),
            "path.logs": str(machine.folder / "logs"),
            "network.host": machine.address,
            "http.port": NODE_HTTP_PORT,
            "transport.port": TRANSPORT_PORT,
            **(several if len(self.machines) > 1 else {"discovery.type": "single-node"}),
            # A full disk of the machine is no concern of these nodes.
            "cluster.routing.allocation.disk.threshold_enabled": False,
            "xpack.license.self_generated.type": "trial",
            "xpack.security.enabled": True,
            "xpack.security.autoconfiguration.enabled": False,
            **_tls("xpack.security.http.ssl", _OWN),
            **_tls("xpack.security.transport.ssl", {"verification_mode": "full", "certificate_authorities": ["certs/ca.crt"], **_OWN}),
            **(self._server_settings(machine) if self.cluster.server_ca else {}),
        }

    def write_certificates(self, machine: Machine) -> None:
        """Put the certificates where the settings say they are."""
        folder = machine.config / "certs"
        folder.mkdir()
        shutil.copyfile(self.ca, folder / "ca.crt")
        _copy(machine.certificate, folder, "node")
        if self.cluster.server_ca:
            _copy(self.server_ca.issue(machine.host, [self.cluster.endpoint, machine.host, machine.address]), folder, "remote")

    def _server_settings(self, machine: Machine) -> dict[str, Any]:
        own = {"key": "certs/remote.key", "certificate": "certs/remote.crt"}
        return {
            "remote_cluster_server.enabled": True,
            "remote_cluster.host": machine.address,
            "remote_cluster.port": REMOTE_CLUSTER_SERVER_PORT,
            **_tls("xpack.security.remote_cluster_server.ssl", own),
        }


def install(center: DataCenter, directory: Path, public_ca: Authority, truststore: Path) -> list[Installation]:
    """The clusters of a data center, whose files are to be in `directory`: nothing but their certificates exists yet."""
    ca = Authority(f"{center.name} CA", directory / "tls" / center.name / "internal")
    private_ca = Authority(f"{center.name} Remote Cluster CA", directory / "tls" / center.name / "remote")
    return [
        Installation(
            cluster=cluster,
            balancer=free_address([REMOTE_CLUSTER_SERVER_PORT]),
            machines=tuple(_machine(cluster, node, directory / "nodes", ca) for node in cluster.node_names),
            ca=ca.files.certificate,
            server_ca=public_ca if cluster.server_ca == "public" else private_ca,
            truststore=truststore,
        )
        for cluster in center.clusters
    ]


def owner() -> tuple[int, int]:
    """The user and the group to whom the files of self-managed nodes belong."""
    return (UNPRIVILEGED, UNPRIVILEGED) if os.geteuid() == 0 else (os.geteuid(), os.getegid())


def hand_over(folder: Path) -> None:
    """Give all files of a node to its user."""
    for path in (folder, *folder.rglob("*")):
        os.chown(path, *owner(), follow_symlinks=False)


def sockets(installations: Sequence[Installation]) -> dict[tuple[str, int], tuple[str, int]]:
    """(host name, port) as clients know them -> the real socket."""
    machines = [machine for installation in installations for machine in installation.machines]
    return {(machine.host, NODE_HTTP_PORT): (machine.address, _HTTPS_PORT) for machine in machines}


def addresses(installations: Sequence[Installation]) -> dict[str, str]:
    """Host name -> address, of all machines and of the names for whole clusters."""
    found = {machine.host: machine.address for installation in installations for machine in installation.machines}
    return {**found, **{installation.cluster.endpoint: installation.balancer for installation in installations}}


def _machine(cluster: SelfManagedSpec, node: str, nodes: Path, ca: Authority) -> Machine:
    address = free_address((*PORTS, _HTTPS_PORT))
    certificate = ca.issue(node, [cluster.host(node), address], mutual=True)
    return Machine(cluster, node, address, nodes / cluster.platform / cluster.name / node, certificate)


def _copy(files: KeyPair, folder: Path, name: str) -> None:
    shutil.copyfile(files.certificate, folder / f"{name}.crt")
    shutil.copy(files.key, folder / f"{name}.key")


def _tls(prefix: str, settings: dict[str, Any]) -> dict[str, Any]:
    return {f"{prefix}.enabled": True, **{f"{prefix}.{name}": value for name, value in settings.items()}}
