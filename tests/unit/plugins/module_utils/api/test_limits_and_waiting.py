# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.crosscluster.elastic.plugins.module_utils.api.limits import RateBudget
from ansible_collections.crosscluster.elastic.plugins.module_utils.api.waiting import Clock, ErrorBudget, looks
from ansible_collections.crosscluster.elastic.plugins.module_utils.model.errors import NotFound, ServerFault, Unreachable


class Time:
    """A clock that moves only when somebody waits."""

    def __init__(self):
        self.seconds = 100.0

    def now(self):
        return self.seconds

    def wait(self, seconds):
        self.seconds += seconds


@pytest.fixture
def time():
    return Time()


@pytest.fixture
def clock(time):
    return Clock(now=time.now, wait=time.wait)


@pytest.mark.parametrize(
    ("status", "headers", "held"),
    [
        (200, {}, 0),
        (200, {"x-ratelimit-remaining": "5", "x-ratelimit-interval": "10s"}, 0),
        (200, {"x-ratelimit-remaining": "0", "x-ratelimit-interval": "10s"}, 10),
        (200, {"x-ratelimit-remaining": "0", "x-ratelimit-interval": "10"}, 10),
        (200, {"x-ratelimit-remaining": "0", "x-ratelimit-interval": "500ms"}, 0.5),
        (200, {"x-ratelimit-remaining": "0", "x-ratelimit-interval": "1m"}, 60),
        (200, {"x-ratelimit-remaining": "0", "x-ratelimit-interval": "9m"}, 60),
        (200, {"x-ratelimit-remaining": "0", "x-ratelimit-interval": "soon"}, 0),
        (200, {"x-ratelimit-remaining": "0"}, 0),
        (429, {"x-ratelimit-interval": "3s"}, 3),
        (429, {"x-ratelimit-interval": "60", "x-ratelimit-remaining": "0", "Retry-After": "2"}, 0),
    ],
)
def test_nothing_remaining_holds_the_next_request_for_the_interval(time, status, headers, held):
    budget = RateBudget(time.now, time.wait)
    budget.note(status, headers)
    budget.take()
    assert time.seconds - 100 == held
    budget.take()
    assert time.seconds - 100 == held


def test_looks_come_at_growing_intervals_and_once_more_at_the_end(clock):
    seen = list(looks(10, clock, first=1, longest=4))
    assert seen == [0, 1, 2.5, 4.75, 8.125, 10]


def test_no_time_is_one_look(clock):
    assert list(looks(0, clock)) == [0]


def test_reads_may_fail_within_the_budget(time, clock):
    budget = ErrorBudget(clock, seconds=30)
    down = Unreachable("S", "GET /", "down")

    def fail():
        raise down

    assert budget.read(fail) is None
    time.wait(29)
    assert budget.read(fail) is None
    assert budget.read(lambda: "up") == "up"
    assert budget.read(fail) is None
    time.wait(30)
    with pytest.raises(Unreachable):
        budget.read(fail)


def test_a_failure_that_waiting_cannot_cure_is_raised_at_once(clock):
    def fail():
        raise NotFound("S", "GET /", "gone")

    with pytest.raises(NotFound):
        ErrorBudget(clock).read(fail)


def test_a_server_fault_is_lived_with_for_a_while(clock):
    def fail():
        raise ServerFault("S", "GET /", "busy", status=503)

    assert ErrorBudget(clock).read(fail) is None
