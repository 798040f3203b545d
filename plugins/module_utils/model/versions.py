# SPDX-License-Identifier: GPL-3.0-or-later
"""Versions of the Elastic Stack and the rules that depend on them. Every floor is named here and nowhere else."""

from __future__ import annotations

import re
from typing import NamedTuple


class Version(NamedTuple):
    """A stack version; suffixes such as -SNAPSHOT are left out of comparisons."""

    major: int
    minor: int
    patch: int = 0

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"


_PATTERN = re.compile(r"^(\d+)\.(\d+)(?:\.(\d+))?")

API_KEY_FLOOR = Version(8, 14)
"""API key model, both sides: https://www.elastic.co/docs/deploy-manage/remote-clusters"""
API_KEY_BETA_FLOOR = Version(8, 10)
"""Cross-cluster API keys exist as beta from here on: what ``allow_unsupported`` admits."""
RESOLVE_CLUSTER_FLOOR = Version(8, 13)
"""``_resolve/cluster``."""
CERTIFICATES_DEPRECATED = Version(9, 0)
"""From here on Elastic advises against connections without keys."""
RELOAD_FLOOR = Version(8, 13)
"""From here on nodes load remote cluster credentials when they are told to."""
ROLE_REMOTE_CLUSTER_FLOOR = Version(8, 15)
"""Privileges on remote clusters (``remote_cluster``) in roles."""
ROLE_MONITOR_STATS_FLOOR = Version(8, 17)
"""The privilege monitor_stats among these."""
CERTIFICATE_IDENTITY_FLOOR = Version(9, 3)
"""Keys that are bound to the certificate with which the local cluster signs, both sides."""
PLATFORM_RELOAD_FLOOR = Version(8, 14)
"""Elastic Cloud Hosted and Enterprise load a changed credential by themselves from here on; below, a restart does."""


def parse(text: str) -> Version:
    """Read "8.19.21"; raises ValueError for anything that is no version."""
    match = _PATTERN.match(text or "")
    if not match:
        raise ValueError(f"{text!r} is not a version")
    return Version(*(int(part or 0) for part in match.groups()))


def api_key_problem(side: str, version: Version, allow_unsupported: bool) -> str:
    """Why a cluster of this version cannot take part in an API key link, or "" when it can."""
    if version >= API_KEY_FLOOR:
        return ""
    if version >= API_KEY_BETA_FLOOR and allow_unsupported:
        return ""
    problem = (
        f"the {side} cluster runs Elasticsearch {version}; the API key model needs {API_KEY_FLOOR.major}.{API_KEY_FLOOR.minor} or later"
    )
    if version >= API_KEY_BETA_FLOOR:
        return f"{problem}: upgrade it, or set allow_unsupported to use the beta of 8.10 to 8.13"
    return f"{problem}: upgrade it, or use security_model certificate"


def must_restart(version: Version, restart: str) -> bool:
    """Whether a hosted local cluster is restarted after its credential changed.

    restart: ``auto`` (by version), ``always`` or ``never``.
    """
    return restart == "always" or (restart == "auto" and version < PLATFORM_RELOAD_FLOOR)


def misses_restart(version: Version, restart: str, key_made: int, last_plan_ended: int) -> bool:
    """Whether the nodes of a hosted local cluster cannot know a credential yet, because no plan has succeeded since its key was made.

    A run that ended before the restart, or a restart that failed, leaves this behind. restart: as above. Times: milliseconds, 0 unknown.
    """
    return restart != "never" and version < PLATFORM_RELOAD_FLOOR and 0 < last_plan_ended < key_made


def can_name_key_in_use(version: Version) -> bool:
    """Whether the local cluster can be asked which key it uses (``_resolve/cluster``)."""
    return version >= RESOLVE_CLUSTER_FLOOR


def search_compatible(local: Version, remote: Version) -> bool:
    """Whether Elastic supports cross-cluster search from local to remote.

    https://www.elastic.co/docs/explore-analyze/cross-cluster-search (compatibility table)
    """
    if local.major == remote.major:
        return remote.minor >= local.minor - 1
    return _across_majors(local, remote)


def _across_majors(local: Version, remote: Version) -> bool:
    return (
        ((local.major, local.minor) == (7, 17) and remote.major == 8)
        or ((local.major, local.minor) == (8, 0) and (remote.major, remote.minor) == (7, 17))
        or ((local.major, local.minor) == (8, 18) and (remote.major, remote.minor) == (9, 0))
        or ((local.major, local.minor) == (8, 19) and remote.major == 9)
        or ((local.major, local.minor) == (9, 0) and (remote.major, remote.minor) == (8, 18))
    )


def connectable(local: Version, remote: Version) -> bool:
    """Whether nodes of both versions talk to each other at all: within a major, or next to its last minor."""
    older, newer = sorted((local, remote))
    if older.major == newer.major:
        return True
    return older.major + 1 == newer.major and (
        (older.major, older.minor) in {(7, 17), (8, 19)} or ((older.major, older.minor), (newer.major, newer.minor)) == ((8, 18), (9, 0))
    )
