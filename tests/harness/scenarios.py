# SPDX-License-Identifier: GPL-3.0-or-later
"""The scenarios that there are playbooks for, as data. The demonstration, the scenario tests and the suites run over all of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Scenario:
    """playbook: which one makes the links. world: a mini cloud that it can work on; nodes_world: the same, but the local cluster has
    two nodes. local and remote: names of deployments in both worlds. alias: for a demonstration. link: options that its links need.
    """

    name: str
    playbook: str
    world: str
    nodes_world: str
    local: str
    remote: str
    alias: str = "orders"
    link: dict[str, Any] = field(default_factory=dict)


SCENARIOS = {
    scenario.name: scenario
    for scenario in [
        Scenario(
            "ece_to_ech", "crosscluster.elastic.ece_to_ech", "ece_to_ech.yml", "two_nodes.yml", local="search-prod", remote="orders-prod"
        ),
    ]
}
