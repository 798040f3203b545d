# SPDX-License-Identifier: GPL-3.0-or-later
"""The PEM form of certificates (RFC 7468), as far as it can be read without knowing what a certificate says."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass

_BEGIN = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)-----")
_BLOCK = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)-----(.*?)-----END \1-----", re.DOTALL)
_CERTIFICATES = ("CERTIFICATE", "X509 CERTIFICATE")


@dataclass(frozen=True)
class Block:
    """label: for example "CERTIFICATE". content: what its base64 text stands for, None when that is no base64."""

    label: str
    content: bytes | None

    @property
    def is_certificate(self) -> bool:
        return self.label in _CERTIFICATES

    @property
    def is_private_key(self) -> bool:
        return self.label.endswith("PRIVATE KEY")


def blocks(data: bytes) -> list[Block]:
    """The blocks of a text, whatever its line ends, indentation and the text around them. One that is cut off has no content."""
    whole = {match.start(): match for match in _BLOCK.finditer(data)}
    return [
        Block(begin.group(1).decode("ascii"), _decoded(whole[begin.start()].group(2)) if begin.start() in whole else None)
        for begin in _BEGIN.finditer(data)
    ]


def fingerprint(content: bytes) -> str:
    """SHA-256 of a certificate's DER form, as lower-case hexadecimal digits without colons."""
    return hashlib.sha256(content).hexdigest()


def fingerprints(texts: Iterable[str]) -> frozenset[str]:
    """The certificates in some PEM texts, as a set that does not depend on their order, repetition or formatting."""
    certificates = [block for text in texts for block in blocks(text.encode("utf-8", "replace")) if block.is_certificate]
    return frozenset(fingerprint(block.content) for block in certificates if block.content)


def same(one: Iterable[str], other: Iterable[str]) -> bool:
    """Whether two collections of PEM texts hold the same certificates."""
    return fingerprints(one) == fingerprints(other)


def _decoded(text: bytes) -> bytes | None:
    try:
        return base64.b64decode(b"".join(text.split()), validate=True) or None
    except binascii.Error:
        return None
