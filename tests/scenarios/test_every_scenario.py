# SPDX-License-Identifier: GPL-3.0-or-later
"""Every scenario on real Elasticsearch, in one mini cloud: predicted, made, proven by a search, left alone, and taken away again.

Each test begins where the one before has ended.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness import worlds
from harness.cloud import MiniCloud, running
from harness.controller import CHECK, Controller, Run, until
from harness.halves import ALIAS, INTRODUCED, PROVE, Halves
from harness.scenarios import DEFAULT, PUBLIC, SCENARIOS, Scenario
from scenarios.test_one_link import ROLE, without_run

ROWS = [
    pytest.param(SCENARIOS["ech_to_ech"], marks=pytest.mark.proves("P01")),
    pytest.param(SCENARIOS["ech_to_other_organization"], marks=pytest.mark.proves("P02")),
    pytest.param(SCENARIOS["ece_to_other_ece"], marks=pytest.mark.proves("P07")),
    pytest.param(SCENARIOS["ech_to_self_managed"], marks=pytest.mark.proves("P04")),
    pytest.param(SCENARIOS["self_managed_to_ech"], marks=pytest.mark.proves("P11")),
    pytest.param(SCENARIOS["self_managed_to_ece"], marks=pytest.mark.proves("P12")),
    pytest.param(SCENARIOS["self_managed_to_self_managed"], marks=pytest.mark.proves("P13")),
]
OTHERS = [row.values[0] for row in ROWS]
every_scenario = pytest.mark.parametrize("scenario", ROWS, ids=lambda scenario: scenario.name, indirect=True)


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MiniCloud]:
    """A mini cloud with the clusters of all these scenarios."""
    folder = tmp_path_factory.mktemp("everything")
    names = [name for scenario in OTHERS for name in (scenario.local, scenario.remote)]
    with running(worlds.cut(names, folder), folder / "cloud") as started:
        for remote in dict.fromkeys(scenario.remote for scenario in [*OTHERS, *PUBLIC]):
            answer = started.elasticsearch(remote, "PUT", "/orders-2026/_doc/1?refresh=true", {"item": "lantern"})
            assert answer.status_code == 201, answer.text
        yield started


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """For the files of all runs, so that owners have one CA."""
    return tmp_path_factory.mktemp("files")


@pytest.fixture
def controller(everything: MiniCloud, scenario: Scenario, files: Path) -> Controller:
    return Controller(everything, files, scenario)


def alias_of(controller: Controller) -> str:
    return controller.scenario.name.replace("_", "-")


def link_of(controller: Controller) -> dict[str, Any]:
    alias = alias_of(controller)
    return controller.link(alias, roles=[{**ROLE, "name": f"readers-by-{alias}"}])


def is_stored(controller: Controller) -> bool:
    """Whether a node of the local cluster has the credential of the link."""
    return any(f"cluster.remote.{alias_of(controller)}.credentials" in entries for entries in controller.keystores().values())


def reload_of(controller: Controller) -> set[str]:
    """What tells nodes of a self-managed cluster to read their keystores again."""
    return {f"POST /_nodes/reload_secure_settings of {controller.scenario.local}"}


def test_no_scenario_is_left_out():
    """The first one is tried in more ways, see test_one_link.py."""
    assert [DEFAULT, *OTHERS] == list(SCENARIOS.values())


@pytest.mark.proves("R11", "R21", "R26")
@every_scenario
def test_a_link_is_predicted_made_proven_and_left_alone(controller: Controller):
    alias, wanted = alias_of(controller), link_of(controller)

    predicted = controller.run(wanted, arguments=("--check", "--diff"))
    made = controller.run(wanted, arguments=("--diff",))
    again = controller.run(wanted)

    assert predicted.play.status == made.play.status == again.play.status == 0, predicted.text + made.text + again.text
    assert predicted.writes == []
    planned = predicted.play.tasks[CHECK]["changes"]
    assert without_run(planned) == without_run(made.play.tasks[CHECK]["changes"]) != []
    assert {*made.writes} - reload_of(controller) == {request for change in planned for request in change["requests"]}
    assert made.links[0]["status"] == "proven"
    assert [hit["_index"] for hit in controller.search(alias)] == [f"{alias}:orders-2026"]
    assert (again.changes, again.writes, again.play.changed) == ([], [], 0)


def test_links_of_all_scenarios_are_taken_away_by_one_run(everything: MiniCloud, files: Path):
    through = [Controller(everything, files, scenario) for scenario in OTHERS]
    links = [link_of(controller) for controller in through]

    def disconnect(*arguments: str) -> Run:
        return through[0].run(*links, playbook="crosscluster.elastic.disconnect", arguments=arguments)

    going, gone, still = disconnect("--check"), disconnect(), disconnect()

    assert going.play.status == gone.play.status == still.play.status == 0, going.text + gone.text + still.text
    assert (going.writes, without_run(going.changes)) == ([], without_run(gone.changes))
    reloads = {request for controller in through for request in reload_of(controller)}
    assert {*gone.writes} - reloads == {request for change in gone.changes for request in change["requests"]}
    for controller in through:
        alias = alias_of(controller)
        assert controller.valid_keys(alias) == []
        assert not [name for name in controller.settings() if name.startswith(f"cluster.remote.{alias}.")]
    until(lambda: not any(is_stored(controller) for controller in through))
    assert (still.changes, still.writes) == ([], [])


@pytest.mark.proves("R7", "R35", "R37")
@pytest.mark.parametrize("scenario", [SCENARIOS["ece_to_other_ece"]], ids=lambda scenario: scenario.name, indirect=True)
def test_a_private_ca_that_is_taken_for_a_public_one_is_named_as_the_cause(controller: Controller):
    public = controller.run(controller.link("public", ca="public"), change={"links_wait_timeout": 15})
    assert public.play.status != 0
    assert "does not trust the certificate of the remote" in public.play.messages, public.play.messages

    private = controller.run(controller.link("public"))
    assert (private.play.status, private.links[0]["status"]) == (0, "proven"), private.text
    assert [change["step"] for change in private.changes] == ["trust"]


@pytest.mark.proves("R36")
@pytest.mark.parametrize("scenario", PUBLIC, ids=lambda scenario: scenario.name, indirect=True)
def test_a_remote_with_a_public_ca_is_searched_and_nobodys_trust_is_changed(controller: Controller):
    done = controller.run(controller.link("everybody"))

    assert (done.play.status, done.links[0]["status"]) == (0, "proven"), done.text
    assert {change["step"] for change in done.play.tasks[CHECK]["changes"]} == {"credentials", "connection"}
    assert [write for write in done.writes if write.startswith("PUT /api/")] == []
    assert [hit["_index"] for hit in controller.search("everybody")] == ["everybody:orders-2026"]


@pytest.mark.proves("P02")
def test_two_administrators_make_a_link_without_sharing_credentials(everything: MiniCloud, tmp_path: Path):
    halves = Halves(everything, tmp_path, "shop-prod", "partner-prod")

    introduced = halves.introduce()
    granted = halves.grant(grant_local=introduced.play.tasks[INTRODUCED]["msg"]["grant_local"])
    accepted = halves.accept(accept_wait_timeout=90)

    assert granted.play.status == accepted.play.status == 0, introduced.text + granted.text + accepted.text
    proof = accepted.play.tasks[PROVE]["remote_clusters"][0]
    assert (proof["connected"], proof["keys_in_use"]) == (True, [halves.handed_over()["key_id"]])
    found = everything.elasticsearch("shop-prod", "GET", f"/{ALIAS}:orders-*/_search").json()
    assert [hit["_index"] for hit in found["hits"]["hits"]] == [f"{ALIAS}:orders-2026"]
    assert (halves.grant(grant_local=introduced.play.tasks[INTRODUCED]["msg"]["grant_local"]).writes, halves.accept().writes) == ([], [])
