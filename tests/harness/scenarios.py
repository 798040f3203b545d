# SPDX-License-Identifier: GPL-3.0-or-later
"""The scenarios that there are playbooks for, as data. The demonstration, the scenario tests and the suites run over all of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness import worlds

COLLECTION = "crosscluster.elastic"


@dataclass(frozen=True)
class Scenario:
    """local and remote: names of clusters in the world that has all. alias: for a demonstration. link: options that its links need.
    private_ca: the remote's nodes get certificates of a CA of their owners. public_server: they get one of a public CA.

    The playbook that makes the links is named like the scenario.
    """

    name: str
    local: str
    remote: str
    alias: str = "orders"
    link: dict[str, Any] = field(default_factory=dict)
    private_ca: bool = False
    public_server: bool = False

    @property
    def local_nodes(self) -> bool:
        """Whether a run works on nodes of the local cluster."""
        return self.name.startswith("self_managed_to_")

    @property
    def playbook(self) -> str:
        return f"{COLLECTION}.{self.name}"

    def world(self, folder: Path) -> Path:
        """A mini cloud that the playbook can work on."""
        return worlds.cut((self.local, self.remote), folder)

    def nodes_world(self, folder: Path) -> Path:
        """The same with two nodes in the local cluster."""
        return worlds.cut((self.local, self.remote), folder, {self.local: 2})


SCENARIOS = {
    scenario.name: scenario
    for scenario in [
        Scenario("ece_to_ech", "search-prod", "orders-prod"),
        Scenario("ech_to_ech", "shop-prod", "orders-prod"),
        Scenario("ech_to_other_organization", "shop-prod", "partner-prod"),
        Scenario("ece_to_other_ece", "search-prod", "stock-prod", link={"account_trust": "all"}),
        Scenario("ech_to_self_managed", "shop-prod", "billing", link={"account_trust": "all"}, private_ca=True),
        Scenario("self_managed_to_ech", "billing", "orders-prod"),
        Scenario("self_managed_to_ece", "billing", "stock-prod"),
        Scenario("self_managed_to_self_managed", "billing", "archive", private_ca=True),
    ]
}
PUBLIC = [
    Scenario("ece_to_other_ece", "stock-prod", "search-prod"),
    Scenario("ech_to_self_managed", "shop-prod", "archive", public_server=True),
]
"""Those in which the CA of the remote may be private, with a public one."""
DEFAULT = SCENARIOS["ece_to_ech"]
FURTHER = [scenario for scenario in SCENARIOS.values() if scenario is not DEFAULT]
OTHERS = [
    SCENARIOS[name]
    for name in ("ech_to_ech", "ech_to_other_organization", "ece_to_other_ece", "ech_to_self_managed", "self_managed_to_ech")
]
"""Those that suites try besides. Self-managed local clusters do alike whatever the remote is: one of them stands for all."""
