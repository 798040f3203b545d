# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates for tests: of authorities and of servers."""

from __future__ import annotations

import datetime
import ipaddress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

DAY = datetime.timedelta(days=1)


@dataclass(frozen=True)
class Made:
    """A certificate with its key."""

    certificate: x509.Certificate
    key: Any

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode()

    @property
    def private(self) -> str:
        private = self.key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        return private.decode()


def authority(name: str, *, issuer: Made | None = None, issuer_name: str = "", ended: bool = False, constraints: bool = True) -> Made:
    """A CA: its own issuer unless one is given. ended: not valid any more. constraints: whether it says that it is a CA."""
    extensions = [(x509.BasicConstraints(ca=True, path_length=None), True)] if constraints else []
    return _made(name, issuer, extensions, issuer_name=issuer_name, ended=ended)


def server(host: str, *others: str, issuer: Made | None = None) -> Made:
    """A certificate for hosts, which are DNS names or addresses; self-signed without an issuer."""
    names = x509.SubjectAlternativeName([_general_name(name) for name in (host, *others)])
    return _made(host, issuer, [(x509.BasicConstraints(ca=False, path_length=None), True), (names, False)])


def write(folder: Path, name: str, host: str) -> tuple[Path, Path]:
    """Write NAME-ca.pem and NAME.pem (certificate for the host, with its key); returns both paths."""
    ca = authority(f"{name} CA")
    leaf = server(host, issuer=ca)
    paths = folder / f"{name}-ca.pem", folder / f"{name}.pem"
    paths[0].write_text(ca.pem)
    paths[1].write_text(leaf.private + leaf.pem)
    return paths


def _made(name: str, issuer: Made | None, extensions: list, *, issuer_name: str = "", ended: bool = False) -> Made:
    key = ec.generate_private_key(ec.SECP256R1())
    signer = issuer.key if issuer else key
    by = _name(issuer_name) if issuer_name else issuer.certificate.subject if issuer else _name(name)
    now = datetime.datetime.now(datetime.UTC)
    end = now - 2 * DAY if ended else now + 365 * DAY
    builder = x509.CertificateBuilder(by, _name(name), key.public_key(), x509.random_serial_number(), now - 4 * DAY, end)
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    return Made(builder.sign(signer, hashes.SHA256()), key)


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)
