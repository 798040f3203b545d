# SPDX-License-Identifier: GPL-3.0-or-later
"""What lies between clusters: names, addresses, ports, the proxies and their certificates."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from cryptography import x509

from minicloud.dataplane.simulated import versions
from minicloud.dataplane.simulated.cluster import Cluster
from minicloud.dataplane.simulated.errors import ElasticsearchError, argument
from minicloud.tls import split_chain
from minicloud.world import REMOTE_CLUSTER_PORT, PlatformSpec

_PKIX = "unable to find valid certification path to requested target"
_BUILDING = f"PKIX path building failed: sun.security.provider.certpath.SunCertPathBuilderException: {_PKIX}"


class Network:
    """The remote cluster ports of all platforms."""

    def __init__(self, platforms: Iterable[PlatformSpec], clusters: Iterable[Cluster]) -> None:
        self._platforms = {platform.name: _Proxy(platform) for platform in platforms}
        self._clusters = {cluster.deployment.endpoint: cluster for cluster in clusters}

    def dial(
        self,
        alias: str,
        address: str,
        server_name: str,
        trusted: frozenset[str] | None,
        local: Cluster,
        is_new: bool = True,
    ) -> Cluster:
        """The cluster that answers `local` behind an address. `trusted` are the CAs of the caller; None = those of the certificate model.

        Of a connection that is not new it is only looked whether the cluster is still there. Raises ElasticsearchError with what a node
        says that cannot open a connection.
        """
        host, _colon, port = address.rpartition(":")
        proxy = self._find(host)
        if proxy is None and _is_address(host):
            raise unreachable(alias, address, _refused(address))
        if proxy is None:
            cause = {"type": "unknown_host_exception", "reason": f"Unable to resolve host {host}"}
            raise argument(f"unknown host [{host}]", cause)
        place = f"{proxy.address}:{port}"
        if int(port) != REMOTE_CLUSTER_PORT:
            raise unreachable(alias, place, _refused(place if host == proxy.address else f"{host}/{place}"))
        name = (server_name or host).lower()
        cluster = self._clusters.get(name)
        if is_new and cluster is not None and not self._admits(cluster, local):
            raise unreachable(alias, place, _closed())
        if is_new and (trusted is None or trusted.isdisjoint(proxy.chain)):
            raise unreachable(alias, place, _untrusted())
        if cluster is None or cluster.deployment.platform != proxy.name or not proxy.shows(name):
            raise unreachable(alias, place, _handshake("Received fatal alert: unrecognized_name"))
        if not any(node.is_up for node in cluster.nodes):
            raise unreachable(alias, place, _handshake("Connection closed"))
        if not versions.connectable(local.version, cluster.version):
            raise unreachable(alias, place, _incompatible(local.version, cluster.version))
        return cluster

    def _admits(self, remote: Cluster, local: Cluster) -> bool:
        """Whether the traffic filters of a cluster let another one connect."""
        here, there = (self._platforms[cluster.deployment.platform].platform for cluster in (local, remote))
        return remote.filter is None or remote.filter.admits(here.caller(local.deployment), there.installation)

    def _find(self, host: str) -> _Proxy | None:
        cluster = self._clusters.get(host.lower())
        if cluster is not None:
            return self._platforms[cluster.deployment.platform]
        return next((proxy for proxy in self._platforms.values() if proxy.address == host), None)


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


def unreachable(alias: str, place: str, causes: Sequence[Mapping[str, Any]]) -> ElasticsearchError:
    """What a node says that could open no connection; `causes` are nested, outermost first."""
    nested: dict[str, Any] = {}
    for cause in reversed(causes):
        nested = {**cause, **({"caused_by": nested} if nested else {})}
    suppressed = {"type": "connect_transport_exception", "reason": f"[][{place}] connect_exception", "caused_by": nested}
    reason = f"Unable to open any proxy connections to cluster [{alias}] at address [{place}]"
    return ElasticsearchError(500, "no_seed_node_left_exception", reason, fields={"suppressed": [suppressed]})


def _refused(place: str) -> list[dict[str, str]]:
    reason = f"Connection refused: {place if '/' in place else f'/{place}'}"
    return [
        {"type": "uncategorized_execution_exception", "reason": "Failed execution"},
        {"type": "execution_exception", "reason": f"io.netty.channel.AbstractChannel$AnnotatedConnectException: {reason}"},
        {"type": "annotated_connect_exception", "reason": reason},
        {"type": "connect_exception", "reason": "Connection refused"},
    ]


def _untrusted() -> list[dict[str, str]]:
    return [
        {"type": "uncategorized_execution_exception", "reason": "Failed execution"},
        {"type": "execution_exception", "reason": f"javax.net.ssl.SSLHandshakeException: {_BUILDING}"},
        {"type": "s_s_l_handshake_exception", "reason": _BUILDING},
        {"type": "validator_exception", "reason": _BUILDING},
        {"type": "sun_cert_path_builder_exception", "reason": _PKIX},
    ]


def _closed() -> list[dict[str, Any]]:
    during = {"type": "stackless_s_s_l_handshake_exception", "reason": "Connection closed while SSL/TLS handshake was in progress"}
    return [
        {"type": "uncategorized_execution_exception", "reason": "Failed execution"},
        {"type": "execution_exception", "reason": "java.nio.channels.ClosedChannelException"},
        {"type": "closed_channel_exception", "reason": None, "suppressed": [during]},
    ]


def _handshake(reason: str) -> list[dict[str, str]]:
    return [
        {"type": "uncategorized_execution_exception", "reason": "Failed execution"},
        {"type": "execution_exception", "reason": f"javax.net.ssl.SSLHandshakeException: {reason}"},
        {"type": "s_s_l_handshake_exception", "reason": reason},
    ]


def _incompatible(local: versions.Version, remote: versions.Version) -> list[dict[str, str]]:
    oldest = versions.text(versions.minimum_wire(local))
    reason = f"Received message from unsupported version: [{versions.text(remote)}] minimal compatible version is: [{oldest}]"
    return [{"type": "illegal_state_exception", "reason": reason}]
