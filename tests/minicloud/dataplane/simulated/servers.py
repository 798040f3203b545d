# SPDX-License-Identifier: GPL-3.0-or-later
"""The remote cluster servers of self-managed nodes, and what a connection to them needs."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature

from minicloud.clock import now
from minicloud.dataplane.selfmanaged import Installation
from minicloud.dataplane.simulated.cluster import Cluster, Node
from minicloud.dataplane.simulated.configuration import Server
from minicloud.dataplane.simulated.errors import ElasticsearchError
from minicloud.dataplane.simulated.failures import handshake, untrusted


@dataclass(frozen=True)
class Listener:
    """A remote cluster server at an address, or none where the node has it not set up or is away."""

    cluster: Cluster
    node: Node
    address: str

    def server_at(self, port: int) -> Server | None:
        server = self.node.server if self.node.is_up else None
        return server if server is not None and server.port == port else None


class Listeners:
    """All self-managed nodes, by the names and addresses at which they are found."""

    def __init__(self, installations: Iterable[Installation], clusters: Iterable[Cluster]) -> None:
        by_name = {cluster.deployment.name: cluster for cluster in clusters}
        self._found: dict[str, list[Listener]] = {}
        for installation in installations:
            cluster = by_name[installation.cluster.name]
            for machine, node in zip(installation.machines, cluster.nodes, strict=True):
                for name in (machine.address, machine.host, installation.cluster.endpoint):
                    self._found.setdefault(name, []).append(Listener(cluster, node, machine.address))

    def find(self, host: str, port: int) -> Listener | None:
        """Who is asked at a name or address: a node that answers there, if there is one. None for names of others."""
        candidates = self._found.get(host.lower(), [])
        return next((one for one in candidates if one.server_at(port)), candidates[0] if candidates else None)


def check_certificate(
    chain: Sequence[x509.Certificate],
    names: Sequence[str],
    trusted: Iterable[str] | None,
    verification: str,
    failure: Callable[[Sequence[Mapping[str, Any]]], ElasticsearchError],
) -> None:
    """Raise `failure` with the reason for which a client does not accept the chain of a server that it knows by `names`.

    One of these is enough, as in Java: the host of the address, or else the name that is sent in the TLS handshake. `trusted` are the
    CAs (PEM) of the client; None = those of the certificate model, which know no remote cluster server.
    """
    if verification == "none":
        return
    if trusted is None or not _is_trusted(chain, trusted):
        raise failure(untrusted())
    if not chain[0].not_valid_before_utc <= now() <= chain[0].not_valid_after_utc:
        raise failure(handshake("PKIX path validation failed: java.security.cert.CertPathValidatorException: validity check failed"))
    reasons = [_mismatch(chain[0], name) for name in names]
    if verification == "full" and (reason := reasons[0]) and all(reasons):
        raise failure(handshake(reason))


def _is_trusted(chain: Sequence[x509.Certificate], authorities: Iterable[str]) -> bool:
    """Whether one of the CAs (PEM) vouches for the first certificate, perhaps through others of the chain."""
    known = [_certificate(pem) for pem in authorities]
    current, rest = chain[0], list(chain[1:])
    while True:
        if any(current == ca or _issued(current, ca) for ca in known):
            return True
        above = next((one for one in rest if one != current and _issued(current, one)), None)
        if above is None:
            return False
        rest.remove(above)
        current = above


def _mismatch(certificate: x509.Certificate, name: str) -> str | None:
    """What Java says of a certificate that is not for this host name or address; None for one that is."""
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return f"No name matching {name} found"
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        found = any(_matches(name.lower(), own.lower()) for own in names.get_values_for_type(x509.DNSName))
        return None if found else f"No subject alternative DNS name matching {name} found."
    found = address in names.get_values_for_type(x509.IPAddress)
    return None if found else f"No subject alternative names matching IP address {name} found"


def _matches(name: str, own: str) -> bool:
    return name == own or (own.startswith("*.") and name.partition(".")[2] == own[2:])


def _issued(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


@lru_cache(maxsize=1000)
def _certificate(pem: str) -> x509.Certificate:
    return x509.load_pem_x509_certificate(pem.encode())
