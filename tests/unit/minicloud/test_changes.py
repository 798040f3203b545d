# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import asyncio
from typing import Any

import pytest


async def plan_info(api: Any, deployment: Any) -> dict[str, Any]:
    path = f"/deployments/{deployment.id}/elasticsearch/_main"
    reply = await api.call("GET", path, show_plan_logs=True, show_plan_history=True, clear_transient=True)
    return reply.body["info"]["plan_info"] | {"status": reply.body["info"]["status"]}


async def settled(api: Any, deployment: Any) -> dict[str, Any]:
    async with asyncio.timeout(5):
        while "pending" in (info := await plan_info(api, deployment)):
            await asyncio.sleep(0.005)
    return info


async def update_body(api: Any, deployment: Any, **settings: Any) -> dict[str, Any]:
    plan = (await plan_info(api, deployment))["current"]["plan"]
    spec = deployment.spec
    payload = {"ref_id": spec.ref_id, "region": spec.region, "plan": plan, **({"settings": settings} if settings else {})}
    return {"prune_orphans": False, "resources": {"elasticsearch": [payload]}}


async def trust_of(api: Any, deployment: Any) -> dict[str, Any]:
    reply = await api.call("GET", f"/deployments/{deployment.id}/elasticsearch/_main", show_settings=True)
    return reply.body["info"]["settings"]["trust"]


async def test_an_update_runs_a_plan_from_pending_through_its_steps_to_current(bed: Any) -> None:
    async with bed.api("berlin") as api:
        before = await plan_info(api, bed.search)
        reply = await api.call("PUT", f"/deployments/{bed.search.id}", await update_body(api, bed.search))
        assert reply.status == 200 and reply.headers["x-cloud-resource-version"] == "2"
        meanwhile = await plan_info(api, bed.search)
        after = await settled(api, bed.search)
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
        before = await plan_info(api, bed.search)
        assert (await api.call("POST", f"/deployments/{bed.search.id}/elasticsearch/_main/_restart")).status == 202
        after = await settled(api, bed.search)
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
        update = await api.call("PUT", f"/deployments/{bed.search.id}", await update_body(api, bed.search))
        bed.search.plans.hold(False)
        assert (await api.call("POST", path, cancel_pending=True, group_attribute="__all__")).status == 202
        after = await settled(api, bed.search)
    assert (refused.status, refused.headers["x-cloud-error-codes"]) == (422, "deployments.deployment_resource_plan_change_error")
    assert update.status == 422
    assert [attempt["healthy"] for attempt in after["history"]] == [True, False, True]
    assert after["history"][1]["error"]["message"] == "The plan was cancelled"
    assert bed.data_plane.calls == [("restart", "search-prod")]


async def test_a_held_plan_stays_pending_until_it_is_let_go(bed: Any) -> None:
    async with bed.api("berlin") as api:
        bed.search.hold_plan(True)
        await asyncio.sleep(0.05)
        assert (await plan_info(api, bed.search))["pending"]["plan_attempt_log"][-1]["status"] == "pending"
        bed.search.hold_plan(False)
        assert "pending" not in await settled(api, bed.search)


async def test_an_update_against_an_older_version_conflicts(bed: Any) -> None:
    async with bed.api("hosted") as api:
        body = {"prune_orphans": False, "name": "renamed"}
        assert (await api.call("PUT", f"/deployments/{bed.orders.id}", body, version="1")).status == 200
        reply = await api.call("PUT", f"/deployments/{bed.orders.id}", body, version="1")
    assert (reply.status, reply.headers["x-cloud-error-codes"]) == (409, "deployments.version_conflict")


async def test_validation_only_changes_nothing_and_is_no_write(bed: Any) -> None:
    async with bed.api("hosted") as api:
        body = await update_body(api, bed.orders, trust={"accounts": []}) | {"name": "renamed"}
        reply = await api.call("PUT", f"/deployments/{bed.orders.id}", body, validate_only=True)
        assert reply.body["diagnostics"]["updates"]["elasticsearch"][0]["backend_plan"]
        assert (await trust_of(api, bed.orders))["accounts"]
        assert "pending" not in await plan_info(api, bed.orders)
    assert bed.orders.name == "orders-prod" and bed.orders.version == 1
    assert not any(request["write"] for request in bed.logged())


async def test_trust_lists_are_replaced_and_proxy_authorities_reach_the_nodes(bed: Any) -> None:
    direct = {"name": "berlin proxy", "type": "proxy", "trust_all": False, "certificates": [{"pem": bed.authority.pem}]}
    async with bed.api("hosted") as api:
        body = await update_body(api, bed.orders, trust={"direct": [direct], "external": None})
        assert (await api.call("PUT", f"/deployments/{bed.orders.id}", body)).status == 200
        stored = await trust_of(api, bed.orders)
        await settled(api, bed.orders)
        (entry,) = stored["direct"]
        assert set(stored) == {"direct"}
        assert entry["uid"] and entry["certificates"][0]["metadata"]["fingerprint"]
        assert bed.data_plane.calls == [("trust", "orders-prod", [bed.authority.pem])]
        body = await update_body(api, bed.orders, trust={"direct": [entry | {"name": "renamed"}]})
        assert (await api.call("PUT", f"/deployments/{bed.orders.id}", body)).status == 200
        assert (await trust_of(api, bed.orders))["direct"][0]["uid"] == entry["uid"]
        await settled(api, bed.orders)
        body = await update_body(api, bed.orders, trust=None)
        await api.call("PUT", f"/deployments/{bed.orders.id}", body)
        assert "Default trust" in (await trust_of(api, bed.orders))["accounts"][0]["name"]


async def test_an_update_without_trust_keeps_it(bed: Any) -> None:
    async with bed.api("hosted") as api:
        before = await trust_of(api, bed.orders)
        await api.call("PUT", f"/deployments/{bed.orders.id}", await update_body(api, bed.orders))
        assert await trust_of(api, bed.orders) == before


@pytest.mark.parametrize(
    "direct",
    [
        {"type": "proxy", "trust_all": True},
        {"type": "proxy", "scope_id": "abc"},
        {"type": "mystery"},
        {"certificates": [{"pem": "no certificate"}]},
        {"colour": "red"},
    ],
    ids=str,
)
async def test_impossible_trust_is_refused(bed: Any, direct: dict[str, Any]) -> None:
    entry = {"name": "x", "trust_all": False, "certificates": [{"pem": bed.authority.pem}]} | direct
    async with bed.api("hosted") as api:
        reply = await api.call("PUT", f"/deployments/{bed.orders.id}", await update_body(api, bed.orders, trust={"direct": [entry]}))
    assert reply.status == 400
    assert bed.orders.version == 1


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
        body = await update_body(api, bed.orders)
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
        body = await update_body(api, bed.search, keystore_contents={"secrets": {"a": {"value": "x"}}})
        assert (await api.call("PUT", f"/deployments/{bed.search.id}", body)).status == 200
        assert ("deliver", "search-prod", {"a": "x"}) in bed.data_plane.calls
