# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import asyncio
from typing import Any

import pytest


async def test_an_update_runs_a_plan_from_pending_through_its_steps_to_current(bed: Any) -> None:
    async with bed.api("berlin") as api:
        before = await api.plan_info(bed.search)
        reply = await api.call("PUT", f"/deployments/{bed.search.id}", await api.update_body(bed.search))
        assert reply.status == 200 and reply.headers["x-cloud-resource-version"] == "2"
        meanwhile = await api.plan_info(bed.search)
        after = await api.settled(bed.search)
    assert meanwhile["status"] == "reconfiguring" and after["status"] == "started"
    assert "attempt_end_time" not in meanwhile["pending"]
    assert meanwhile["current"]["plan_attempt_id"] == before["current"]["plan_attempt_id"]
    assert meanwhile["pending"]["plan_attempt_id"] == after["current"]["plan_attempt_id"]
    assert after["current"]["plan_attempt_log"][-1]["step_id"] == "plan-completed"
    assert {step["status"] for step in after["current"]["plan_attempt_log"]} == {"success"}
    assert [attempt["healthy"] for attempt in after["history"]] == [True, True]
    assert bed.data_plane.calls == [("trust", "search-prod", [])]


async def test_a_failed_plan_leaves_the_current_one_and_says_why(bed: Any) -> None:
    bed.data_plane.broken = "node instance-0000000000 does not come back"
    async with bed.api("berlin") as api:
        before = await api.plan_info(bed.search)
        assert (await api.call("POST", f"/deployments/{bed.search.id}/elasticsearch/_main/_restart")).status == 202
        after = await api.settled(bed.search)
    assert after["current"]["plan_attempt_id"] == before["current"]["plan_attempt_id"]
    assert after["healthy"] is False
    failed = after["history"][-1]
    assert failed["error"]["message"] == bed.data_plane.broken
    last = failed["plan_attempt_log"][-1]
    assert (last["step_id"], last["status"], last["info_log"][-1]["message"]) == ("plan-completed", "error", bed.data_plane.broken)


async def test_a_restart_is_refused_while_a_plan_is_pending_unless_it_may_cancel_it(bed: Any) -> None:
    path = f"/deployments/{bed.search.id}/elasticsearch/_main/_restart"
    bed.search.plans.hold(True)
    async with bed.api("berlin") as api:
        assert (await api.call("POST", path)).status == 202
        refused = await api.call("POST", path)
        update = await api.call("PUT", f"/deployments/{bed.search.id}", await api.update_body(bed.search))
        assert (await api.call("POST", path, cancel_pending=True, group_attribute="__all__")).status == 202
        bed.search.plans.hold(False)
        after = await api.settled(bed.search)
    assert (refused.status, refused.headers["x-cloud-error-codes"]) == (422, "deployments.deployment_resource_plan_change_error")
    assert update.status == 422
    assert [attempt["healthy"] for attempt in after["history"]] == [True, False, True]
    assert after["history"][1]["error"]["message"] == "The plan was cancelled"
    assert bed.data_plane.calls == [("restart", "search-prod")]


async def test_a_held_plan_stays_pending_until_it_is_let_go(bed: Any) -> None:
    async with bed.api("berlin") as api:
        bed.search.hold_plan(True)
        await asyncio.sleep(0.05)
        assert (await api.plan_info(bed.search))["pending"]["plan_attempt_log"][-1]["status"] == "pending"
        bed.search.hold_plan(False)
        assert "pending" not in await api.settled(bed.search)


async def test_an_update_against_an_older_version_conflicts(bed: Any) -> None:
    async with bed.api("hosted") as api:
        body = {"prune_orphans": False, "name": "renamed"}
        assert (await api.call("PUT", f"/deployments/{bed.orders.id}", body, version="1")).status == 200
        reply = await api.call("PUT", f"/deployments/{bed.orders.id}", body, version="1")
    assert (reply.status, reply.headers["x-cloud-error-codes"]) == (409, "deployments.version_conflict")


async def test_validation_only_changes_nothing_and_is_no_write(bed: Any) -> None:
    async with bed.api("hosted") as api:
        body = await api.update_body(bed.orders, trust={"accounts": []}) | {"name": "renamed"}
        reply = await api.call("PUT", f"/deployments/{bed.orders.id}", body, validate_only=True)
        assert reply.body["diagnostics"]["updates"]["elasticsearch"][0]["backend_plan"]
        assert (await api.trust_of(bed.orders))["accounts"]
        assert "pending" not in await api.plan_info(bed.orders)
    assert bed.orders.name == "orders-prod" and bed.orders.version == 1
    assert not any(request["write"] for request in bed.logged())


async def test_pruning_shuts_down_what_an_update_does_not_mention(bed: Any) -> None:
    async with bed.api("hosted") as api:

        async def kibana() -> list[str]:
            shown = (await api.call("GET", f"/deployments/{bed.orders.id}")).body
            return [resource["id"] for resource in shown["resources"]["kibana"]]

        before = await kibana()
        body = await api.update_body(bed.orders)
        kept = await api.call("PUT", f"/deployments/{bed.orders.id}", body)
        await api.settled(bed.orders)
        assert await kibana() == before and "shutdown_resources" not in kept.body
        pruned = await api.call("PUT", f"/deployments/{bed.orders.id}", body | {"prune_orphans": True})
        assert pruned.body["shutdown_resources"]["kibana"] == before and await kibana() == []


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda body: body.pop("prune_orphans"), "root.invalid_request"),
        (lambda body: body.update(colour="red"), "root.invalid_request"),
        (lambda body: body["resources"].update(kibana=[]), "root.invalid_request"),
        (lambda body: body["resources"]["elasticsearch"][0].update(settings={"snapshot": {}}), "root.invalid_request"),
        (lambda body: body["resources"]["elasticsearch"][0].pop("plan"), "root.invalid_request"),
        (lambda body: body["resources"]["elasticsearch"][0].update(region="mars"), "root.invalid_request"),
        (lambda body: body["resources"]["elasticsearch"][0].update(ref_id="other"), "minicloud.unsupported"),
        (lambda body: body["resources"]["elasticsearch"][0]["plan"]["cluster_topology"].pop(), "clusters.cluster_invalid_plan"),
        (lambda body: body.update(prune_orphans=True, resources={}), "minicloud.unsupported"),
    ],
)
async def test_an_update_that_cannot_be_done_is_refused(bed: Any, change: Any, code: str) -> None:
    async with bed.api("hosted") as api:
        body = await api.update_body(bed.orders)
        change(body)
        reply = await api.call("PUT", f"/deployments/{bed.orders.id}", body)
    assert (reply.status, reply.headers["x-cloud-error-codes"]) == (400, code)
    assert reply.body["errors"][0]["message"]


async def test_a_keystore_shows_names_and_never_values(bed: Any) -> None:
    path = f"/deployments/{bed.search.id}/elasticsearch/_main/keystore"
    async with bed.api("berlin") as api:
        written = await api.call("PATCH", path, {"secrets": {"a.text": {"value": "s3cret"}, "a.file": {"value": {"key": "s3cret"}}}})
        read = await api.call("GET", path)
    assert written.body == read.body == {"secrets": {"a.text": {"as_file": False}, "a.file": {"as_file": True}}}
    assert bed.data_plane.calls == [("deliver", "search-prod", {"a.text": "s3cret", "a.file": '{"key": "s3cret"}'})]
    assert [request["write"] for request in bed.logged()] == [True, False]


@pytest.mark.parametrize("removal", [None, {}, {"value": ""}, {"as_file": False, "value": ""}, {"value": None}], ids=str)
async def test_a_keystore_entry_is_removed_in_every_spelling_and_others_stay(bed: Any, removal: Any) -> None:
    path = f"/deployments/{bed.search.id}/elasticsearch/{bed.search.spec.ref_id}/keystore"
    async with bed.api("berlin") as api:
        await api.call("PATCH", path, {"secrets": {"one": {"value": "1"}, "two": {"value": "2"}}})
        reply = await api.call("PATCH", path, {"secrets": {"one": removal, "absent": removal}})
    assert reply.status == 200, reply.text
    assert set(reply.body["secrets"]) == {"two"}
    assert bed.data_plane.calls[-1] == ("deliver", "search-prod", {"one": None})


@pytest.mark.parametrize("body", [{}, {"secrets": []}, {"secrets": {"a": {"values": "x"}}}, {"secrets": {"a b": {"value": "x"}}}], ids=str)
async def test_a_malformed_keystore_change_is_refused(bed: Any, body: dict[str, Any]) -> None:
    async with bed.api("berlin") as api:
        reply = await api.call("PATCH", f"/deployments/{bed.search.id}/elasticsearch/_main/keystore", body)
    assert reply.status == 400 and bed.data_plane.calls == []


async def test_keystore_contents_may_come_with_an_update(bed: Any) -> None:
    async with bed.api("berlin") as api:
        body = await api.update_body(bed.search, keystore_contents={"secrets": {"a": {"value": "x"}}})
        assert (await api.call("PUT", f"/deployments/{bed.search.id}", body)).status == 200
        assert ("deliver", "search-prod", {"a": "x"}) in bed.data_plane.calls
