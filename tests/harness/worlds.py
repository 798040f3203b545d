# SPDX-License-Identifier: GPL-3.0-or-later
"""Worlds for scenarios: the clusters that one of them needs, out of the world that has all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from harness.cloud import WORLDS

ALL = WORLDS / "all_scenarios.yml"
_PLATFORMS = {"organizations": "deployments", "environments": "deployments", "self_managed": "clusters"}
"""Kind of platform -> what its clusters are called in a world."""


def cut(names: Iterable[str], folder: Path, nodes: Mapping[str, int] | None = None) -> Path:
    """A world with these clusters only, and the platforms they are on. nodes: other numbers of nodes than there are, by cluster."""
    wanted, numbers = set(names), nodes or {}
    world = yaml.safe_load(ALL.read_text())
    smaller = {
        kind: [{**platform, clusters: kept} for platform in world[kind] if (kept := _kept(platform[clusters], wanted, numbers))]
        for kind, clusters in _PLATFORMS.items()
    }
    path = folder / "world.yml"
    populated = {kind: platforms for kind, platforms in smaller.items() if platforms}
    path.write_text(yaml.safe_dump({**populated, "plan_seconds": world["plan_seconds"]}))
    return path


def _kept(clusters: Iterable[dict[str, Any]], wanted: set[str], numbers: Mapping[str, int]) -> list[dict[str, Any]]:
    return [{**cluster, "nodes": numbers.get(cluster["name"], cluster["nodes"])} for cluster in clusters if cluster["name"] in wanted]
