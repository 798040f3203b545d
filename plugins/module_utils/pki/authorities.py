# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates of certificate authorities, out of whatever a person has at hand: PEM, DER or PKCS#12."""

from __future__ import annotations

import datetime
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from ..model import pem
from ..model.errors import InvalidDeclaration, Refused
from .library import require

try:
    from cryptography import x509
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import Encoding, pkcs12
except ImportError:
    x509 = None  # type: ignore[assignment]
else:
    _UNREADABLE = (ValueError, TypeError, x509.InvalidVersion, x509.DuplicateExtension, x509.UnsupportedGeneralNameType)

_FORMS = "Give one or more CA certificates as PEM, DER or PKCS#12"


@dataclass(frozen=True)
class Authority:
    """A certificate that signs others.

    pem: one certificate, with a line end after it. fingerprint: SHA-256, lower-case hexadecimal digits without colons.
    not_before, not_after: ISO 8601 in UTC. self_signed: its own key has signed it, which was verified.
    is_ca: it says that it may sign others, or says nothing about it and is self-signed.
    """

    pem: str
    subject: str
    issuer: str
    fingerprint: str
    not_before: str
    not_after: str
    self_signed: bool
    is_ca: bool

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def read(data: bytes, password: str | None = None, *, source: str = "the CA certificate") -> list[Authority]:
    """The CA certificates in a PEM bundle, a DER file or a PKCS#12 file (a truststore, or a CA with its key, which is left out).

    source: what a person calls it; opens the error message. An expired certificate is no error.
    Raises InvalidDeclaration for a private key in PEM, for a certificate that is not a CA's, and when there is none.
    """
    require()
    if pem.blocks(data):
        found = _from_pem(data, source)
    elif _is_pkcs12(data):
        found = [authority for authority in _from_pkcs12(data, password, source) if authority.is_ca]
    else:
        found = [_authority(data, source)]
    problems = [f"{source}: {entry.subject} is the certificate of a server and not of a CA" for entry in found if not entry.is_ca]
    if problems:
        raise InvalidDeclaration(problems, "Give the certificate of the CA that signed it")
    if not found:
        raise InvalidDeclaration([f"{source} holds no certificate of a CA"], _FORMS)
    return list({authority.fingerprint: authority for authority in found}.values())


def gather(given: Iterable[str], password: str | None = None, *, option: str = "certificates") -> list[Authority]:
    """The CA certificates of an option's entries, each of them a PEM text or the path of a file that ``read`` understands.

    password: of the PKCS#12 files among them. option: its name, for messages. Raises InvalidDeclaration with all problems at once.
    """
    found: dict[str, Authority] = {}
    problems = []
    for number, entry in enumerate(given):
        source = f"{option}[{number}]" if "-----BEGIN" in entry else f"{option}[{number}] ({entry})"
        try:
            found.update((authority.fingerprint, authority) for authority in read(_content(entry), password, source=source))
        except InvalidDeclaration as error:
            problems += [f"{problem.rstrip('.')}. {error.remedy}" for problem in error.problems]
        except OSError as error:
            problems.append(f"{source} cannot be read ({error.strerror or error})")
    if problems:
        raise InvalidDeclaration(problems)
    return list(found.values())


def expired(found: Iterable[Authority], now: datetime.datetime) -> list[str]:
    """A sentence for each certificate that is not valid any more."""
    return [f"the certificate {entry.subject} has expired on {entry.not_after}" for entry in found if entry.not_after < _timestamp(now)]


def chain(certificates: Iterable[str]) -> list[Authority]:
    """The certificates of a chain in its order, those of servers included. Raises InvalidDeclaration for what cannot be read."""
    require()
    return [authority for text in certificates for authority in _from_pem(text.encode(), "the certificate chain")]


def root_of(certificates: Iterable[str]) -> Authority:
    """The last certificate of a chain, which is its root. Raises Refused when it is not, because the root was left out of the chain."""
    found = chain(certificates)
    if not found:
        raise Refused("the certificate chain is empty", "give the CA certificate in a file instead")
    last = found[-1]
    if not last.self_signed:
        raise Refused(
            f"the last certificate of the chain, {last.subject}, is not self-signed but issued by {last.issuer}, which is not in the chain",
            "the root was not uploaded with the certificate of the proxies: give it in a file, or let the platform's administrator"
            " upload the whole chain",
        )
    return last


def _content(entry: str) -> bytes:
    if "-----BEGIN" in entry:
        return entry.encode()
    with open(os.path.expanduser(entry), "rb") as file:
        return file.read()


def publicly_trusted(certificates: Iterable[str], roots: Iterable[bytes]) -> bool:
    """Whether a chain ends in one of the roots (DER) that machines trust anyway, or in what one of them has issued."""
    found = list(certificates)
    if not found:
        return False
    last = x509.load_pem_x509_certificate(found[-1].encode())
    issuer = last.issuer.public_bytes()
    # Most roots have nothing to do with it, and some are too odd to be read without a warning.
    return any(_issued_by(last, x509.load_der_x509_certificate(root)) for root in roots if issuer in root)


def _from_pem(data: bytes, source: str) -> list[Authority]:
    found = pem.blocks(data)
    if any(block.is_private_key for block in found):
        raise InvalidDeclaration([f"{source} holds a private key"], "Give the certificate alone: the key belongs to nobody else")
    certificates = [block for block in found if block.is_certificate]
    if any(block.content is None for block in certificates):
        raise InvalidDeclaration([f"{source} holds a certificate that is cut off or not valid base64"], _FORMS)
    return [_authority(block.content or b"", source) for block in certificates]


def _is_pkcs12(data: bytes) -> bool:
    # A certificate begins with the sequence of what is signed, a PKCS#12 file with its version, the number 3.
    return data[:1] == b"\x30" and b"\x02\x01\x03" in data[:9]


def _from_pkcs12(data: bytes, password: str | None, source: str) -> list[Authority]:
    try:
        loaded = pkcs12.load_pkcs12(data, (password or "").encode())
    except _UNREADABLE as error:
        reason = "its password is wrong or it is damaged" if password else "it needs a password or is damaged"
        raise InvalidDeclaration([f"{source} cannot be read as PKCS#12: {reason}"], "Check the password and the file") from error
    bags = [bag for bag in (loaded.cert, *loaded.additional_certs) if bag]
    return [_authority(bag.certificate.public_bytes(Encoding.DER), source) for bag in bags]


def _authority(der: bytes, source: str) -> Authority:
    try:
        certificate = x509.load_der_x509_certificate(der)
        self_signed = _signed_by_itself(certificate)
        return Authority(
            pem=certificate.public_bytes(Encoding.PEM).decode("ascii"),
            subject=certificate.subject.rfc4514_string(),
            issuer=certificate.issuer.rfc4514_string(),
            fingerprint=pem.fingerprint(der),
            not_before=_timestamp(certificate.not_valid_before_utc),
            not_after=_timestamp(certificate.not_valid_after_utc),
            self_signed=self_signed,
            is_ca=_may_sign(certificate, self_signed),
        )
    except _UNREADABLE as error:
        raise InvalidDeclaration([f"{source} is not readable as a certificate"], _FORMS) from error


def _signed_by_itself(certificate: x509.Certificate) -> bool:
    return _issued_by(certificate, certificate)


def _issued_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def _may_sign(certificate: x509.Certificate, self_signed: bool) -> bool:
    try:
        return bool(certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca)
    except x509.ExtensionNotFound:
        return self_signed


def _timestamp(moment: datetime.datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
