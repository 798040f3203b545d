# SPDX-License-Identifier: GPL-3.0-or-later
"""What lies between clusters: names, addresses, ports, the proxies and their certificates."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from cryptography import x509

from minicloud.admission import Caller
from minicloud.dataplane.simulated import versions
from minicloud.dataplane.simulated.cluster import Cluster
from minicloud.dataplane.simulated.errors import argument
from minicloud.dataplane.simulated.failures import closed, handshake, incompatible, refused, unreachable, untrusted
from minicloud.dataplane.simulated.servers import Listener, Listeners, check_certificate
from minicloud.tls import split_chain
from minicloud.transport import subject
from minicloud.world import REMOTE_CLUSTER_PORT, TRANSPORT_PORT, ClusterSpec, DeploymentSpec, PlatformSpec, SelfManagedSpec


class Network:
    """The remote cluster ports of all platforms and of all self-managed nodes."""

    def __init__(self, platforms: Iterable[PlatformSpec], clusters: Iterable[Cluster], listeners: Listeners | None = None) -> None:
        """`clusters` are those of deployments, `listeners` know the others."""
        self._platforms = {platform.name: _Proxy(platform) for platform in platforms}
        self._clusters = {cluster.deployment.endpoint: cluster for cluster in clusters}
        self._listeners = listeners or Listeners((), ())

    def dial(
        self,
        alias: str,
        address: str,
        server_name: str,
        trusted: frozenset[str] | None,
        local: Cluster,
        is_new: bool = True,
        verification: str = "full",
    ) -> Cluster:
        """The cluster that answers `local` behind an address. `trusted` are the CAs of the caller; None = those of the certificate model.

        `verification` is the caller's mode of checking certificates.

        Of a connection that is not new it is only looked whether the cluster is still there. Raises ElasticsearchError with what a node
        says that cannot open a connection.
        """
        host, _colon, port = address.rpartition(":")
        listener = self._listeners.find(host, int(port))
        if listener is not None:
            names = [host, server_name] if server_name else [host]
            accepts = partial(check_certificate, names=names, trusted=trusted, verification=verification)
            return _connected(listener, alias, host, int(port), local, accepts if is_new else None)
        proxy = self._find(host)
        if proxy is None and _is_address(host):
            raise unreachable(alias, address, refused(address))
        if proxy is None:
            cause = {"type": "unknown_host_exception", "reason": f"Unable to resolve host {host}"}
            raise argument(f"unknown host [{host}]", cause)
        place = f"{proxy.address}:{port}"
        if int(port) not in (REMOTE_CLUSTER_PORT, TRANSPORT_PORT):
            raise unreachable(alias, place, refused(place if host == proxy.address else f"{host}/{place}"))
        name = (server_name or host).lower()
        cluster = self._clusters.get(name)
        look = self._transport_problem if int(port) == TRANSPORT_PORT else partial(self._server_problem, proxy)
        problem = look(cluster, local, trusted) if is_new else None
        if problem is not None:
            raise unreachable(alias, place, problem)
        if cluster is None or cluster.deployment.platform != proxy.name or not proxy.shows(name):
            raise unreachable(alias, place, handshake("Received fatal alert: unrecognized_name"))
        if not any(node.is_up for node in cluster.nodes):
            raise unreachable(alias, place, handshake("Connection closed"))
        return _compatible(local, cluster, alias, place)

    def _server_problem(
        self, proxy: _Proxy, remote: Cluster | None, local: Cluster, trusted: frozenset[str] | None
    ) -> list[dict[str, Any]] | None:
        """Why the remote cluster server behind a proxy is not reached."""
        if remote is not None and not self._admits(remote, local):
            return closed()
        return untrusted() if trusted is None or trusted.isdisjoint(proxy.chain) else None

    def _transport_problem(self, remote: Cluster | None, local: Cluster, trusted: frozenset[str] | None) -> list[dict[str, Any]] | None:
        """Why nodes do not talk to each other with their certificates. A proxy that knows no such name closes the connection."""
        if remote is None:
            return closed()
        if trusted is not None or not _trusts(local, self._identity(remote)):
            return untrusted()
        return None if _trusts(remote, self._identity(local)) else handshake("Received fatal alert: bad_certificate")

    def _identity(self, cluster: Cluster) -> tuple[str, str]:
        """The CA and the name in the certificate of a node of a cluster; of self-managed ones nobody knows them."""
        spec = cluster.deployment
        if not isinstance(spec, DeploymentSpec):
            return "", ""
        platform = self._platforms[spec.platform].platform
        ca = platform.transport_cas[spec.region].certificate.read_text(encoding="ascii")
        return ca, subject(spec.node_names[0], spec.cluster_id, platform.scope_id)

    def is_node(self, address: str) -> bool:
        """Whether a self-managed node is found there, and no proxy."""
        host, _colon, port = address.rpartition(":")
        return self._listeners.find(host, int(port)) is not None

    def _admits(self, remote: Cluster, local: Cluster) -> bool:
        """Whether the traffic filters of a cluster let another one connect. They do not count for connections with certificates."""
        there = self._platforms[remote.deployment.platform].platform
        return remote.filter is None or remote.filter.admits(self._caller(local.deployment), there.installation)

    def _caller(self, local: ClusterSpec) -> Caller:
        return local.caller if isinstance(local, SelfManagedSpec) else self._platforms[local.platform].platform.caller(local)

    def _find(self, host: str) -> _Proxy | None:
        cluster = self._clusters.get(host.lower())
        if cluster is not None:
            return self._platforms[cluster.deployment.platform]
        return next((proxy for proxy in self._platforms.values() if proxy.address == host), None)


def _trusts(cluster: Cluster, identity: tuple[str, str]) -> bool:
    return cluster.transport.accepts(*identity)


def _connected(listener: Listener, alias: str, host: str, port: int, local: Cluster, check: Callable[..., None] | None) -> Cluster:
    """The cluster of a self-managed node that answers `local` itself, once its certificate has passed the check."""
    place = f"{listener.address}:{port}"
    server = listener.server_at(port)
    if server is None:
        raise unreachable(alias, place, refused(place if host == listener.address else f"{host}/{place}"))
    if check is not None and server.chain:
        check(server.chain, failure=partial(unreachable, alias, place))
    return _compatible(local, listener.cluster, alias, place)


def _compatible(local: Cluster, remote: Cluster, alias: str, place: str) -> Cluster:
    if not versions.connectable(local.version, remote.version):
        raise unreachable(alias, place, incompatible(local.version, remote.version))
    return remote


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


class _Proxy:
    """Where the proxies of a platform listen and which certificate they show."""

    def __init__(self, platform: PlatformSpec) -> None:
        self.platform = platform
        self.name = platform.name
        self.address = platform.address
        self.chain = frozenset(split_chain(platform.proxy_certificate.read_text(encoding="ascii")))
        leaf = x509.load_pem_x509_certificates(platform.proxy_certificate.read_bytes())[0]
        self._names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value.get_values_for_type(x509.DNSName)

    def shows(self, name: str) -> bool:
        return any(name == own or (own.startswith("*.") and name.partition(".")[2] == own[2:]) for own in self._names)
