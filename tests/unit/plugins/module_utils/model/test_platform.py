# SPDX-License-Identifier: GPL-3.0-or-later
"""What is read from the answers of the Cloud API: deployments and plans."""

from __future__ import annotations

import pytest

from ansible_collections.crosscluster.elastic.plugins.module_utils.model import deployment, plans


def resource(**info):
    return {"id": "d1", "name": "n", "resources": {"elasticsearch": [{"ref_id": "main", "region": "r", "id": "c1", "info": info}]}}


def test_everything_may_be_missing():
    read = deployment.from_api({})
    assert (read.id, read.version, read.url, read.status, read.healthy, read.pending, read.instances, read.trust) == (
        "",
        "",
        "",
        "",
        True,
        "",
        (),
        {},
    )


@pytest.mark.parametrize(
    ("ended", "milliseconds"),
    [("2026-01-01T00:00:01.123Z", 1767225601000), ("2026-01-01T00:00:01Z", 1767225601000), ("soon", 0), (None, 0)],
)
def test_the_end_of_the_last_plan_that_succeeded_is_read_to_the_second(ended, milliseconds):
    assert deployment.from_api(resource(plan_info={"current": {"attempt_end_time": ended}})).last_plan_ended == milliseconds


@pytest.mark.parametrize(
    ("metadata", "url"),
    [
        ({"service_url": "https://a:9243/", "endpoint": "a"}, "https://a:9243"),
        ({"endpoint": "a", "ports": {"https": 9243}}, "https://a:9243"),
        ({"endpoint": "a"}, "https://a:443"),
        ({}, ""),
    ],
)
def test_the_url_is_the_one_of_the_service_or_made_of_the_endpoint(metadata, url):
    assert deployment.from_api(resource(metadata=metadata)).url == url


def test_the_version_is_the_planned_one_or_the_running_one():
    running = {"instances": [{"instance_name": "i0"}, {"instance_name": "i1", "service_version": "8.19.1"}]}
    planned = {"current": {"plan": {"elasticsearch": {"version": "8.19.2"}}}}
    assert deployment.from_api(resource(topology=running)).version == "8.19.1"
    assert deployment.from_api(resource(topology=running, plan_info=planned)).version == "8.19.2"


def test_dedicated_masters_take_no_requests():
    instances = [
        {"instance_name": name, "service_roles": roles} for name, roles in (("a", ["master"]), ("b", ["master", "data"]), ("c", []))
    ]
    assert deployment.from_api(resource(topology={"instances": instances})).instances == ("b", "c")


@pytest.mark.parametrize(("pending", "expected"), [(None, ""), ({}, ""), ({"plan_attempt_id": "p1"}, "p1"), ({"plan": {}}, "unnamed")])
def test_a_pending_plan_is_named(pending, expected):
    assert deployment.from_api(resource(plan_info={"pending": pending})).pending == expected


def test_the_organization_is_in_one_of_two_places():
    assert deployment.from_api({**resource(), "metadata": {"organization_id": "1"}}).organization_id == "1"
    assert deployment.from_api(resource(settings={"metadata": {"organization_id": "2"}})).organization_id == "2"


def attempt(name, end, *steps, **more):
    return {"plan_attempt_id": name, "attempt_end_time": end, "plan_attempt_log": list(steps), **more}


STARTED = {"step_id": "rolling", "status": "success"}
RETRIED = {"step_id": "rolling", "status": "error", "info_log": [{"message": "will retry"}]}
COMPLETED = {"step_id": "plan-completed", "status": "success"}
BROKEN = {"step_id": "plan-completed", "status": "error", "info_log": [{"message": "no capacity"}]}


@pytest.mark.parametrize(
    ("info", "expected"),
    [
        ({}, plans.PlanState(plans.DONE)),
        ({"current": attempt("a", "1", STARTED, COMPLETED)}, plans.PlanState(plans.DONE, "a", "plan-completed")),
        ({"current": attempt("a", "1", RETRIED, COMPLETED)}, plans.PlanState(plans.DONE, "a", "plan-completed")),
        ({"current": attempt("a", "1", RETRIED)}, plans.PlanState(plans.DONE, "a", "rolling")),
        (
            {"current": attempt("a", "1", COMPLETED), "pending": attempt("b", None, STARTED)},
            plans.PlanState(plans.PENDING, "b", "rolling"),
        ),
        (
            {"current": attempt("a", "1", COMPLETED), "history": [attempt("a", "1", COMPLETED), attempt("b", "2", BROKEN)]},
            plans.PlanState(plans.FAILED, "b", "plan-completed", "no capacity"),
        ),
        (
            {"current": attempt("c", "3", COMPLETED), "history": [attempt("b", "2", BROKEN)]},
            plans.PlanState(plans.DONE, "c", "plan-completed"),
        ),
        (
            {"current": attempt("a", "1"), "history": [attempt("b", "2", error={"message": "gone wrong"})]},
            plans.PlanState(plans.FAILED, "b", "", "gone wrong"),
        ),
        (
            {"history": [attempt("b", "2", {"step_id": "plan-completed", "status": "error"})]},
            plans.PlanState(plans.FAILED, "b", "plan-completed", "the plan ended in an error"),
        ),
    ],
)
def test_the_newest_attempt_tells_the_state(info, expected):
    assert plans.state_of(info) == expected


@pytest.mark.parametrize(
    ("wanted", "words"),
    [("search-prod", ""), ("\u00fcber", ""), (" ", "deployment is empty"), ("../x", "deployment '../x' is neither an id nor a name")],
)
def test_what_cannot_be_a_deployment_is_told(wanted, words):
    assert words in deployment.problem(wanted) and bool(words) == bool(deployment.problem(wanted))
