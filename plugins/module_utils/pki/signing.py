# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates of nodes, signed in the controller: the key of the CA goes nowhere else.

Elasticsearch reads PEM certificates and PKCS#8 keys (``xpack.security.*.ssl.certificate``, ``.key``):
https://www.elastic.co/docs/reference/elasticsearch/configuration-reference/security-settings
"""

from __future__ import annotations

import datetime
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Callable

from ..model.addresses import is_host
from ..model.errors import InvalidDeclaration, Refused
from ..model.inputs import shown

try:
    from cryptography import x509
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec, rsa
    from cryptography.hazmat.primitives.serialization import pkcs12
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
except ImportError:
    # The action that leads here asks for the library before.
    x509 = None  # type: ignore[assignment]

_CLOCK_SKEW = datetime.timedelta(hours=1)
_LONGEST_COMMON_NAME = 64
_UTF8_STRING = 0x0C


@dataclass(frozen=True)
class Subject:
    """What a certificate is to say.

    dns, ip, other_names: alternative names; other_names are common names in the form of an otherName (for trust restrictions).
    key_type: ecdsa-p256, ecdsa-p384 or rsa-<bits>.
    """

    common_name: str
    dns: Sequence[str] = ()
    ip: Sequence[str] = ()
    other_names: Sequence[str] = ()
    key_type: str = "ecdsa-p256"


@dataclass(frozen=True)
class Signer:
    """A CA with its key. intermediates: certificates between it and its root, itself included, which nodes must send along."""

    certificate: Any
    key: Any = field(repr=False)
    intermediates: Sequence[Any] = ()

    @property
    def pem(self) -> str:
        return _pem(self.certificate)


@dataclass(frozen=True)
class Pair:
    """A certificate, with what has to be sent along, and its key, both PEM text."""

    certificate: str
    key: str = field(repr=False)


def create_authority(name: str, key_type: str, valid: datetime.timedelta, passphrase: str | None, key: str | None = None) -> Pair:
    """A new CA. key: the one to use, which an interrupted run has left."""
    private = _private_key(key.encode(), passphrase, "the key of the CA") if key else _generate(key_type)
    subject = _name(name)
    certificate = (
        _builder(subject, subject, private.public_key(), _now() + valid)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .sign(private, hashes.SHA256())
    )
    return Pair(_pem(certificate), key or _private_text(private, passphrase))


def signer(certificate: bytes, key: bytes | None, passphrase: str | None) -> Signer:
    """A CA out of a PEM certificate and its PEM key, or out of one PKCS#12 file with both. Raises InvalidDeclaration."""
    if key is None:
        private, found = _from_pkcs12(certificate, passphrase)
    else:
        private, found = _private_key(key, passphrase, "ca_key"), _certificates(certificate, "ca_certificate")
    own = [entry for entry in found if _public_bytes(entry.public_key()) == _public_bytes(private.public_key())]
    if not own:
        raise InvalidDeclaration(["ca_key is not the key of ca_certificate"], "give the two that belong together")
    if not _may_sign(own[0]):
        raise InvalidDeclaration(["ca_certificate is not the certificate of a CA"], "give the CA that is to sign the certificate")
    return Signer(own[0], private, [entry for entry in found if not _signed_by(entry, entry)])


def issue(authority: Signer, subject: Subject, valid: datetime.timedelta, passphrase: str | None) -> Pair:
    """A new key and its certificate, for servers and clients. It ends when the CA ends, if that is earlier. Raises Refused."""
    now = _now()
    ends = min(now + valid, _ends(authority.certificate))
    if ends <= now:
        raise Refused(f"the CA {_text(authority.certificate.subject)} has expired", "give another CA")
    key = _generate(subject.key_type)
    builder = (
        _builder(_name(subject.common_name), authority.certificate.subject, key.public_key(), ends)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
        .add_extension(_authority_identifier(authority.certificate), critical=False)
    )
    names = _general_names(subject)
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    certificate = builder.sign(authority.key, hashes.SHA256())
    return Pair("".join(_pem(entry) for entry in (certificate, *authority.intermediates)), _private_text(key, passphrase))


def reasons_to_issue(current: str, authority: Signer, subject: Subject, renew_before: datetime.timedelta) -> list[str]:
    """Why a certificate (PEM, "" for none) does not do any longer; nothing when it does."""
    try:
        certificate = x509.load_pem_x509_certificate(current.encode())
    except ValueError:
        return ["there is no certificate" if not current else "what is there is not a certificate"]
    reasons = {
        "it is not signed by the CA": not _signed_by(certificate, authority.certificate),
        "it has another common name": certificate.subject != _name(subject.common_name),
        "it has other alternative names": _alternative_names(certificate) != set(_general_names(subject)),
        f"its key is not {subject.key_type}": _key_type(certificate.public_key()) != subject.key_type,
        f"it ends at {_timestamp(_ends(certificate))}": _ends(certificate) - renew_before <= _now(),
    }
    return [reason for reason, holds in reasons.items() if holds]


def describe(text: str) -> dict[str, Any]:
    """A certificate for people; {} for what is none."""
    try:
        certificate = x509.load_pem_x509_certificate(text.encode())
    except ValueError:
        return {}
    names = _alternative_names(certificate)
    return {
        "subject": _text(certificate.subject),
        "issuer": _text(certificate.issuer),
        "dns": sorted(name.value for name in names if isinstance(name, x509.DNSName)),
        "ip": sorted(str(name.value) for name in names if isinstance(name, x509.IPAddress)),
        "other_names": sorted(name.value[_content_of(name.value) :].decode() for name in names if _is_common_name(name)),
        "not_after": _timestamp(_ends(certificate)),
        "fingerprint": certificate.fingerprint(hashes.SHA256()).hex(),
    }


def pair_problems(pair: Pair, passphrase: str | None) -> list[str]:
    """What is wrong with a certificate and a key that somebody supplies."""
    try:
        key = _private_key(pair.key.encode(), passphrase, "private_key")
        certificate = _certificates(pair.certificate.encode(), "certificate")[0]
    except InvalidDeclaration as error:
        return error.problems
    fits = _public_bytes(certificate.public_key()) == _public_bytes(key.public_key())
    return [] if fits else ["private_key is not the key of certificate, which has to come first where there are several"]


def subject_problems(subject: Subject) -> list[str]:
    """What is wrong with the names."""
    found = [] if subject.common_name else ["common_name is missing, and there is no dns name to take its place"]
    found += [f"dns name {shown(name)} is not a host name" for name in subject.dns if not _is_dns_name(name)]
    return found + [f"ip {address!r} is not an IP address" for address in subject.ip if not _is_address(address)]


def _is_dns_name(name: str) -> bool:
    """Whether it is the name of a host, or of all hosts of a domain."""
    return is_host(name[2:] if name.startswith("*.") else name) and not _is_address(name)


def _generate(key_type: str) -> Any:
    kind, _dash, size = key_type.partition("-")
    if kind == "rsa":
        return rsa.generate_private_key(public_exponent=65537, key_size=int(size))
    return ec.generate_private_key(ec.SECP256R1() if size == "p256" else ec.SECP384R1())


def _key_type(key: Any) -> str:
    return f"ecdsa-p{key.curve.key_size}" if isinstance(key, ec.EllipticCurvePublicKey) else f"rsa-{getattr(key, 'key_size', 0)}"


def _builder(subject: Any, issuer: Any, key: Any, ends: datetime.datetime) -> Any:
    return x509.CertificateBuilder(issuer, subject, key, x509.random_serial_number(), _now() - _CLOCK_SKEW, ends).add_extension(
        x509.SubjectKeyIdentifier.from_public_key(key), critical=False
    )


def _usage(*, signs_certificates: bool) -> Any:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=not signs_certificates,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _authority_identifier(certificate: Any) -> Any:
    try:
        identifier = certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    except x509.ExtensionNotFound:
        return x509.AuthorityKeyIdentifier.from_issuer_public_key(certificate.public_key())
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier)


def _general_names(subject: Subject) -> list[Any]:
    return [
        *(x509.DNSName(name) for name in dict.fromkeys(subject.dns)),
        *(x509.IPAddress(address) for address in dict.fromkeys(ipaddress.ip_address(text) for text in subject.ip)),
        *(x509.OtherName(NameOID.COMMON_NAME, _utf8_string(name)) for name in dict.fromkeys(subject.other_names)),
    ]


def _alternative_names(certificate: Any) -> set[Any]:
    try:
        return set(certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value)
    except x509.ExtensionNotFound:
        return set()


def _is_common_name(name: Any) -> bool:
    return isinstance(name, x509.OtherName) and name.type_id == NameOID.COMMON_NAME


def _utf8_string(text: str) -> bytes:
    """DER of a UTF8String."""
    content = text.encode()
    if len(content) < 0x80:
        return bytes([_UTF8_STRING, len(content)]) + content
    length = len(content).to_bytes((len(content).bit_length() + 7) // 8, "big")
    return bytes([_UTF8_STRING, 0x80 | len(length)]) + length + content


def _content_of(der: bytes) -> int:
    """Where the content of a DER value begins."""
    return 2 + (der[1] & 0x7F if der[1] & 0x80 else 0)


def _name(common_name: str) -> Any:
    # A common name holds 64 characters; what counts are the alternative names.
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name[:_LONGEST_COMMON_NAME])])


def _signed_by(certificate: Any, authority: Any) -> bool:
    try:
        certificate.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _may_sign(certificate: Any) -> bool:
    try:
        return bool(certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca)
    except x509.ExtensionNotFound:
        return False


def _certificates(data: bytes, what: str) -> list[Any]:
    return _loaded(lambda: x509.load_pem_x509_certificates(data), f"{what} is not a PEM certificate")


def _private_key(data: bytes, passphrase: str | None, what: str) -> Any:
    given = passphrase.encode() if passphrase else None
    # A passphrase for a key that has none is an error of the library and none of the user.
    encrypted = b"ENCRYPTED" in data
    problem = f"{what} is not a PEM key" + (f", or its passphrase is {'wrong' if given else 'missing'}" if encrypted else "")
    return _loaded(lambda: serialization.load_pem_private_key(data, given if encrypted else None), problem)


def _from_pkcs12(data: bytes, passphrase: str | None) -> tuple[Any, list[Any]]:
    problem = "ca_certificate is not a PKCS#12 file with a key (and ca_key is not given), or ca_passphrase is wrong"
    key, certificate, others = _loaded(lambda: pkcs12.load_key_and_certificates(data, (passphrase or "").encode()), problem)
    if key is None or certificate is None:
        raise InvalidDeclaration([problem])
    return key, [certificate, *others]


def _loaded(load: Callable[[], Any], problem: str) -> Any:
    try:
        return load()
    except (ValueError, TypeError) as error:
        raise InvalidDeclaration([problem]) from error


def _private_text(key: Any, passphrase: str | None) -> str:
    encryption = serialization.BestAvailableEncryption(passphrase.encode()) if passphrase else serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption).decode("ascii")


def _public_bytes(key: Any) -> bytes:
    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def _pem(certificate: Any) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode("ascii")


def _text(name: Any) -> str:
    return name.rfc4514_string()


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.timezone.utc)


def _ends(certificate: Any) -> datetime.datetime:
    return certificate.not_valid_after_utc


def _timestamp(moment: datetime.datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
