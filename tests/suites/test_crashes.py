# SPDX-License-Identifier: GPL-3.0-or-later
"""A run that is killed, wherever, leaves nothing that the next run does not put in order.

Two mini clouds share the points of a scenario, so that both processors are used. What can happen to a link is tried with the first
scenario; of the others each has the points of its first run. Where the local cluster is self-managed, runs take their time: they are
tried with one kind of remote, and at writes. ``make test-crashes`` leaves nothing out.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from harness.cloud import running
from harness.controller import Controller, until
from harness.preloaded import Pool
from harness.scenarios import DEFAULT, FURTHER, OTHERS, Scenario
from suites.crashes import DELAYS, SITUATIONS, Attempt, Point, Situation, points_of, record, summary, try_points
from suites.platforms import RULESETS, trust_lists
from suites.state import lost, others, plant_others, problems_of_link

CLOUDS = 2
FIRST = SITUATIONS[0]
ALL = os.environ.get("CRASH_POINTS") == "all"
ROWS = [*((DEFAULT, situation) for situation in SITUATIONS), *((scenario, FIRST) for scenario in (FURTHER if ALL else OTHERS))]


@pytest.fixture(scope="module")
def controllers(scenario: Scenario, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Controller]]:
    with ExitStack() as stack:
        folders = [tmp_path_factory.mktemp("crashes") for _n in range(CLOUDS)]
        clouds = [stack.enter_context(running(scenario.nodes_world(folder), folder / "cloud", "simulated")) for folder in folders]
        made = [Controller(cloud, folder, scenario) for cloud, folder in zip(clouds, folders, strict=True)]
        for controller in made:
            controller.fill()
            plant_others(controller)
            if scenario.private_ca:
                prepared = controller.run(controller.link("prepared"))
                assert prepared.play.status == 0, prepared.text
            if not scenario.local_nodes:
                controller.delay_secrets(DELAYS)
        yield made


def test_a_broken_link_is_seen(controller: Controller):
    wanted = controller.link("judged")
    (made,) = controller.run(wanted).links
    assert problems_of_link(controller, wanted, made["proof"]) == []

    controller.revoke_keys("judged")

    found = "\n".join(problems_of_link(controller, wanted, made["proof"]))
    assert "0 valid keys of the link" in found
    assert "in the keystores, [] valid" in found
    assert "has been invalidated" in found, "the search failed too"


@pytest.mark.parametrize(("scenario", "situation"), ROWS, ids=lambda each: each.name, indirect=["scenario"])
def test_after_a_run_that_was_killed_the_next_one_leaves_a_working_link_with_one_key(
    scenario: Scenario, situation: Situation, controllers: list[Controller], preloaded: Pool, capsys: pytest.CaptureFixture
):
    recorded = record(situation, controllers[0])
    points = [point for point in points_of(recorded) if ALL or point.writes or not scenario.local_nodes]
    shares = [points[start::CLOUDS] for start in range(CLOUDS)]

    def try_share(controller: Controller, share: list[Point]) -> list[Attempt]:
        return try_points(situation, share, controller, len(recorded), preloaded.launch, singly=scenario is DEFAULT)

    with ThreadPoolExecutor(CLOUDS) as pool:
        attempts = [attempt for share in pool.map(try_share, controllers, shares) for attempt in share]

    with capsys.disabled():
        print("\n" + summary(situation, controllers[0], attempts))
    assert [str(attempt) for attempt in attempts if attempt.problems] == []
    written = sum(request["write"] for request in recorded)
    assert len(attempts) == (2 * written if scenario.local_nodes and not ALL else len(recorded) + written) > written > 0


def test_a_change_of_what_others_have_is_seen_in_each_place(controllers: list[Controller]):
    """The last one, since it changes what the others have planted."""
    controller = controllers[0]
    before = others(controller, ())
    (unused,) = [body["id"] for body in before["filters"].values() if body["name"] == "offices of " + controller.scenario.remote]
    answers = [
        controller.remote("DELETE", "/_security/api_key", {"name": "theirs"}),
        controller.local("PUT", "/_cluster/settings", {"persistent": {"cluster.remote.theirs.proxy_address": "other.minicloud.test:9443"}}),
        controller.local("PUT", "/_security/role/theirs", {"cluster": ["all"]}),
        controller.cloud.control(
            controller.scenario.local, "PATCH", "/elasticsearch/_main/keystore", {"secrets": {"cluster.remote.theirs.credentials": None}}
        ),
        trust_lists(controller, controller.scenario.remote, {"accounts": [], "external": [], "direct": []}),
        controller.cloud.api(controller.cloud.deployment(controller.scenario.remote)["platform"], "DELETE", f"{RULESETS}/{unused}"),
    ]
    assert [answer.status_code for answer in answers] == [200] * 6, [answer.text for answer in answers]
    until(lambda: not any("cluster.remote.theirs.credentials" in entries for entries in controller.keystores().values()))

    after = others(controller, ())

    assert {kind for kind in before if before[kind] != after[kind]} == before.keys()
    assert {entry.partition(" ")[0] for entry in lost(before, after)} == before.keys()
    assert lost(before, before) == []
