# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads the file of an Elasticsearch keystore that has no password.

Elasticsearch's own tool shows one value in a call of some seconds; this reads all of them in a fraction of one.
"""

from __future__ import annotations

import hashlib
import struct
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from minicloud.dataplane import DataPlaneError

# Lucene's header: magic number, length and text of the codec's name; big-endian, unlike the rest.
_HEADER = struct.pack(">IB", 0x3FD76C17, 22) + b"elasticsearch.keystore"
_ITERATIONS = 210_000
# Format of the file -> length of the key; older formats derive it with fewer iterations.
_KEY_BYTES = {6: 16, 7: 32}


def read_keystore(path: Path) -> dict[str, str]:
    """Setting -> value. Raises DataPlaneError for a file of another format."""
    content = path.read_bytes()
    (version,) = struct.unpack_from(">I", content, len(_HEADER)) if content.startswith(_HEADER) else (None,)
    if version not in _KEY_BYTES:
        raise DataPlaneError(f"{path} is not a keystore of a known format ({version})")
    # A flag (has a password) and the length of what follows stand before the three parts.
    offset = len(_HEADER) + struct.calcsize("<I?I")
    salt, offset = _part(content, offset)
    nonce, offset = _part(content, offset)
    sealed, offset = _part(content, offset)
    key = hashlib.pbkdf2_hmac("sha512", b"", salt, _ITERATIONS, _KEY_BYTES[version])
    return _entries(AESGCM(key).decrypt(nonce, sealed, salt))


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
