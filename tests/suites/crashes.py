# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a run can be killed, and what becomes of its link with the run that follows.

The points come from a run that was recorded. The nodes of the local cluster get a new credential at different times.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from harness.controller import Controller
from harness.plays import Invocation
from suites.launches import KILLED, Launch, launch
from suites.platforms import distrust
from suites.state import others, problems_of_link, readers

DELAYS = [0, 0.5]
MORE_REQUESTS = 25
"""How many requests a run over one killed link may need beyond those of a run that nothing happens to."""
REQUESTS_OF_A_FURTHER_LINK = 5
VARYING = re.compile(r"(?<=/deployments/)[^/]+|(?<=/cross_cluster/api_key/)[^/]+|(?<=/role/)[^/]+")
"""What in a path differs between links and mini clouds."""


@dataclass(frozen=True)
class Point:
    """moment: before or after the request takes effect. number: which one of the requests with this method and path (all when None)."""

    moment: str
    number: int
    method: str | None = None
    path: str | None = None

    def __str__(self) -> str:
        return f"{self.moment} {f'{self.method} {self.path}' if self.path else 'request'} {self.number}"

    @property
    def writes(self) -> bool:
        return self.path is not None

    def rule(self, group: int) -> dict[str, Any]:
        """The fault that kills a process group here."""
        where = {"method": self.method, "path": self.path} if self.writes else {}
        return {**where, "after": self.number - 1, "times": 1, "action": {"kill": self.moment, "pid": group}}


def points_of(requests: Iterable[dict[str, Any]]) -> list[Point]:
    """All points of a run that was recorded: before and after each write, which is found again by its path, and before each read.

    After a read is no point of its own: nothing has changed when the next request begins, and before that one is a point.
    """
    found: list[Point] = []
    seen: dict[tuple[str, str], int] = {}
    for position, request in enumerate(requests, start=1):
        if request["write"]:
            place = (request["method"], _pattern(request["path"]))
            seen[place] = seen.get(place, 0) + 1
            found += [Point(moment, seen[place], *place) for moment in ("before", "after")]
        else:
            found.append(Point("before", position))
    return found


def _pattern(path: str) -> str:
    return "^" + "[^/]+".join(map(re.escape, VARYING.split(path))) + "$"


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
    Situation("first", lambda alias: {"roles": [{"name": readers(alias)}]}, damage=lambda controller, _alias: distrust(controller)),
    Situation("revoked", lambda alias: {}, before={}, damage=Controller.revoke_keys),
    Situation("renewed", lambda alias: {"expiration": "30d", "renew_before": "2d"}, before={"expiration": "1d"}),
    Situation("access", lambda alias: {"access": {"search": [{"names": ["orders-*", "invoices-*"]}]}}, before={}),
]


@dataclass
class Attempt:
    """A run to be killed at a point, with a link of its own. killed: whether it got that far. problems: after the run that followed."""

    point: Point
    link: dict[str, Any]
    killed: bool = False
    problems: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return f"{self.point} of {self.link['alias']}: {'; '.join(self.problems) or 'ok'}"


def summary(situation: Situation, controller: Controller, attempts: Collection[Attempt]) -> str:
    """A line for people."""
    passed = sum(not attempt.problems for attempt in attempts)
    early = sum(not attempt.killed for attempt in attempts)
    return (
        f"{controller.scenario.name}, {situation.name}: {len(attempts)} points, {passed} passed, {early} of them after the end of the run"
    )


def record(situation: Situation, controller: Controller) -> list[dict[str, Any]]:
    """The requests of a run that nothing happens to."""
    alias = f"{situation.name}-recorded"
    prepare(situation, [alias], controller)
    situation.damage(controller, alias)
    mark = controller.cloud.mark()
    run = controller.run(situation.link(alias, controller), arguments=_where(controller))
    assert run.play.status == 0, run.text
    return controller.cloud.requests_since(mark)


def prepare(situation: Situation, aliases: Iterable[str], controller: Controller) -> None:
    if situation.before is not None:
        prepared = controller.run(*(controller.link(alias, **situation.before) for alias in aliases))
        assert prepared.play.status == 0, prepared.text


def try_points(
    situation: Situation, points: Iterable[Point], controller: Controller, expected: int, start: Launch = launch, singly: bool = True
) -> list[Attempt]:
    """Kill a run at each point and see what the next one makes of it; at the end one more run over all links finds nothing to do.

    expected: requests of a run that nothing happens to. start: how those runs are started that are killed. singly: whether the run
    that follows one that was killed after a write follows at once, while what was written is still on its way to the nodes.
    """
    attempts = [Attempt(point, situation.link(f"{situation.name}-{number}", controller)) for number, point in enumerate(points)]
    prepare(situation, [attempt.link["alias"] for attempt in attempts], controller)
    for together in parties(attempts, singly):
        before = others(controller, [attempt.link["alias"] for attempt in together])
        for attempt in together:
            situation.damage(controller, attempt.link["alias"])
            attempt.killed = killed_at(attempt.point, controller.call(attempt.link, arguments=_where(controller)), controller, start)
        follow(together, before, controller, expected)
    again = controller.run(*(attempt.link for attempt in attempts))
    assert (again.play.status, again.writes) == (0, []), again.text
    return attempts


def _where(controller: Controller) -> tuple[str, ...]:
    """The nodes of remote clusters have been prepared by an earlier run: what is tried here goes on between Ansible and APIs."""
    return () if controller.scenario.local_nodes else ("--inventory", "localhost,", "--limit", "localhost")


def parties(attempts: Iterable[Attempt], singly: bool) -> Iterator[list[Attempt]]:
    """Who shares the run that follows."""
    alone = [attempt for attempt in attempts if attempt.point.writes and singly]
    yield from ([attempt] for attempt in alone)
    if shared := [attempt for attempt in attempts if attempt not in alone]:
        yield shared


def follow(attempts: list[Attempt], before: dict[str, Any], controller: Controller, expected: int) -> None:
    """Run over the links of all attempts, and judge each by what that leaves. before: what others had before the attempts."""
    mark = controller.cloud.mark()
    run = controller.run(*(attempt.link for attempt in attempts), arguments=_where(controller))

    requests = len(controller.cloud.requests_since(mark))
    allowed = expected + MORE_REQUESTS + (len(attempts) - 1) * REQUESTS_OF_A_FURTHER_LINK
    common = [f"{requests} requests, more than {allowed}"] if requests > allowed else []
    after = others(controller, [attempt.link["alias"] for attempt in attempts])
    common += [f"{kind} of others have changed" for kind in before if before[kind] != after[kind]]
    proofs = {link["alias"]: link.get("proof") for link in run.links} if run.play.status == 0 else {}
    for attempt in attempts:
        attempt.problems += common
        if attempt.point.writes and not attempt.killed:
            attempt.problems.append("the run was not killed")
        if run.play.status == 0:
            attempt.problems += problems_of_link(controller, attempt.link, proofs[attempt.link["alias"]])
        else:
            attempt.problems.append(run.play.messages or run.text)


def killed_at(point: Point, call: Invocation, controller: Controller, start: Launch) -> bool:
    """Run until the point; whether it was reached."""
    cloud = controller.cloud
    play = start(call, controller.folder, lambda group: cloud.admin("POST", "/faults", {"rules": [point.rule(group)]}))
    cloud.admin("DELETE", "/faults")
    assert play.status in (0, KILLED), play.output + play.progress
    return play.status == KILLED
