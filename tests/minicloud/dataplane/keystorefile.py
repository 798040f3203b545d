# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads and writes the file of an Elasticsearch keystore that has no password.

A call of Elasticsearch's own tool takes seconds, and shows one value only; this takes a fraction of one for all of them.
"""

from __future__ import annotations

import hashlib
import os
import struct
import zlib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from minicloud.dataplane import DataPlaneError
from minicloud.dataplane.processes import UNPRIVILEGED

# Lucene's header: magic number, length and text of the codec's name; big-endian, unlike the rest.
_HEADER = struct.pack(">IB", 0x3FD76C17, 22) + b"elasticsearch.keystore"
# Format of the file -> iterations that derive its key, and its length.
_FORMATS = {5: (10_000, 16), 6: (210_000, 16), 7: (210_000, 32)}
# Elasticsearch reads all of them; this one takes a node and its tools a second less than the newest.
_WRITTEN = 5
_SALT_BYTES, _NONCE_BYTES = 64, 12
# Lucene's footer: magic number, kind of the checksum, and the checksum of all that stands before it.
_FOOTER = struct.pack(">II", 0xC02893E8, 0)


def read_keystore(path: Path) -> dict[str, str]:
    """Setting -> value. Raises DataPlaneError for a file of another format."""
    return dict(_read(path.read_bytes(), path))


def write_keystore(path: Path, entries: Mapping[str, str]) -> None:
    """Put a file with these settings in the place of the one that is there, or of none; root leaves it to whom nodes run as."""
    salt, nonce = os.urandom(_SALT_BYTES), os.urandom(_NONCE_BYTES)
    sealed = AESGCM(_key(salt, _WRITTEN)).encrypt(nonce, _plain(entries), salt)
    parts = b"".join(struct.pack("<I", len(part)) + part for part in (salt, nonce, sealed))
    content = _HEADER + struct.pack(">I", _WRITTEN) + struct.pack("<?I", False, len(parts)) + parts + _FOOTER
    fresh = path.with_name(f"{path.name}.new")
    fresh.write_bytes(content + struct.pack(">Q", zlib.crc32(content)))
    fresh.chmod(0o660)
    if os.geteuid() == 0:
        os.chown(fresh, UNPRIVILEGED, UNPRIVILEGED)
    os.replace(fresh, path)


@lru_cache(maxsize=64)
def _read(content: bytes, path: Path) -> tuple[tuple[str, str], ...]:
    (version,) = struct.unpack_from(">I", content, len(_HEADER)) if content.startswith(_HEADER) else (None,)
    if version not in _FORMATS:
        raise DataPlaneError(f"{path} is not a keystore of a known format ({version})")
    # A flag (has a password) and the length of what follows stand before the three parts.
    offset = len(_HEADER) + struct.calcsize("<I?I")
    salt, offset = _part(content, offset)
    nonce, offset = _part(content, offset)
    sealed, offset = _part(content, offset)
    return tuple(_entries(AESGCM(_key(salt, version)).decrypt(nonce, sealed, salt)).items())


def _key(salt: bytes, version: int) -> bytes:
    iterations, length = _FORMATS[version]
    return hashlib.pbkdf2_hmac("sha512", b"", salt, iterations, length)


def _part(content: bytes, offset: int) -> tuple[bytes, int]:
    (length,) = struct.unpack_from("<I", content, offset)
    end = offset + 4 + length
    return content[offset + 4 : end], end


def _entries(plain: bytes) -> dict[str, str]:
    """Entries as Java's DataOutputStream wrote them: their number, then names (16 bit length) and values (32 bit length)."""
    (count,) = struct.unpack_from(">I", plain)
    entries, offset = {}, 4
    for _entry in range(count):
        (length,) = struct.unpack_from(">H", plain, offset)
        name = plain[offset + 2 : offset + 2 + length].decode()
        offset += 2 + length
        (length,) = struct.unpack_from(">I", plain, offset)
        entries[name] = plain[offset + 4 : offset + 4 + length].decode()
        offset += 4 + length
    return entries


def _plain(entries: Mapping[str, str]) -> bytes:
    """The opposite of ``_entries``."""
    texts = ((name.encode(), value.encode()) for name, value in sorted(entries.items()))
    pairs = (struct.pack(">H", len(name)) + name + struct.pack(">I", len(value)) + value for name, value in texts)
    return struct.pack(">I", len(entries)) + b"".join(pairs)
