# SPDX-License-Identifier: GPL-3.0-or-later
"""What a self-managed node makes of its files when it starts: settings, secrets, certificates."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs12

from minicloud.dataplane import DataPlaneError
from minicloud.dataplane.settings import REMOTE_CLUSTER_SERVER_PORT
from minicloud.dataplane.simulated.keystoretool import FILE, Keystore, WrongPassword
from minicloud.dataplane.simulated.settings import flattened

_SERVER = "xpack.security.remote_cluster_server.ssl"
_CLIENT = "xpack.security.remote_cluster_client.ssl"


# What the mini cloud and the owners of nodes may write; Elasticsearch knows more, and refuses what it does not know.
_SETTINGS = re.compile(
    r"(cluster|node|path|network|http|transport|discovery|gateway|bootstrap|action|indices|logger|ingest|xpack)\..+"
    r"|remote_cluster_server\.enabled"
    r"|remote_cluster\.(host|bind_host|publish_host|port|publish_port|tcp\.[a-z_]+)"
)
_SECRETS = re.compile(
    r"keystore\.seed|bootstrap\.password|cluster\.remote\.[-\w]+\.credentials"
    r"|xpack\.security\.(http|transport|remote_cluster_server|remote_cluster_client)\.ssl"
    r"\.(secure_key_passphrase|keystore\.secure_password|keystore\.secure_key_password|truststore\.secure_password)"
)


class CannotStart(DataPlaneError):
    """The node does not come up; the message is what its log says."""


@dataclass(frozen=True)
class Server:
    """A remote cluster server: the certificates that it shows, leaf first."""

    port: int
    chain: tuple[x509.Certificate, ...]


@dataclass(frozen=True)
class Configuration:
    """`settings` are flat; `trusted` are the CAs (PEM) of the remote cluster client, None for Java's own; `verification` is its mode."""

    settings: Mapping[str, Any]
    secrets: Mapping[str, str]
    trusted: frozenset[str] | None
    verification: str
    server: Server | None


def read(folder: Path) -> Configuration:
    """The configuration of a node that starts. Raises CannotStart."""
    settings = _settings(folder / "elasticsearch.yml")
    try:
        secrets = read_secrets(folder)
    except (WrongPassword, OSError) as error:
        raise CannotStart(f"the keystore in {folder} cannot be read without a password") from error
    _refuse_unknown("setting", settings, _SETTINGS)
    _refuse_unknown("secure setting", secrets, _SECRETS)
    files = _Files(folder, settings, secrets)
    return Configuration(
        settings=settings,
        secrets=secrets,
        trusted=files.authorities() if files.is_true(f"{_CLIENT}.enabled", "true") else None,
        verification=settings.get(f"{_CLIENT}.verification_mode", "full"),
        server=files.server() if files.is_true("remote_cluster_server.enabled", "false") else None,
    )


def read_secrets(folder: Path, password: str = "") -> dict[str, str]:
    """Setting -> value, as they are in the keystore. Raises WrongPassword or OSError."""
    entries = Keystore.read(folder / FILE, password).entries
    return {name: value.decode("utf-8", "replace") for name, value in entries.items()}


def trusted_now(folder: Path, settings: Mapping[str, Any], secrets: Mapping[str, str], before: frozenset[str]) -> frozenset[str]:
    """What the client of a running node trusts: it notices new contents of its files, and stays with the old ones where they are bad."""
    try:
        return _Files(folder, settings, secrets).authorities() or before
    except CannotStart:
        return before


def _refuse_unknown(kind: str, names: Iterable[str], known: re.Pattern[str]) -> None:
    for name in sorted(names):
        if not known.fullmatch(name):
            raise CannotStart(
                f"unknown {kind} [{name}] please check that any required plugins are installed, or check the breaking changes "
                "documentation for removed settings"
            )


def _settings(file: Path) -> dict[str, Any]:
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
    except (OSError, yaml.YAMLError) as error:
        raise CannotStart(f"Failed to load settings from [{file.name}]: {error}") from error
    if not isinstance(content, dict):
        raise CannotStart(f"Failed to load settings from [{file.name}]: it is no mapping")
    return flattened(content)


@dataclass(frozen=True)
class _Files:
    """The certificate files of a node, and what is said about them."""

    folder: Path
    settings: Mapping[str, Any]
    secrets: Mapping[str, str]

    def is_true(self, name: str, default: str) -> bool:
        return self.settings.get(name, default) == "true"

    def server(self) -> Server:
        port = int(self.settings.get("remote_cluster.port", REMOTE_CLUSTER_SERVER_PORT))
        if not self.is_true(f"{_SERVER}.enabled", "true"):
            return Server(port, ())
        if f"{_SERVER}.keystore.path" in self.settings:
            return Server(port, self._pkcs12(_SERVER, "keystore")[0])
        if not {f"{_SERVER}.key", f"{_SERVER}.certificate"} <= set(self.settings):
            raise CannotStart(
                f"invalid SSL configuration for {_SERVER} - server ssl configuration requires a key and certificate, but these have not "
                f"been configured; you must set either [{_SERVER}.keystore.path], or both [{_SERVER}.key] and [{_SERVER}.certificate]"
            )
        self._check_key(self._bytes(_SERVER, "PEM private key", self.settings[f"{_SERVER}.key"]))
        return Server(port, self._pem(_SERVER, "PEM certificate_authorities", self.settings[f"{_SERVER}.certificate"]))

    def authorities(self) -> frozenset[str] | None:
        """What the client trusts."""
        listed = self.settings.get(f"{_CLIENT}.certificate_authorities")
        if listed is not None:
            found = [one for name in _listed(listed) for one in self._pem(_CLIENT, "PEM certificate_authorities", name)]
        elif f"{_CLIENT}.truststore.path" in self.settings:
            found = list(self._pkcs12(_CLIENT, "truststore")[1])
        else:
            return None
        return frozenset(one.public_bytes(serialization.Encoding.PEM).decode("ascii") for one in found)

    def _check_key(self, content: bytes) -> None:
        passphrase = self.secrets.get(f"{_SERVER}.secure_key_passphrase")
        try:
            serialization.load_pem_private_key(content, passphrase.encode() if passphrase else None)
        except (ValueError, TypeError) as error:
            raise self._unusable(_SERVER, "cannot load PEM private key", self.settings[f"{_SERVER}.key"], error) from error

    def _pem(self, context: str, kind: str, name: str) -> tuple[x509.Certificate, ...]:
        try:
            return tuple(x509.load_pem_x509_certificates(self._bytes(context, kind, name)))
        except ValueError as error:
            raise self._unusable(context, f"cannot load {kind} from", name, error) from error

    def _pkcs12(self, context: str, kind: str) -> tuple[tuple[x509.Certificate, ...], tuple[x509.Certificate, ...]]:
        """The chain of the key and the other certificates."""
        name = self.settings[f"{context}.{kind}.path"]
        password = self.secrets.get(f"{context}.{kind}.secure_password", "")
        try:
            content = pkcs12.load_pkcs12(self._bytes(context, f"[PKCS12] {kind}", name), password.encode())
        except ValueError as error:
            raise self._unusable(context, f"cannot read configured [PKCS12] {kind}", name, error) from error
        others = tuple(one.certificate for one in content.additional_certs)
        return ((content.cert.certificate, *others) if content.cert else ()), others

    def _bytes(self, context: str, kind: str, name: str) -> bytes:
        try:
            return (self.folder / name).read_bytes()
        except OSError as error:
            why = "the file does not exist" if isinstance(error, FileNotFoundError) else f"access is denied: {error.strerror}"
            text = f"failed to load SSL configuration [{context}] - cannot read configured {kind} [{self.folder / name}] because {why}"
            raise CannotStart(text) from error

    def _unusable(self, context: str, what: str, name: str, error: Exception) -> CannotStart:
        return CannotStart(f"failed to load SSL configuration [{context}] - {what} [{self.folder / name}]: {error}")


def _listed(value: Any) -> list[str]:
    return value if isinstance(value, list) else [part.strip() for part in str(value).split(",")]
