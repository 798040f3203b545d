# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates of nodes in the controller: the CA, which is made when it is asked for, and what it signs."""

from __future__ import annotations

import datetime
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from ..model.errors import InvalidDeclaration, Refused
from ..node import files
from ..pki import signing

_SECRET, _PUBLIC = files.Attributes(mode="0600"), files.Attributes(mode="0644")
_PEM = "-----BEGIN "


@dataclass(frozen=True)
class Authority:
    """The CA as a user gives it.

    certificate: PEM text, or the path of a PEM file, or of a PKCS#12 file with the key in it. key: PEM text or the path of a PEM file.
    name: common name of the CA that is made when neither file is there; None when they have to be there.
    """

    certificate: str
    key: str | None = field(repr=False)
    passphrase: str | None = field(default=None, repr=False)
    name: str | None = None
    key_type: str = "ecdsa-p256"
    valid: datetime.timedelta = datetime.timedelta(days=3650)


def load(wanted: Authority, read_only: bool) -> tuple[signing.Signer, bool]:
    """The CA, and whether it was made just now; made and not kept, when nothing may be written."""
    certificate, key = _content(wanted.certificate), _content(wanted.key) if wanted.key else None
    if certificate is not None and (key is not None or not wanted.key):
        return signing.signer(certificate, key, wanted.passphrase), False
    missing = [path for path, content in ((wanted.certificate, certificate), (wanted.key, key)) if path and content is None]
    if not wanted.name:
        raise Refused(f"there is no {' and no '.join(missing)} on the controller", "give the CA, or ca_name for one that is made")
    if certificate is not None or not wanted.key or _PEM in wanted.key:
        raise Refused(
            f"the CA is incomplete: there is no {' and no '.join(missing)} on the controller",
            "give both ca_certificate and ca_key: neither is made for the other",
        )
    return (_made(wanted, key), True) if read_only else _keep(wanted)


def _keep(wanted: Authority) -> tuple[signing.Signer, bool]:
    """Make the CA once, whatever other processes do: a task runs for several hosts at the same time."""
    paths = Path(str(wanted.key)), Path(wanted.certificate)
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
    with _locked(paths[0].parent):
        key, certificate = (files.read(str(path)) for path in paths)
        if key is not None and certificate is not None:
            return signing.signer(certificate, key, wanted.passphrase), False
        pair = _pair(wanted, key)
        # The key first: what an interrupted run leaves is completed with the key that is there.
        files.write(str(paths[0]), pair.key.encode(), _SECRET)
        files.write(str(paths[1]), pair.certificate.encode(), _PUBLIC)
    return signing.signer(pair.certificate.encode(), pair.key.encode(), wanted.passphrase), True


def _made(wanted: Authority, key: bytes | None) -> signing.Signer:
    pair = _pair(wanted, key)
    return signing.signer(pair.certificate.encode(), pair.key.encode(), wanted.passphrase)


def _pair(wanted: Authority, key: bytes | None) -> signing.Pair:
    return signing.create_authority(str(wanted.name), wanted.key_type, wanted.valid, wanted.passphrase, key.decode() if key else None)


def _content(given: str) -> bytes | None:
    """The text itself when it is PEM, else what the file holds."""
    if _PEM in given:
        return given.encode()
    if "\n" in given:
        raise InvalidDeclaration(["ca_certificate or ca_key is neither PEM text nor the path of a file"])
    return files.read(str(Path(given).expanduser()))


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
