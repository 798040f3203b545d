# SPDX-License-Identifier: GPL-3.0-or-later
"""Traffic filters: what the API says about them, and that the proxies learn of them."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import pytest

from minicloud.admission import Filter
from minicloud.control.state import Tenant
from minicloud.world import FilterSpec

RULESETS = "/deployments/traffic-filter/rulesets"
ADMITTED = Filter(frozenset({"198.51.100.1", "203.0.113.0/24"}))
OF_DEPLOYMENT = "/deployments/traffic-filter/associations/deployment"


def request_body(region: str = "us-east-1", **fields: Any) -> dict[str, Any]:
    rules = [{"source": "198.51.100.1", "description": "one"}, {"source": "203.0.113.0/24"}]
    return {"name": "mine", "type": "ip", "region": region, "include_by_default": False, "rules": rules, **fields}


async def create(api: Any, **fields: Any) -> str:
    reply = await api.call("POST", RULESETS, request_body(**fields))
    assert reply.status == 201 and set(reply.body) == {"id"}, reply.text
    return reply.body["id"]


async def associate(api: Any, ruleset: str, deployment: Any) -> int:
    return (await api.call("POST", f"{RULESETS}/{ruleset}/associations", {"entity_type": "deployment", "id": deployment.id})).status


def sources(shown: dict[str, Any]) -> set[str]:
    return {rule["source"] for rule in shown["rules"]}


async def test_a_rule_set_is_created_read_listed_replaced_and_deleted(bed: Any) -> None:
    async with bed.api("hosted") as api:
        ruleset = await create(api, description="")
        path = f"{RULESETS}/{ruleset}"
        first = (await api.call("GET", path)).body
        assert (first["id"], first["name"], first["type"], first["region"]) == (ruleset, "mine", "ip", "us-east-1")
        assert sources(first) == {"198.51.100.1", "203.0.113.0/24"} and "associations" not in first and "description" not in first
        replaced = await api.call("PUT", path, request_body(name="renamed", rules=[{"source": "198.51.100.1", "description": "one"}]))
        second = (await api.call("GET", path, include_associations=True)).body
        assert replaced.body == {"id": ruleset} and second["name"] == "renamed" and sources(second) == {"198.51.100.1"}
        assert not {rule["id"] for rule in first["rules"]} & {rule["id"] for rule in second["rules"]}
        assert (second["associations"], second["total_associations"]) == ([], 0)
        assert [item["id"] for item in (await api.call("GET", RULESETS)).body["rulesets"]] == [ruleset]
        assert (await api.call("GET", RULESETS, region="mars")).body == {"rulesets": []}
        assert (await api.call("DELETE", path)).body == {}
        assert (await api.call("GET", path)).status == 403
    assert [request["write"] for request in bed.logged()] == [True, False, True, False, False, False, True, False]


async def test_names_of_rule_sets_need_not_be_unique(bed: Any) -> None:
    async with bed.api("hosted") as api:
        assert await create(api) != await create(api)


async def test_an_association_is_new_once_and_both_sides_show_it(bed: Any) -> None:
    async with bed.api("hosted") as api:
        ruleset = await create(api)
        assert [await associate(api, ruleset, bed.orders) for _time in range(2)] == [201, 200]
        associations = {"associations": [{"entity_type": "deployment", "id": bed.orders.id}], "total_associations": 1}
        assert (await api.call("GET", f"{RULESETS}/{ruleset}/associations")).body == associations
        (listed,) = (await api.call("GET", RULESETS, include_associations=True)).body["rulesets"]
        assert {name: listed[name] for name in associations} == associations
        assert (await api.call("GET", f"{OF_DEPLOYMENT}/{bed.orders.id}/rulesets")).body == {"rulesets": [ruleset]}
        shown = (await api.call("GET", f"/deployments/{bed.orders.id}")).body
        assert shown["settings"]["traffic_filter_settings"] == {"rulesets": [ruleset]}
        gone = [(await api.call("DELETE", f"{RULESETS}/{ruleset}/associations/deployment/{bed.orders.id}")) for _time in range(2)]
    assert [(reply.status, reply.headers.get("x-cloud-error-codes")) for reply in gone] == [(200, None), (404, "traffic_filter.not_found")]
    assert bed.data_plane.calls == [("filter", "orders-prod", ADMITTED), ("filter", "orders-prod", None)]


async def test_the_proxies_learn_of_every_change_that_concerns_a_deployment(bed: Any) -> None:
    async with bed.api("berlin") as api:
        first, second = await create(api, region="ece-region"), await create(api, region="ece-region", rules=[])
        for ruleset in (first, second):
            assert await associate(api, ruleset, bed.search) == 201
        rules = [{"remote_cluster_org_id": "e1", "remote_cluster_id": "c1"}]
        mine = await create(api, region="ece-region", type="remote_cluster", rules=rules)
        assert await associate(api, mine, bed.search) == 201
        await api.call("PUT", f"{RULESETS}/{first}", request_body("ece-region", rules=[]))
        await api.call("DELETE", f"{RULESETS}/{mine}", ignore_associations=True)
    admitted = frozenset({("e1", "c1")})
    assert [wanted for _what, _name, wanted in bed.data_plane.calls] == [
        ADMITTED,
        ADMITTED,
        Filter(ADMITTED.networks, admitted),
        Filter(clusters=admitted),
        Filter(),
    ]


async def test_a_cluster_may_be_named_instead_of_its_deployment(bed: Any) -> None:
    async with bed.api("hosted") as api:
        ruleset = await create(api)
        body = {"entity_type": "cluster", "id": bed.orders.cluster_id}
        assert (await api.call("POST", f"{RULESETS}/{ruleset}/associations", body)).status == 201
        assert (await api.call("GET", f"{OF_DEPLOYMENT}/{bed.orders.id}/rulesets")).body == {"rulesets": [ruleset]}
        wrong = await api.call("POST", f"{RULESETS}/{ruleset}/associations", {"entity_type": "planet", "id": bed.orders.id})
        other = await api.call("GET", "/deployments/traffic-filter/associations/planet/x/rulesets")
    for reply in (wrong, other):
        assert (reply.status, reply.headers["x-cloud-error-codes"]) == (400, "traffic_filter.invalid_association_type")


async def test_a_rule_set_that_is_associated_is_deleted_only_when_that_is_to_be_ignored(switched: Any) -> None:
    for status in (409, 400, 500):
        bed = switched(associated_ruleset=status)
        async with bed.api("hosted") as api:
            ruleset = await create(api)
            await associate(api, ruleset, bed.orders)
            refused = await api.call("DELETE", f"{RULESETS}/{ruleset}")
            assert (refused.status, refused.headers["x-cloud-error-codes"]) == (status, "traffic_filter.request_execution_failed")
            assert (await api.call("DELETE", f"{RULESETS}/{ruleset}", ignore_associations=True)).status == 200
            assert (await api.call("GET", f"{OF_DEPLOYMENT}/{bed.orders.id}/rulesets")).body == {"rulesets": []}


async def test_rule_sets_and_deployments_of_others_are_out_of_reach(bed: Any) -> None:
    async with bed.api("foreign") as foreign, bed.api("hosted") as api:
        theirs, mine = await create(foreign), await create(api)
        assert (await api.call("GET", RULESETS)).body["rulesets"][0]["id"] == mine
        replies = [
            await api.call("GET", f"{RULESETS}/{theirs}"),
            await api.call("PUT", f"{RULESETS}/{theirs}", request_body()),
            await api.call("DELETE", f"{RULESETS}/{theirs}"),
            await api.call("POST", f"{RULESETS}/{theirs}/associations", {"entity_type": "deployment", "id": bed.orders.id}),
            await api.call("POST", f"{RULESETS}/{mine}/associations", {"entity_type": "deployment", "id": bed.foreign.id}),
            await api.call("GET", f"{OF_DEPLOYMENT}/{bed.foreign.id}/rulesets"),
        ]
    assert [(reply.status, reply.headers["x-cloud-error-codes"]) for reply in replies] == [(403, "root.permission_denied")] * 6


async def test_an_unknown_rule_set_is_404_on_enterprise_and_a_switch_on_hosted(switched: Any) -> None:
    bed = switched(missing_ruleset=404)
    for platform in ("berlin", "hosted"):
        async with bed.api(platform) as api:
            reply = await api.call("GET", f"{RULESETS}/none")
        assert (reply.status, reply.headers["x-cloud-error-codes"]) == (404, "traffic_filter.not_found")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"region": "mars"}, "body.region"),
        ({"name": ""}, "body.name"),
        ({"rules": [{"source": "orders.example.com"}]}, "body.rules"),
        ({"type": "moon"}, "body.rules"),
        ({"rules": [{"colour": "red"}]}, "body.rules[0].colour"),
        ({"include_by_default": None}, "body.include_by_default"),
    ],
    ids=str,
)
async def test_an_unusable_rule_set_is_refused(bed: Any, change: dict[str, Any], field: str) -> None:
    async with bed.api("hosted") as api:
        ruleset = await create(api)
        for method, path in (("POST", RULESETS), ("PUT", f"{RULESETS}/{ruleset}")):
            reply = await api.call(method, path, request_body(**change))
            assert (reply.status, reply.body["errors"][0]["fields"]) == (400, [field])
        assert len((await api.call("GET", RULESETS)).body["rulesets"]) == 1


async def test_a_rule_set_keeps_its_type(bed: Any) -> None:
    async with bed.api("hosted") as api:
        path = f"{RULESETS}/{await create(api)}"
        reply = await api.call("PUT", path, request_body(type="remote_cluster", rules=[]))
    assert (reply.status, reply.body["errors"][0]["fields"]) == (400, ["body.type"])


@pytest.mark.parametrize(("shown", "source"), [("absent", ...), ("null", None), ("empty", "")])
async def test_how_empty_texts_of_rules_read(switched: Any, shown: str, source: Any) -> None:
    bed = switched(empty_rule_text=shown)
    async with bed.api("hosted") as api:
        ruleset = await create(api, type="remote_cluster", rules=[{"remote_cluster_id": "c1", "source": ""}])
        body = (await api.call("GET", f"{RULESETS}/{ruleset}")).body
    assert body["rules"][0].get("source", ...) == body.get("description", ...) == source
    assert body["rules"][0]["remote_cluster_id"] == "c1"


async def test_rule_sets_of_the_world_are_there_and_in_force_from_the_beginning(bed: Any) -> None:
    organization = bed.world.accounts[0]
    office = FilterSpec("office", "ip", ({"source": "192.0.2.1"},))
    account = replace(organization, deployments=(replace(organization.deployments[0], filters=(office,)),))
    tenant = Tenant(account, bed.tenants["hosted"].certificates, 0, bed.data_plane, bed.world.switches)
    await tenant.enforce_filters(tenant.deployments)
    assert [ruleset.definition["name"] for ruleset in tenant.rulesets] == ["office"]
    assert bed.data_plane.calls == [("filter", "orders-prod", Filter(frozenset({"192.0.2.1"})))]


async def test_reads_that_are_behind_show_earlier_rule_sets_and_associations(bed: Any) -> None:
    tenant = bed.tenants["hosted"]
    async with bed.api("hosted") as api:
        ruleset = await create(api)
        before = time.monotonic()
        await associate(api, ruleset, bed.orders)
        assert [known.deployments for known in tenant.rulesets] == [(bed.orders.id,)]
        assert [known.deployments for known in tenant.rulesets.as_of(before)] == [()]
        assert list(tenant.rulesets.as_of(before - 60)) == []
