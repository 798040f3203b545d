# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults that a run meets: it works all the same, or ends with a clear message and the next run puts everything in order."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import pytest

from harness.cloud import running
from harness.controller import Controller
from harness.scenarios import Scenario
from suites.faults import FAULTS, Fault
from suites.state import lost, others, plant_others, problems_of_link

CLOUDS = 2


@pytest.fixture(scope="module")
def controllers(scenario: Scenario, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Controller]]:
    """Two mini clouds, so that both processors are used."""
    with ExitStack() as stack:
        started = [
            Controller(stack.enter_context(running(scenario.nodes_world(folder), folder / "cloud", "simulated")), folder, scenario)
            for folder in (tmp_path_factory.mktemp("faults") for _cloud in range(CLOUDS))
        ]
        for controller in started:
            controller.fill()
            plant_others(controller)
        yield started


def test_a_run_that_meets_a_fault_works_or_the_next_one_repairs_it(controllers: list[Controller], capsys: pytest.CaptureFixture):
    with ThreadPoolExecutor(CLOUDS) as pool:
        shares = pool.map(try_faults, controllers, (FAULTS[start::CLOUDS] for start in range(CLOUDS)))
        problems = {name: found for share in shares for name, found in share.items()}

    with capsys.disabled():
        print(f"\n{controllers[0].scenario.name}: {len(problems)} faults, {sum(not found for found in problems.values())} passed")
    assert {name: found for name, found in problems.items() if found} == {}
    assert problems.keys() == {fault.name for fault in FAULTS}


def try_faults(controller: Controller, faults: list[Fault]) -> dict[str, list[str]]:
    """What is not as expected, by fault. The next run is one over all links, and one more finds nothing to do."""
    links = [controller.link(f"fault-{number}", **{"orphan_after": "0s", **fault.wanted}) for number, fault in enumerate(faults)]
    cases = list(zip(faults, links, strict=True))
    before = others(controller, ())
    prepared = controller.run(*(controller.link(wanted["alias"], **fault.before) for fault, wanted in cases if fault.before))
    assert prepared.play.status == 0, prepared.text
    problems = {fault.name: problems_of_run(controller, fault, wanted) for fault, wanted in cases}

    repaired, again = controller.run(*links), controller.run(*links)

    assert (repaired.play.status, again.play.status, again.writes) == (0, 0, []), repaired.text + again.text
    assert lost(before, others(controller, ())) == []
    for (fault, wanted), link in zip(cases, repaired.links, strict=True):
        changes = tuple(
            f"{change['action']} {change['step']}" for change in repaired.changes if change["link"].endswith(f"/{wanted['alias']}")
        )
        problems[fault.name] += [] if changes == fault.repaired else [f"the next run changes {changes}, not {fault.repaired}"]
        problems[fault.name] += problems_of_link(controller, wanted, link["proof"])
    return problems


def problems_of_run(controller: Controller, fault: Fault, wanted: dict[str, Any]) -> list[str]:
    cloud, mark = controller.cloud, controller.cloud.mark()
    cloud.admin("POST", "/faults", {"rules": list(fault.rules)})
    run = controller.run(wanted, change=fault.variables)
    happened = [rule["applied"] for rule in cloud.admin("GET", "/faults")["rules"]]
    cloud.admin("DELETE", "/faults")

    effective = [request for request in cloud.requests_since(mark) if request["write"] and request["processed"]]
    made = [request for request in effective if request["method"] == "POST" and request["path"].endswith("/cross_cluster/api_key")]
    found = (run.play.status, len(made), len(effective))
    expected = (2 if fault.words else 0, fault.made, fault.writes)
    return [
        *([] if all(happened) else [f"the faults happened {happened} times"]),
        *([] if found == expected else [f"status, keys made and writes are {found}, not {expected}: {run.play.messages}"]),
        *(f"{words!r} is not in {run.play.messages}" for words in fault.words if words not in run.play.messages),
        *(["traceback"] if "Traceback" in run.text else []),
    ]


RESTART = {"plane": "control", "path": "/_restart$"}


@pytest.mark.parametrize(
    ("action", "seconds", "words"),
    [
        pytest.param({"plan": "slow", "seconds": 3}, 60, (), id="slow"),
        pytest.param({"plan": "slow", "seconds": 6}, 3, ("has not ended within 3 s", "or raise wait_timeout"), id="too slow"),
        pytest.param({"plan": "fail", "message": "no capacity left"}, 60, ("failed at step", "no capacity left"), id="failed"),
    ],
)
def test_a_restart_that_is_late_or_fails_is_told_and_the_next_run_leaves_a_working_link(
    user: Controller, request: pytest.FixtureRequest, action: dict[str, Any], seconds: int, words: tuple[str, ...]
):
    """Below Elasticsearch 8.14 nodes learn a credential by a restart only."""
    beta = replace(user, scenario=replace(user.scenario, local="beta-local"))
    wanted = beta.link(request.node.callspec.id.replace(" ", "-"), allow_unsupported=True)

    beta.cloud.admin("POST", "/faults", {"rules": [{**RESTART, "action": action}]})
    run = beta.run(wanted, change={"links_wait_timeout": seconds})
    beta.cloud.admin("DELETE", "/faults")
    next_run, again = beta.run(wanted), beta.run(wanted)

    assert run.play.status == (2 if words else 0), run.text
    assert [text for text in words if text not in run.play.messages] == [], run.play.messages
    assert (next_run.play.status, again.play.status, again.writes) == (0, 0, []), next_run.text + again.text
    assert [hit["_index"] for hit in beta.search(wanted["alias"])] == [f"{wanted['alias']}:orders-2026"]
    assert len(beta.valid_keys(wanted["alias"])) == 1
