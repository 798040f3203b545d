# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

RESTART = "/_restart"


@pytest.fixture
def restart(call, cloud):
    return lambda **options: call("deployment_restart", deployment="search-prod", **cloud.connection, **options)


def test_a_restart_is_made_each_time(restart, cloud):
    first, second = restart(), restart()
    assert first["changed"] and second["changed"] and first["deployment"]["status"] == "started"
    assert [line[-9:] for line in cloud.writes()] == [RESTART, RESTART]


def test_check_mode_says_so_and_restarts_nothing(restart, cloud):
    predicted = restart(check=True)
    assert predicted["changed"] and predicted["diff"]["before_header"] == "deployment search-prod" and cloud.writes() == []


def test_a_plan_that_stays_pending_is_refused_with_its_step(restart, cloud):
    cloud.pending = {"plan_attempt_id": "plan-7", "plan_attempt_log": [{"step_id": "rolling-upgrade"}]}
    failed = restart(wait_timeout=0)
    assert failed["failure"]["kind"] == "WaitTimeout" and "plan-7" in failed["msg"] and "rolling-upgrade" in failed["msg"]
    assert cloud.writes() == []


def test_without_waiting_the_state_of_the_moment_is_returned(restart):
    assert restart(wait=False)["deployment"]["name"] == "search-prod"
