# SPDX-License-Identifier: GPL-3.0-or-later
"""Node certificates as the platforms issue them: named by an otherName that tells node, cluster and account."""

from __future__ import annotations

import ipaddress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from minicloud.tls import write_private
from minicloud.world import KeyPair

_UTF8_STRING = 0x0C
_LIFETIME = timedelta(days=30)
_CLOCK_SKEW = timedelta(hours=1)


def write_node_certificate(folder: Path, ca: KeyPair, subject: str, address: str) -> None:
    """Write node.crt and node.key to `folder`. `subject` is ``<node>.node.<cluster id>.cluster.<account>.account``."""
    folder.mkdir()
    issuer = x509.load_pem_x509_certificate(ca.certificate.read_bytes())
    issuer_key = serialization.load_pem_private_key(ca.key.read_bytes(), password=None)
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = _builder(issuer, subject, address, key.public_key()).sign(issuer_key, hashes.SHA256())
    (folder / "node.crt").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    write_private(folder / "node.key", pem.decode("ascii"))


def _builder(issuer: x509.Certificate, subject: str, address: str, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    names = [x509.OtherName(NameOID.COMMON_NAME, _utf8_string(subject)), x509.IPAddress(ipaddress.ip_address(address))]
    usages = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
    return (
        x509.CertificateBuilder()
        # A common name holds 64 characters; the otherName is what trust restrictions look at.
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject[:64])]))
        .issuer_name(issuer.subject)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _CLOCK_SKEW)
        .not_valid_after(now + _LIFETIME)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage(usages), critical=False)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .add_extension(_authority(issuer), critical=False)
    )


def _authority(issuer: x509.Certificate) -> x509.AuthorityKeyIdentifier:
    identifier = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier)


def _utf8_string(text: str) -> bytes:
    """DER of a UTF8String of less than 64 KiB."""
    content = text.encode()
    length = bytes([len(content)]) if len(content) < 0x80 else b"\x82" + len(content).to_bytes(2, "big")
    return bytes([_UTF8_STRING]) + length + content
