# SPDX-License-Identifier: GPL-3.0-or-later
"""Remotes that admit their clients only: a link makes them admit the local cluster too, and nobody else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness import worlds
from harness.cloud import MiniCloud, running
from harness.controller import Controller, registry_change
from harness.scenarios import DEFAULT, SCENARIOS, Scenario

ROWS = [
    pytest.param(SCENARIOS["ech_to_other_organization"], marks=pytest.mark.proves("R46")),
    pytest.param(DEFAULT, marks=pytest.mark.proves("R47")),
    pytest.param(SCENARIOS["ece_to_other_ece"], marks=pytest.mark.proves("R48")),
]
RULESETS = "/deployments/traffic-filter/rulesets"
CLIENTS = {"source": "192.0.2.0/24"}


@pytest.fixture(scope="module")
def filtering(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MiniCloud]:
    """A mini cloud with the clusters of all these scenarios."""
    folder = tmp_path_factory.mktemp("filtering")
    names = [name for row in ROWS for scenario in row.values for name in (scenario.local, scenario.remote)]
    with running(worlds.cut(names, folder), folder / "cloud", "simulated") as started:
        yield started


@pytest.fixture
def controller(filtering: MiniCloud, scenario: Scenario, tmp_path: Path) -> Controller:
    """Somebody whose remote has a traffic filter for its clients, and something to find."""
    made = Controller(filtering, tmp_path, scenario)
    made.fill()
    remote = filtering.deployment(scenario.remote)
    region = filtering.control(scenario.remote, "GET", "").json()["resources"]["elasticsearch"][0]["region"]
    ruleset = {"name": "clients", "type": "ip", "region": region, "include_by_default": False, "rules": [CLIENTS]}
    made_id = filtering.api(remote["platform"], "POST", RULESETS, ruleset).json()["id"]
    entity = {"entity_type": "deployment", "id": remote["id"]}
    assert filtering.api(remote["platform"], "POST", f"{RULESETS}/{made_id}/associations", entity).status_code == 201
    return made


def expected_rules(controller: Controller) -> list[dict[str, Any]]:
    """How the remote's platform knows the local cluster: by its id where it is hosted, as the remote then is, else by its addresses."""
    cloud, local = controller.cloud, controller.cloud.deployment(controller.scenario.local)
    if cloud.platform(local["platform"])["type"] == "ech":
        info = cloud.control(controller.scenario.local, "GET", "").json()["resources"]["elasticsearch"][0]["info"]
        return [{"remote_cluster_id": info["cluster_id"]}]
    return [{"source": source} for source in cloud.platform(local["platform"])["egress"]]


@pytest.mark.proves("R50")
@pytest.mark.parametrize("scenario", ROWS, ids=lambda scenario: scenario.name, indirect=True)
def test_a_filtered_remote_is_made_to_admit_the_local_cluster_with_the_credentials_of_its_own_platform(controller: Controller):
    cloud, mark = controller.cloud, controller.cloud.mark()
    local, remote = (cloud.deployment(name)["platform"] for name in (controller.scenario.local, controller.scenario.remote))
    known = registry_change(cloud, "links_platforms", local, egress=cloud.platform(local)["egress"])
    alias = controller.scenario.name.replace("_", "-")
    wanted = controller.link(alias)

    made = controller.run(wanted, change=known)
    again = controller.run(wanted, change=known)

    assert made.play.status == again.play.status == 0, made.text + again.text
    assert made.changes[0]["step"] == "network"
    assert [hit["_index"] for hit in controller.search(alias)] == [f"{alias}:orders-2026"]
    filters = [entry for entry in cloud.requests_since(mark) if entry["write"] and "traffic-filter" in entry["path"]]
    assert {entry["platform"] for entry in filters} == {remote}
    rulesets = cloud.api(remote, "GET", RULESETS).json()["rulesets"]
    rules = {ruleset["name"].split()[0]: sorted(map(str, map(told, ruleset["rules"]))) for ruleset in rulesets}
    assert rules == {"clients": [str(CLIENTS)], "crosscluster.elastic": sorted(map(str, expected_rules(controller)))}
    assert again.writes == []


def told(rule: dict[str, Any]) -> dict[str, Any]:
    """Whom a rule is about."""
    return {field: value for field, value in rule.items() if field in ("source", "remote_cluster_id", "remote_cluster_org_id") and value}
