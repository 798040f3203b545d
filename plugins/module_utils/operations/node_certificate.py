# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificate and key of a node as files on its host. What they say is decided in the controller, see operations/certificates."""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field

from ..model.change import Change
from ..node import files


@dataclass(frozen=True)
class File:
    """A file as it should be. content: None for one that stays as it is. secret: its content is in no diff."""

    path: str
    content: bytes | None = field(repr=False)
    attributes: files.Attributes
    secret: bool = False


def observe(path: str, key_path: str, passphrase: str | None) -> dict:
    """The certificate (PEM text, "" for none) and whether the key fits it and is encrypted as the passphrase asks for."""
    certificate, key = files.read(path), files.read(key_path)
    return {
        "certificate": (certificate or b"").decode("utf-8", "replace"),
        "key_fits": bool(certificate and key) and (b"ENCRYPTED" in (key or b"")) == bool(passphrase) and _load(path, key_path, passphrase),
    }


def plan(subject: str, wanted: Sequence[File]) -> Change | None:
    """What to write, and whose attributes to set."""
    written = [file for file in wanted if file.content is not None and file.content != files.read(file.path)]
    adjusted = [file for file in wanted if file not in written and files.attributes(file.path) and files.differ(file.path, file.attributes)]
    if not written and not adjusted:
        return None
    changed = [*written, *adjusted]
    return Change(
        what=subject,
        action="update" if any(files.attributes(file.path) for file in changed) else "create",
        before={file.path: files.attributes(file.path) for file in changed},
        after={file.path: _after(file, file in written) for file in changed},
        payload=(written, adjusted),
    )


def apply(change: Change) -> dict:
    """Write the files; nothing is returned. The key is first: a run that ends in between leaves a pair that does not fit, which shows."""
    written, adjusted = change.payload
    for file in sorted(written, key=lambda file: not file.secret):
        files.write(file.path, file.content, file.attributes)
    for file in adjusted:
        files.set_attributes(file.path, file.attributes)
    return {}


def _after(file: File, written: bool) -> dict[str, str]:
    wanted = {"owner": file.attributes.owner, "group": file.attributes.group, "mode": file.attributes.mode}
    content = {"content": "(hidden) new" if file.secret else "new"} if written else {}
    return {**files.attributes(file.path), **{name: value for name, value in wanted.items() if value}, **content}


def _load(path: str, key_path: str, passphrase: str | None) -> bool:
    """Whether OpenSSL takes them as a pair; the standard library has no other way to find out."""
    try:
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(path, key_path, password=passphrase or "")
    except (ssl.SSLError, OSError):
        return False
    return True
