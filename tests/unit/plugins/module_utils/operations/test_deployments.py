# SPDX-License-Identifier: GPL-3.0-or-later
"""Finding deployments and waiting for plans, with a stand-in for the client and a clock that moves only by waiting."""

from __future__ import annotations

import pytest

from ansible_collections.crosscluster.elastic.plugins.module_utils.api.waiting import Clock
from ansible_collections.crosscluster.elastic.plugins.module_utils.model import errors
from ansible_collections.crosscluster.elastic.plugins.module_utils.model.deployment import from_api
from ansible_collections.crosscluster.elastic.plugins.module_utils.operations import deployments, restart

ID = "0123456789abcdef" * 2
DOWN = errors.Unreachable("Cloud API", "GET /x", "down")
BUSY = errors.ServerFault("Cloud API", "GET /x", "busy", status=503)


def answer(name, deployment_id=ID):
    return {
        "id": deployment_id,
        "name": name,
        "resources": {"elasticsearch": [{"ref_id": "main", "id": "c1", "info": {"status": "started"}}]},
    }


def finished(attempt, end="1", **last):
    step = {"step_id": "plan-completed", "status": "success", **last}
    return {"current": {"plan_attempt_id": attempt, "attempt_end_time": end, "plan_attempt_log": [step]}}


def pending(attempt, step):
    return {"pending": {"plan_attempt_id": attempt, "plan_attempt_log": [{"step_id": step}]}}


FAILED = finished("p2", "2", status="error", info_log=[{"message": "no capacity"}])


class Cloud:
    """plans: what each look at the resource finds, the last for ever; an exception is raised."""

    subject = "Cloud API"

    def __init__(self, plans=(), found=()):
        self.plans, self.found, self.asked, self.restarts = list(plans), list(found), [], 0

    def elasticsearch(self, _deployment_id, _ref_id):
        state = self.plans.pop(0) if len(self.plans) > 1 else self.plans[0]
        if isinstance(state, errors.CrossClusterError):
            raise state
        return None if state is None else {"info": {"plan_info": state}}

    def deployment(self, deployment_id):
        self.asked.append(deployment_id)
        return next((item for item in self.found if item["id"] == deployment_id), None)

    def deployments_named(self, names):
        self.asked.append(list(names))
        return [item for item in self.found if item["name"] in names]

    def restart(self, _deployment_id, _ref_id):
        self.restarts += 1


@pytest.fixture
def clock():
    class Time:
        seconds = 0.0

    def wait(seconds):
        Time.seconds += seconds

    return Clock(now=lambda: Time.seconds, wait=wait)


@pytest.fixture
def told():
    return []


def wait_for(cloud, clock, told, before="p1", timeout=100):
    deployments.wait_for_plan(cloud, from_api(answer("search")), before, timeout, clock, told.append)


def test_a_plan_that_ends_well_ends_the_wait(clock, told):
    wait_for(Cloud([finished("p1"), pending("p2", "start"), pending("p2", "rolling"), finished("p2", "2")]), clock, told)
    assert [line.split(" (")[0] for line in told] == [
        "search: plan at step plan-completed",
        "search: plan at step start",
        "search: plan at step rolling",
    ]


def test_a_plan_that_fails_is_told_with_attempt_step_and_words(clock, told):
    with pytest.raises(errors.PlanFailed, match="plan p2 of deployment 'search' failed at step plan-completed: no capacity"):
        wait_for(Cloud([pending("p2", "rolling"), FAILED]), clock, told)


def test_a_plan_that_had_failed_before_is_not_the_one_that_is_waited_for(clock, told):
    wait_for(Cloud([FAILED, pending("p3", "rolling"), finished("p3", "3")]), clock, told, before="p2")
    assert told


@pytest.mark.parametrize(
    ("plan", "words"), [(pending("p2", "rolling"), "attempt p2, step rolling"), (finished("p1"), "attempt p1, step plan-completed")]
)
def test_a_plan_that_does_not_end_or_never_begins_is_a_timeout_with_what_was_seen_last(clock, told, plan, words):
    with pytest.raises(errors.WaitTimeout, match=rf"has not ended within 30 s \({words}\)"):
        wait_for(Cloud([plan]), clock, told, timeout=30)
    assert clock.now() == 30


@pytest.mark.parametrize("failure", [DOWN, BUSY])
def test_an_api_that_is_away_for_a_moment_does_not_end_the_wait(clock, told, failure):
    wait_for(Cloud([pending("p2", "rolling"), failure, failure, finished("p2", "2")]), clock, told)
    assert any("does not answer, still waiting" in line for line in told)


def test_an_api_that_stays_away_is_told_apart_from_a_slow_plan(clock, told):
    with pytest.raises(errors.Unreachable):
        wait_for(Cloud([DOWN]), clock, told, timeout=300)
    assert 60 <= clock.now() < 75


def test_an_api_that_never_answered_within_a_short_time_is_told_as_such(clock, told):
    with pytest.raises(errors.Unreachable):
        wait_for(Cloud([DOWN]), clock, told, timeout=10)


def test_a_deployment_that_vanishes_ends_the_wait(clock, told):
    with pytest.raises(errors.Refused, match="does not exist any more"):
        wait_for(Cloud([pending("p2", "x"), None]), clock, told)


def test_waiting_for_idle_ends_as_soon_as_no_plan_is_pending_however_the_last_one_ended(clock, told):
    deployments.wait_until_idle(Cloud([pending("p2", "rolling"), FAILED]), from_api(answer("search")), 100, clock, told.append)
    assert clock.now() == 1


def test_a_plan_that_stays_pending_is_refused(clock, told):
    with pytest.raises(errors.WaitTimeout, match=r"plan pending for 20 s \(attempt p2, step rolling\)"):
        deployments.wait_until_idle(Cloud([pending("p2", "rolling")]), from_api(answer("search")), 20, clock, told.append)


def make_restart(cloud, clock, wait=True):
    change = restart.plan(from_api(answer("search")))
    return restart.apply(cloud, change, wait=wait, timeout=100, clock=clock, tell=lambda text: None)


def test_a_restart_waits_for_the_pending_plan_and_then_for_its_own(clock):
    cloud = Cloud([pending("p1", "x"), finished("p1"), finished("p1"), pending("p2", "y"), finished("p2", "2")], [answer("search")])
    assert make_restart(cloud, clock).name == "search"
    assert cloud.restarts == 1 and len(cloud.plans) == 1


def test_a_restart_that_nobody_waits_for_returns_at_once(clock):
    assert make_restart(Cloud([finished("p1")], [answer("search")]), clock, wait=False).status == "started"
    assert clock.now() == 0


def test_names_are_looked_up_in_one_call_and_ids_directly():
    cloud = Cloud(found=[answer("a", "1" * 32), answer("b", ID)])
    found = deployments.find_many(cloud, ["a", ID, "nobody", "a"])
    assert (found["a"].id, found[ID].name) == ("1" * 32, "b")
    assert isinstance(found["nobody"], errors.Refused) and cloud.asked == [ID, ["a", "nobody"]]


def test_a_name_that_looks_like_an_id_is_found():
    assert deployments.find(Cloud(found=[answer("f" * 32)]), "f" * 32).id == ID


def test_an_ambiguous_name_is_refused_with_all_ids():
    with pytest.raises(errors.Refused, match="2 deployments have it"):
        deployments.find(Cloud(found=[answer("a", "1" * 32), answer("a", "2" * 32)]), "a")
