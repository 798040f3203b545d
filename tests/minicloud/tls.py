# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificate authorities and server certificates, as PEM files."""

from __future__ import annotations

import ipaddress
import os
import ssl
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from minicloud.clock import now, timestamp
from minicloud.world import KeyPair

_LIFETIME = timedelta(days=30)
_CLOCK_SKEW = timedelta(hours=1)


class Authority:
    """A self-signed CA whose files are in `directory`. Certificates that it issues end with the CA's own, the root, in their chain."""

    def __init__(self, name: str, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._directory = directory
        self._key = ec.generate_private_key(ec.SECP256R1())
        subject = _subject(name)
        identifier = x509.SubjectKeyIdentifier.from_public_key(self._key.public_key())
        self._certificate = (
            _builder(subject, subject, self._key.public_key())
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(_key_usage(signs_certificates=True), critical=True)
            .add_extension(identifier, critical=False)
            .sign(self._key, hashes.SHA256())
        )
        self.pem = _pem(self._certificate)
        self.files = KeyPair(directory / "ca.pem", directory / "ca.key")
        self.files.certificate.write_text(self.pem, encoding="ascii")
        write_private(self.files.key, _key_pem(self._key))

    def issue(self, label: str, names: Sequence[str], mutual: bool = False) -> KeyPair:
        """A server certificate in `label`.pem and `label`.key, one for clients as well if `mutual`.

        `names` are DNS names, which may be wildcards, or addresses.
        """
        usages = [ExtendedKeyUsageOID.SERVER_AUTH, *([ExtendedKeyUsageOID.CLIENT_AUTH] if mutual else [])]
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = (
            _builder(_subject(label), self._certificate.subject, key.public_key())
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_key_usage(signs_certificates=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage(usages), critical=False)
            .add_extension(x509.SubjectAlternativeName([_alternative_name(name) for name in names]), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        files = KeyPair(self._directory / f"{label}.pem", self._directory / f"{label}.key")
        files.certificate.write_text(_pem(certificate) + self.pem, encoding="ascii")
        write_private(files.key, _key_pem(key))
        return files


def write_truststore(path: Path, authority: Authority, password: str) -> Path:
    """A PKCS#12 file in which Java finds the CA's certificate."""
    (certificate,) = x509.load_pem_x509_certificates(authority.pem.encode())
    entries = [pkcs12.PKCS12Certificate(certificate, b"ca")]
    encryption = serialization.BestAvailableEncryption(password.encode())
    path.write_bytes(pkcs12.serialize_java_truststore(entries, encryption))
    return path


def server_context(files: KeyPair) -> ssl.SSLContext:
    """The TLS context of a server that shows this certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.certificate, files.key)
    return context


def split_chain(pem: str) -> list[str]:
    """The certificates of a PEM text, each as PEM. Raises ValueError when there is none or one of them is not readable."""
    return [_pem(certificate) for certificate in x509.load_pem_x509_certificates(pem.encode())]


def describe(pem: str) -> dict[str, str]:
    """Fingerprint and validity of the first certificate of a PEM text. Raises ValueError."""
    certificate = x509.load_pem_x509_certificates(pem.encode())[0]
    return {
        "fingerprint": certificate.fingerprint(hashes.SHA256()).hex(),
        "valid_from": timestamp(certificate.not_valid_before_utc),
        "valid_to": timestamp(certificate.not_valid_after_utc),
    }


def write_private(path: Path, text: str) -> None:
    """Write a file which only its owner may read, all of it or nothing."""
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    draft.replace(path)


def _builder(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    moment = now()
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(moment - _CLOCK_SKEW)
        .not_valid_after(moment + _LIFETIME)
    )


def _key_usage(signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _subject(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _alternative_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode("ascii")


def _key_pem(key: ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()).decode("ascii")
