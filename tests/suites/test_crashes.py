# SPDX-License-Identifier: GPL-3.0-or-later
"""A run that is killed, wherever, leaves nothing that the next run does not put in order.

The points come from a run that was recorded. Two mini clouds share them, so that both processors are used. The nodes of the local
cluster get a new credential at different times.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from harness.cloud import WORLDS, MiniCloud, running
from harness.controller import VERIFY, Controller
from harness.scenarios import Scenario
from suites.crashes import Point, others, plant_others, points_of, problems_of_link, readers
from suites.launches import launch

CLOUDS = 2
DELAYS = [0, 0.5]
MORE_REQUESTS = 25
"""How many requests the run after a killed one may need beyond those of a run that nothing happens to."""
KILLED = -9


@dataclass(frozen=True)
class Situation:
    """What a run is killed at. before: options of the link as it is, None when there is none yet. damage: what happened to it.
    wanted: options of the link as it is to be.
    """

    name: str
    wanted: Callable[[str], dict[str, Any]]
    before: dict[str, Any] | None = None
    damage: Callable[[Controller, str], None] = lambda controller, alias: None

    def link(self, alias: str, controller: Controller) -> dict[str, Any]:
        return controller.link(alias, **{"orphan_after": "0s", **self.wanted(alias)})


SITUATIONS = [
    Situation("first", lambda alias: {"roles": [{"name": readers(alias)}]}),
    Situation("revoked", lambda alias: {}, before={}, damage=Controller.revoke_keys),
    Situation("renewed", lambda alias: {"expiration": "30d", "renew_before": "2d"}, before={"expiration": "1d"}),
    Situation("access", lambda alias: {"access": {"search": [{"names": ["orders-*", "invoices-*"]}]}}, before={}),
]


@dataclass
class Outcome:
    """killed: whether the run got as far as the point. requests: of the run that followed."""

    point: Point
    killed: bool
    requests: int
    problems: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        verdict = "; ".join(self.problems) or ("ok" if self.killed else "ok, not reached")
        return f"{self.point!s:96} {self.requests:3} requests  {verdict}"


@pytest.fixture(scope="module")
def clouds(scenario: Scenario, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[MiniCloud]]:
    with ExitStack() as stack:
        folders = [tmp_path_factory.mktemp("crashes") for _n in range(CLOUDS)]
        started = [stack.enter_context(running(WORLDS / scenario.nodes_world, folder, "simulated")) for folder in folders]
        for cloud in started:
            controller = Controller(cloud, cloud.directory, scenario)
            controller.fill()
            plant_others(controller)
            controller.delay_secrets(DELAYS)
        yield started


@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda situation: situation.name)
def test_after_a_run_that_was_killed_the_next_one_leaves_a_working_link_with_one_key(
    situation: Situation, clouds: list[MiniCloud], scenario: Scenario, tmp_path: Path, capsys: pytest.CaptureFixture
):
    controllers = [Controller(cloud, tmp_path / cloud.directory.name, scenario) for cloud in clouds]
    for controller in controllers:
        controller.folder.mkdir()
    recorded = record(situation, controllers[0])
    points = points_of(recorded)
    shares = [points[start::CLOUDS] for start in range(CLOUDS)]

    with ThreadPoolExecutor(CLOUDS) as pool:
        done = pool.map(lambda controller, share: try_points(situation, share, controller, len(recorded)), controllers, shares)
        outcomes = [outcome for share in done for outcome in share]

    with capsys.disabled():
        print(f"\n{scenario.name}, {situation.name}: {len(outcomes)} points, {sum(not outcome.problems for outcome in outcomes)} passed")
    assert [str(outcome) for outcome in outcomes if outcome.problems] == []
    assert len(outcomes) > len([request for request in recorded if request["write"]]) * 2 > 0


def record(situation: Situation, controller: Controller) -> list[dict[str, Any]]:
    """The requests of a run that nothing happens to."""
    alias = f"{situation.name}-recorded"
    prepare(situation, [alias], controller)
    situation.damage(controller, alias)
    mark = controller.cloud.mark()
    run = controller.run(situation.link(alias, controller))
    assert run.play.status == 0, run.text
    return controller.cloud.requests_since(mark)


def prepare(situation: Situation, aliases: list[str], controller: Controller) -> None:
    if situation.before is not None:
        prepared = controller.run(*(controller.link(alias, **situation.before) for alias in aliases))
        assert prepared.play.status == 0, prepared.text


def try_points(situation: Situation, points: list[Point], controller: Controller, expected: int) -> list[Outcome]:
    """Kill a run at each point, each time with a link of its own; at the end one more run over all of them finds nothing to do.

    expected: requests of a run that nothing happens to.
    """
    aliases = [f"{situation.name}-{number}" for number in range(len(points))]
    prepare(situation, aliases, controller)
    outcomes = [try_point(situation, point, alias, controller, expected) for point, alias in zip(points, aliases, strict=True)]
    again = controller.run(*(situation.link(alias, controller) for alias in aliases))
    assert (again.play.status, again.writes) == (0, []), again.text
    return outcomes


def try_point(situation: Situation, point: Point, alias: str, controller: Controller, expected: int) -> Outcome:
    cloud, wanted = controller.cloud, situation.link(alias, controller)
    situation.damage(controller, alias)
    before = others(controller, alias)
    killed = kill_at(point, wanted, controller)

    mark = cloud.mark()
    run = controller.run(wanted)

    requests = len(cloud.requests_since(mark))
    outcome = Outcome(point, killed, requests)
    if point.writes and not killed:
        outcome.problems.append("the run was not killed")
    if requests > expected + MORE_REQUESTS:
        outcome.problems.append(f"more than {expected} + {MORE_REQUESTS} requests")
    if run.play.status != 0:
        outcome.problems.append(run.play.messages or run.text)
        return outcome
    outcome.problems += problems_of_link(controller, wanted, run.play.tasks[VERIFY]["links"][0]["proof"])
    after = others(controller, alias)
    outcome.problems += [f"{kind} of others have changed" for kind in before if before[kind] != after[kind]]
    return outcome


def kill_at(point: Point, wanted: dict[str, Any], controller: Controller) -> bool:
    """Run until the point; whether it was reached."""
    play = launch(
        controller.call(wanted), controller.folder, lambda group: controller.cloud.admin("POST", "/faults", {"rules": [point.rule(group)]})
    )
    controller.cloud.admin("DELETE", "/faults")
    assert play.status in (0, KILLED), play.output + play.progress
    return play.status == KILLED
