# SPDX-License-Identifier: GPL-3.0-or-later
"""The names that a server's certificate covers (RFC 6125)."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from typing import Any

from ..model import pem
from ..model.errors import InvalidDeclaration
from .library import require

try:
    from cryptography import x509
except ImportError:
    x509 = None  # type: ignore[assignment]


def covers(certificate: str, host: str) -> bool:
    """Whether the alternative names of the first certificate of a PEM text cover a DNS name or an IP address.

    An asterisk stands for exactly one label, the first. The common name does not count. Raises InvalidDeclaration without a certificate.
    """
    require()
    return among(host, *_alternative_names(certificate))


def among(host: str, names: Iterable[str], addresses: Iterable[str]) -> bool:
    """Whether a DNS name or an IP address is among alternative names of a certificate, see ``covers``."""
    address = _address(host)
    return address in map(_address, addresses) if address else any(_matches(pattern, host) for pattern in names)


def _alternative_names(certificate: str) -> tuple[list[str], list[str]]:
    contents = [block.content for block in pem.blocks(certificate.encode()) if block.is_certificate and block.content]
    if not contents:
        raise InvalidDeclaration(["the certificate of the server cannot be read"], "Give it as PEM")
    extensions = x509.load_der_x509_certificate(contents[0]).extensions
    try:
        found = extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return [], []
    return found.get_values_for_type(x509.DNSName), [str(address) for address in found.get_values_for_type(x509.IPAddress)]


def _address(host: str) -> Any:
    try:
        return ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return None


def _matches(pattern: str, host: str) -> bool:
    wanted, given = (_labels(name) for name in (pattern, host))
    if wanted[0] == "*" and len(wanted) > 2:
        return wanted[1:] == given[1:]
    return wanted == given


def _labels(name: str) -> list[str]:
    return name.lower().rstrip(".").split(".")
