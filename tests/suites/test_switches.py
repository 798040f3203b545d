# SPDX-License-Identifier: GPL-3.0-or-later
"""What nobody can know of the platforms is a switch of the mini cloud: whichever way each is turned, links are made, kept and repaired.

All other suites run with the default of each switch. Here each has its other values in turn, all switches at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.controller import VERIFY, Controller, Run, registry_change
from harness.preloaded import Pool
from harness.scenarios import SCENARIOS
from minicloud import switches
from modules.test_modules_in_plays import Case, run_phases
from suites.crashes import Point, killed_at
from suites.state import problems_of_link

VALUES = switches.values()
ROWS = [{name: values[number % len(values)] for name, values in VALUES.items()} for number in range(max(map(len, VALUES.values())))]
"""Settings of all switches; the first one is the default."""


def test_every_value_of_every_switch_is_in_a_row():
    assert {name: {row[name] for row in ROWS} for name in VALUES} == {name: set(values) for name, values in VALUES.items()}
    assert ROWS[0] == {name: values[0] for name, values in VALUES.items()}


@pytest.fixture(params=ROWS[1:], ids=lambda row: f"row{ROWS.index(row)}")
def turned(request: pytest.FixtureRequest, controller: Controller) -> Iterator[dict[str, Any]]:
    """The switches as the mini cloud has them during a test."""
    controller.cloud.admin("POST", "/switches", request.param)
    yield request.param
    controller.cloud.admin("POST", "/switches", {})


def of_row(turned: dict[str, Any], what: str) -> str:
    """An alias that no other row has."""
    return f"turned-{what}-{ROWS.index(turned)}"


def problems(controller: Controller, turned: dict[str, Any], wanted: dict[str, Any], run: Run) -> list[str]:
    """What is wrong after a run that should leave a link with one key, in use on every node."""
    if run.play.status != 0:
        return [run.text]
    proof, nodes = run.play.tasks[VERIFY]["links"][0]["proof"], sorted(controller.keystores())
    if not turned["handling_instance"]:
        # Nodes without a name are counted.
        assert proof["nodes"] == [f"node {number}" for number in range(1, len(nodes) + 1)]
        proof = {**proof, "nodes": nodes}
    return problems_of_link(controller, wanted, proof)


@pytest.mark.proves("R121", "R140")
@pytest.mark.parametrize("scenario", [SCENARIOS["ece_to_other_ece"]], ids=lambda scenario: scenario.name, indirect=True)
def test_a_link_is_predicted_made_left_alone_repaired_renewed_and_taken_away(controller: Controller, turned: dict[str, Any]):
    # Where the platform does not tell its root, the user does.
    platform = controller.cloud.platform(controller.cloud.deployment(controller.scenario.remote)["platform"])
    given = {} if turned["proxy_chain_root"] or platform["type"] != "ece" else {"ca_certificates": [platform["ca_path"]]}
    wanted = controller.link(of_row(turned, "link"), expiration="1d", roles=[{"name": of_row(turned, "readers")}], **given)
    renewed = {**wanted, "expiration": "30d", "renew_before": "2d"}

    predicted = controller.run(wanted, arguments=("--check", "--diff"))
    made = controller.run(wanted)
    assert (predicted.writes, predicted.changes) == ([], made.changes)
    assert problems(controller, turned, wanted, made) == []
    connected = made.writes.index(f"PUT /_cluster/settings of {controller.scenario.local}")
    assert all("/_security/role/" in write for write in made.writes[connected + 1 :]), "all else comes before the connection"
    assert controller.run(wanted).writes == []

    controller.revoke_keys(wanted["alias"])
    assert problems(controller, turned, wanted, controller.run(wanted)) == []
    assert problems(controller, turned, renewed, controller.run(renewed)) == []
    assert controller.run(renewed).writes == []

    gone = controller.run(renewed, playbook="crosscluster.elastic.disconnect")
    assert (gone.play.status, controller.valid_keys(wanted["alias"])) == (0, []), gone.text
    assert controller.run(renewed, playbook="crosscluster.elastic.disconnect").writes == []


def test_a_run_that_was_killed_after_storing_a_credential_is_repaired_by_the_next_one(
    controller: Controller, turned: dict[str, Any], preloaded: Pool
):
    wanted = controller.link(of_row(turned, "killed"), orphan_after="0s")

    assert killed_at(Point("after", 1, "PATCH", "/keystore$"), controller.call(wanted), controller, preloaded.launch)

    assert problems(controller, turned, wanted, controller.run(wanted)) == []
    assert controller.run(wanted).writes == []


def test_a_mistake_is_refused_before_anything_is_written(controller: Controller, turned: dict[str, Any]):
    remote = controller.scenario.remote
    run = controller.run(
        controller.link(of_row(turned, "mistake")), change=registry_change(controller.cloud, "links_clusters", remote, password="wrong")
    )

    assert (run.play.status, run.writes) == (2, [])
    assert f"Elasticsearch of cluster {remote}" in run.play.messages


def test_a_secure_setting_is_removed_by_whatever_spelling_works(controller: Controller, turned: dict[str, Any], tmp_path: Path):
    local = controller.scenario.local
    present = {
        "deployment": local,
        "secrets": [{"name": "bootstrap.other", "value": "s3cret"}, {"name": "bootstrap.stays", "value": "s3cret"}],
    }
    absent = {"deployment": local, "secrets": [{"name": "bootstrap.other"}], "state": "absent"}
    phases = [
        ("make", present, False),
        ("predict removal", absent, True),
        ("remove", absent, False),
        ("remove again", absent, False),
    ]

    done, writes = run_phases(controller.cloud, tmp_path, Case("deployment_keystore", present, absent, local), phases)

    assert [done.tasks[name]["changed"] for name, _options, _check in phases] == [True, True, True, False]
    assert (len(writes["make"]), writes["predict removal"], writes["remove again"]) == (1, [], [])
    kept = set(done.tasks["remove"]["keystore"])
    assert "bootstrap.other" not in kept and "bootstrap.stays" in kept
    assert done.tasks["remove again"]["keystore"] == done.tasks["remove"]["keystore"]


@pytest.mark.parametrize("told", VALUES["retry_after"], ids=["with Retry-After", "without"])
def test_a_run_waits_until_the_rate_limit_of_an_organization_lets_it_go_on(controller: Controller, told: bool):
    cloud = controller.cloud
    organizations = [name for name, item in cloud.state["platforms"].items() if item["type"] == "ech"]
    cloud.admin("POST", "/switches", {"retry_after": told})
    for name in organizations:
        cloud.admin("POST", f"/platforms/{name}/rate", {"limit": 100, "interval": 5, "used": 100})
    mark = cloud.mark()

    run = controller.run(controller.link(f"limited-{told}".lower()))

    cloud.admin("POST", "/switches", {})
    assert run.play.status == 0, run.text
    refused = {entry["platform"] for entry in cloud.requests_since(mark) if entry["status"] == 429}
    assert refused == set(organizations)
