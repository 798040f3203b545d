# SPDX-License-Identifier: GPL-3.0-or-later
"""What Elasticsearch of a version has and does. Versions are tuples of numbers."""

from __future__ import annotations

Version = tuple[int, int, int]

CROSS_CLUSTER_KEYS: Version = (8, 10, 0)
RESOLVE_CLUSTER: Version = (8, 13, 0)
CREDENTIALS_RELOAD: Version = (8, 13, 0)
EXPIRATION_UPDATE: Version = (8, 13, 0)
# The platforms load a changed keystore by themselves from here on.
PLATFORM_RELOAD: Version = (8, 14, 0)
SKIP_UNAVAILABLE_DEFAULT: Version = (8, 15, 0)
REMOTE_CLUSTER_PRIVILEGES: Version = (8, 15, 0)
RELOAD_WITH_MANAGE_ALONE: Version = (8, 15, 2)
RESOLVE_WITHOUT_EXPRESSION: Version = (8, 18, 0)
# Before, _resolve/cluster answered at once that it is not connected, and connected afterwards.
RESOLVE_WAITS_FOR_CONNECTION: Version = (8, 18, 0)
CERTIFICATE_IDENTITY: Version = (9, 3, 0)


def parse(text: str) -> Version:
    """Read "8.19.21"."""
    major, minor, patch = (int(part) for part in text.split("."))
    return major, minor, patch


def minimum_wire(version: Version) -> Version:
    """The oldest version that a node of this one talks to."""
    if version[:2] == (9, 0):
        return 8, 18, 0
    return {8: (7, 17, 0), 9: (8, 19, 0)}.get(version[0], (version[0] - 1, 0, 0))


def text(version: Version) -> str:
    return ".".join(map(str, version))


def connectable(one: Version, other: Version) -> bool:
    return one >= minimum_wire(other) and other >= minimum_wire(one)


def described(version: Version) -> dict[str, str]:
    """The version as ``_resolve/cluster`` tells it."""
    return {
        "number": text(version),
        "build_flavor": "default",
        "minimum_wire_compatibility_version": text(minimum_wire(version)),
        "minimum_index_compatibility_version": "8.0.0" if version[0] >= 9 else "7.0.0",
    }
