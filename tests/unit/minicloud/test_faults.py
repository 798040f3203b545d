# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import asyncio
import time
from typing import Any

import aiohttp
import pytest

from minicloud.faults import rules

SECRETS = {"secrets": {"a": {"value": "x"}}}


def set_faults(bed: Any, *wanted: dict[str, Any]) -> None:
    bed.gate.set_faults(rules.parse({"rules": list(wanted)}))


def resource(bed: Any) -> str:
    return f"/deployments/{bed.search.id}/elasticsearch/_main"


def keystore(bed: Any) -> str:
    return f"{resource(bed)}/keystore"


def last(bed: Any) -> tuple[Any, ...]:
    entry = bed.logged()[-1]
    return entry["fault"], entry["processed"], entry["status"]


@pytest.mark.parametrize("status", rules.STATUSES)
async def test_a_request_can_be_refused_without_being_processed(bed: Any, status: int) -> None:
    set_faults(bed, {"method": "PATCH", "action": {"status": status}})
    async with bed.api("berlin") as api:
        reply = await api.call("PATCH", keystore(bed), SECRETS)
    assert reply.status == status
    assert reply.body["errors"][0]["message"] and "Retry-After" not in reply.headers
    assert bed.search.secrets == {} and bed.data_plane.calls == []
    assert last(bed) == (f"status {status}", False, status)


async def test_a_refusal_may_name_a_time_and_be_a_page(bed: Any) -> None:
    set_faults(bed, {"action": {"status": 429, "retry_after": 7, "html": True}})
    async with bed.api("hosted") as api:
        reply = await api.call("GET", "/account")
    assert (reply.status, reply.headers["Retry-After"]) == (429, "7")
    assert reply.headers["Content-Type"].startswith("text/html") and "429 Too Many Requests" in reply.text


async def test_a_rule_skips_some_requests_and_is_spent_after_some(bed: Any) -> None:
    set_faults(bed, {"path": "/account$", "after": 1, "times": 2, "action": {"status": 503}})
    async with bed.api("hosted") as api:
        statuses = [(await api.call("GET", "/account")).status for _attempt in range(5)]
    assert statuses == [200, 503, 503, 200, 200]
    (rule,) = bed.gate.faults()["rules"]
    assert (rule["matched"], rule["applied"], rule["after"]) == (5, 2, 1)


@pytest.mark.parametrize(
    ("condition", "hit"),
    [
        ({}, True),
        ({"plane": "any"}, True),
        ({"plane": "control"}, True),
        ({"plane": "data"}, False),
        ({"platform": "berlin"}, True),
        ({"platform": "hosted"}, False),
        ({"deployment": "search-prod"}, True),
        ({"deployment": "search-test"}, False),
        ({"method": "GET"}, True),
        ({"method": "PATCH"}, False),
        ({"path": "keystore$"}, True),
        ({"path": "^keystore"}, False),
        ({"probability": 0}, False),
        ({"times": 0}, False),
        ({"times": None}, True),
    ],
    ids=str,
)
async def test_a_rule_picks_requests_by_its_conditions(bed: Any, condition: dict[str, Any], hit: bool) -> None:
    set_faults(bed, {**condition, "action": {"status": 500}})
    async with bed.api("berlin") as api:
        assert (await api.call("GET", keystore(bed))).status == (500 if hit else 200)


async def test_chance_is_the_same_each_time_the_rules_are_set(bed: Any) -> None:
    outcomes = []
    async with bed.api("berlin") as api:
        for _attempt in range(2):
            set_faults(bed, {"probability": 0.5, "action": {"status": 503}})
            outcomes.append([(await api.call("GET", "/account")).status for _attempt in range(12)])
    assert outcomes[0] == outcomes[1] and set(outcomes[0]) == {200, 503}


async def test_the_first_rule_whose_turn_it_is_acts_and_all_count(bed: Any) -> None:
    set_faults(bed, {"times": 1, "action": {"status": 500}}, {"after": 1, "action": {"status": 502}}, {"action": {"status": 503}})
    async with bed.api("berlin") as api:
        assert [(await api.call("GET", "/account")).status for _attempt in range(2)] == [500, 502]
    assert [rule["matched"] for rule in bed.gate.faults()["rules"]] == [2, 2, 2]
    assert [rule["applied"] for rule in bed.gate.faults()["rules"]] == [1, 1, 0]


async def test_a_delayed_request_is_processed_later(bed: Any) -> None:
    set_faults(bed, {"action": {"delay": 0.1}})
    async with bed.api("berlin") as api:
        started = time.monotonic()
        assert (await api.call("PATCH", keystore(bed), SECRETS)).status == 200
    assert time.monotonic() - started >= 0.1
    assert last(bed) == ("delay 0.1 s", True, 200)


async def test_a_write_is_held_until_other_rules_are_set(bed: Any) -> None:
    hold = {"times": 1, "action": {"hold": True}}
    set_faults(bed, hold)
    async with bed.api("berlin") as api:
        first = asyncio.ensure_future(api.call("PATCH", keystore(bed), SECRETS))
        async with asyncio.timeout(5):
            while not bed.gate.faults()["rules"][0]["applied"]:
                await asyncio.sleep(0.005)
        assert (await api.call("GET", keystore(bed))).body == {"secrets": {}}
        assert (await api.call("PATCH", keystore(bed), {"secrets": {"b": {"value": "y"}}})).status == 200
        assert set(bed.search.secrets) == {"b"}
        set_faults(bed, hold)
        assert (await first).status == 200
        assert set(bed.search.secrets) == {"a", "b"}
        assert bed.gate.faults()["rules"][0]["applied"] == 0
    assert last(bed) == ("hold", True, 200)


@pytest.mark.parametrize(("when", "effect", "status"), [("before", False, None), ("after", True, 200)])
async def test_a_connection_is_dropped_before_or_after_the_effect(bed: Any, when: str, effect: bool, status: int | None) -> None:
    set_faults(bed, {"method": "PATCH", "action": {"drop": when}})
    async with bed.api("berlin") as api:
        with pytest.raises(aiohttp.ClientConnectionError):
            await api.call("PATCH", keystore(bed), SECRETS)
        assert bool((await api.call("GET", keystore(bed))).body["secrets"]) is effect
    entry = bed.logged()[0]
    assert (entry["fault"], entry["processed"], entry["status"], entry["write"]) == (f"drop {when}", effect, status, True)


async def test_an_outage_hits_all_requests_for_a_while(bed: Any) -> None:
    set_faults(bed, {"path": "/account$", "times": 1, "action": {"outage": 0.15}})
    async with bed.api("berlin") as api:
        assert (await api.call("PATCH", keystore(bed), SECRETS)).status == 200
        assert [(await api.call("GET", path)).status for path in ("/account", "/platform")] == [503, 503]
        assert last(bed) == ("outage", False, 503)
        assert len(bed.gate.faults()["outages"]) == 1
        async with asyncio.timeout(5):
            while (await api.call("GET", "/platform")).status == 503:
                await asyncio.sleep(0.02)
        assert (await api.call("GET", "/account")).status == 200
    assert bed.gate.faults()["outages"] == []


async def test_an_outage_with_refusal_closes_open_connections_and_ends_with_the_rules(bed: Any) -> None:
    set_faults(bed, {"action": {"outage": 60, "refuse": True}})
    async with bed.api("berlin") as api:
        for _attempt in range(2):
            with pytest.raises(aiohttp.ClientConnectionError):
                await api.call("GET", "/account")
        set_faults(bed)
        assert (await api.call("GET", "/account")).status == 200
    assert [entry["processed"] for entry in bed.logged()] == [False, False, True]


async def test_stale_reads_show_the_state_before_recent_writes(bed: Any) -> None:
    async with bed.api("berlin") as api:
        await api.call("PATCH", keystore(bed), {"secrets": {"old": {"value": "x"}}})
        await asyncio.sleep(0.2)
        set_faults(bed, {"action": {"stale": 0.15}})
        written = await api.call("PATCH", keystore(bed), {"secrets": {"new": {"value": "x"}}})
        assert set(written.body["secrets"]) == {"old", "new"} and last(bed)[0] is None
        assert set((await api.call("GET", keystore(bed))).body["secrets"]) == {"old"}
        assert last(bed) == ("stale 0.15 s", True, 200)
        await asyncio.sleep(0.2)
        assert set((await api.call("GET", keystore(bed))).body["secrets"]) == {"old", "new"}


async def test_stale_reads_of_a_deployment_know_neither_its_name_nor_its_plan(bed: Any) -> None:
    path = f"/deployments/{bed.search.id}"
    set_faults(bed, {"action": {"stale": 60}})
    async with bed.api("berlin") as api:
        bed.search.plans.hold(True)
        assert (await api.call("PUT", path, {"prune_orphans": False, "name": "renamed"})).status == 200
        assert (await api.call("POST", f"{resource(bed)}/_restart")).status == 202
        shown = (await api.call("GET", path)).body
        assert shown["name"] == "search-prod" and "pending" not in shown["resources"]["elasticsearch"][0]["info"]["plan_info"]
        found = (await api.call("POST", "/deployments/_search", {"query": {"term": {"name.keyword": {"value": "renamed"}}}})).body
        assert found["match_count"] == 0
        set_faults(bed)
        shown = (await api.call("GET", path)).body
        assert shown["name"] == "renamed" and shown["resources"]["elasticsearch"][0]["info"]["plan_info"]["pending"]
        await bed.search.plans.cancel()


async def test_a_plan_can_be_made_to_fail_and_changes_nothing(bed: Any) -> None:
    set_faults(bed, {"action": {"plan": "fail", "message": "no capacity"}})
    async with bed.api("berlin") as api:
        assert (await api.call("POST", f"{resource(bed)}/_restart")).status == 202
        info = await settled(api, bed)
    assert info["healthy"] is False and info["history"][-1]["error"]["message"] == "no capacity"
    assert bed.data_plane.calls == []
    assert [entry["fault"] for entry in bed.logged() if entry["fault"]] == ["plan fail"]


async def test_a_plan_can_be_made_slow(bed: Any) -> None:
    set_faults(bed, {"action": {"plan": "slow", "seconds": 0.3}})
    async with bed.api("berlin") as api:
        started = time.monotonic()
        await api.call("POST", f"{resource(bed)}/_restart")
        info = await settled(api, bed)
    assert info["healthy"] is True and time.monotonic() - started >= 0.3
    assert bed.data_plane.calls == [("restart", "search-prod")]


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ([], "the body must be an object"),
        ({}, "the body.rules must be a list"),
        ({"rules": [], "more": 1}, "unknown more"),
        ({"rules": [1]}, r"rules\[0\] must be an object"),
        ({"rules": [{}]}, r"rules\[0\].action must be an object"),
        ({"rules": [{"action": {}}]}, "exactly one of status"),
        ({"rules": [{"action": {"delay": 1, "drop": "after"}}]}, "exactly one of status"),
        ({"rules": [{"action": {"status": 404}}]}, "status must be one of 429"),
        ({"rules": [{"action": {"status": 503, "seconds": 1}}]}, "unknown seconds"),
        ({"rules": [{"action": {"status": 503, "html": 1}}]}, "html must be true or false"),
        ({"rules": [{"action": {"delay": "1"}}]}, "delay must be seconds"),
        ({"rules": [{"action": {"delay": True}}]}, "delay must be seconds"),
        ({"rules": [{"action": {"hold": 1}}]}, "hold must be true"),
        ({"rules": [{"action": {"drop": "now"}}]}, "drop must be before or after"),
        ({"rules": [{"action": {"stale": -1}}]}, "stale must be seconds"),
        ({"rules": [{"action": {"plan": "late"}}]}, "plan must be slow or fail"),
        ({"rules": [{"action": {"plan": "slow"}}]}, "seconds must be seconds"),
        ({"rules": [{"action": {"kill": "before"}}]}, "pid must be a process group"),
        ({"rules": [{"action": {"kill": "before", "pid": 0}}]}, "0 is no process group"),
        ({"rules": [{"action": {"delay": 1}, "path": "("}]}, "path is no regular expression"),
        ({"rules": [{"action": {"delay": 1}, "plane": "astral"}]}, "plane must be control, data or any"),
        ({"rules": [{"action": {"delay": 1}, "method": 1}]}, "method must be a text"),
        ({"rules": [{"action": {"delay": 1}, "times": -1}]}, "times must be a number or null"),
        ({"rules": [{"action": {"delay": 1}, "probability": 2}]}, "probability must be from 0 to 1"),
        ({"rules": [{"action": {"delay": 1}, "colour": "red"}]}, "unknown colour"),
    ],
    ids=str,
)
def test_an_unusable_rule_is_refused_with_the_place_named(document: Any, message: str) -> None:
    with pytest.raises(rules.FaultError, match=message):
        rules.parse(document)


async def settled(api: Any, bed: Any) -> dict[str, Any]:
    async with asyncio.timeout(5):
        while True:
            info = (await api.call("GET", resource(bed), show_plan_history=True)).body["info"]["plan_info"]
            if "pending" not in info:
                return info
            await asyncio.sleep(0.01)
