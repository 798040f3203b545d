# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import base64
from typing import Any

import pytest

PRESENT = {"term": {"name.keyword": {"value": "search-prod"}}}
BY_NAME = {"bool": {"filter": [{"bool": {"must": [PRESENT]}}]}}


def by_cluster(cluster_id: str) -> dict[str, Any]:
    return {"nested": {"path": "resources.elasticsearch", "query": {"match": {"resources.elasticsearch.id": {"query": cluster_id}}}}}


async def names(api: Any, **request: Any) -> list[str]:
    reply = await api.call("POST", "/deployments/_search", request)
    assert reply.status == 200, reply.text
    assert reply.body["return_count"] == len(reply.body["deployments"])
    return [deployment["name"] for deployment in reply.body["deployments"]]


async def test_the_list_shows_the_cluster_id_of_each_deployment(bed: Any) -> None:
    async with bed.api("berlin") as api:
        listed = (await api.call("GET", "/deployments")).body["deployments"]
    assert {entry["name"]: entry["resources"][0]["id"] for entry in listed}["search-prod"] == bed.search.cluster_id


async def test_search_finds_by_exact_name_by_several_names_and_by_cluster_id(bed: Any) -> None:
    async with bed.api("berlin") as api:
        assert await names(api, query=BY_NAME, size=100, sort=["id"]) == ["search-prod"]
        both = ["search-prod", "search-test"]
        either = [{"term": {"name.keyword": {"value": name}}} for name in both]
        assert await names(api, query={"bool": {"should": either}}, sort=["name.keyword"]) == both
        assert await names(api, query=by_cluster(bed.search.cluster_id)) == ["search-prod"]
        assert await names(api, query=by_cluster(bed.search.id)) == []
        assert await names(api, size=1, sort=["name.keyword"]) == ["search-prod"]


async def test_search_without_a_body_returns_all(bed: Any) -> None:
    async with bed.api("berlin") as api:
        assert (await api.call("POST", "/deployments/_search")).body["match_count"] == 2


async def test_search_does_not_reach_into_other_organizations(bed: Any) -> None:
    async with bed.api("hosted") as api:
        assert await names(api, query=by_cluster(bed.foreign.cluster_id)) == []
        assert await names(api) == ["orders-prod"]


async def test_a_name_given_twice_is_found_twice(bed: Any) -> None:
    async with bed.api("berlin") as api:
        other = next(d for d in bed.tenants["berlin"].deployments.values() if d.name == "search-test")
        await api.call("PUT", f"/deployments/{other.id}", {"prune_orphans": False, "name": "search-prod"})
        assert await names(api, query=BY_NAME) == ["search-prod", "search-prod"]


@pytest.mark.parametrize(
    "request_body",
    [
        {"query": {"prefix": {"name.keyword": {"value": "s"}}}},
        {"query": {"term": {"name": {"value": "search-prod"}}}},
        {"query": {"term": {"name.keyword": "search-prod"}}},
        {"query": {"terms": {"name.keyword": ["search-prod"]}}},
        {"query": {"match": {"resources.elasticsearch.id": {"query": "x"}}}},
        {"query": {"nested": {"path": "resources", "query": PRESENT}}},
        {"query": {"nested": {"path": "resources.elasticsearch", "query": PRESENT}}},
        {"query": {"bool": {"must_not": [PRESENT]}}},
        {"query": {"bool": {"filter": PRESENT}}},
        {"query": {"bool": {"filter": [PRESENT], "should": [PRESENT]}}},
        {"query": {}},
        {"query": [PRESENT]},
        {"sort": ["healthy"]},
        {"size": "all"},
        {"size": -1},
        {"from": 0},
        {"cursor": "x"},
    ],
    ids=str,
)
async def test_other_forms_of_search_are_refused(bed: Any, request_body: dict[str, Any]) -> None:
    async with bed.api("berlin") as api:
        reply = await api.call("POST", "/deployments/_search", request_body)
    assert reply.status == 400
    assert reply.body["errors"][0]["fields"]


async def test_a_deployment_shows_endpoint_ports_version_and_instances(bed: Any) -> None:
    async with bed.api("hosted") as api:
        reply = await api.call("GET", f"/deployments/{bed.orders.id}")
    (resource,) = reply.body["resources"]["elasticsearch"]
    info = resource["info"]
    spec = bed.orders.spec
    assert (resource["id"], resource["ref_id"], resource["region"]) == (spec.cluster_id, "main-elasticsearch", "us-east-1")
    assert (info["metadata"]["endpoint"], info["metadata"]["service_url"]) == (spec.endpoint, spec.service_url)
    assert info["metadata"]["ports"] == {"https": 443, "http": 9200, "transport_passthrough": 9400}
    label, _colon, encoded = info["metadata"]["cloud_id"].partition(":")
    assert (label, base64.b64decode(encoded).decode()) == ("orders-prod", f"us-east-1.minicloud.test:443${spec.cluster_id}$")
    assert info["plan_info"]["current"]["plan"]["elasticsearch"]["version"] == "8.19.21"
    assert [instance["instance_name"] for instance in info["topology"]["instances"]] == ["instance-0000000000"]
    assert info["topology"]["instances"][0]["service_version"] == "8.19.21"
    assert reply.body["metadata"]["organization_id"] == bed.tenants["hosted"].account.scope_id
    assert reply.headers["x-cloud-resource-version"] == "1"


async def test_flags_decide_what_is_shown(bed: Any) -> None:
    async with bed.api("berlin") as api:

        async def info(**flags: Any) -> dict[str, Any]:
            reply = await api.call("GET", f"/deployments/{bed.search.id}/elasticsearch/_main", **flags)
            assert reply.status == 200, reply.text
            return reply.body["info"]

        plain = await info()
        assert "settings" not in plain and "raw" not in plain["metadata"]
        assert plain["plan_info"]["current"]["plan_attempt_log"] == [] and plain["plan_info"]["history"] == []
        assert "transient" in plain["plan_info"]["current"]["plan"]
        assert "transient" not in (await info(clear_transient=True))["plan_info"]["current"]["plan"]
        assert "current" not in (await info(show_plans=False))["plan_info"]
        assert len((await info(show_plan_history=True))["plan_info"]["history"]) == 1
        logged = (await info(show_plan_logs=True))["plan_info"]["current"]["plan_attempt_log"]
        assert (logged[-1]["step_id"], logged[-1]["status"]) == ("plan-completed", "success")
        trust = (await info(show_settings=True))["settings"]["trust"]
        assert trust["accounts"][0]["account_id"] == bed.tenants["berlin"].account.scope_id
        assert set(trust) == {"accounts"}
        assert "raw" in (await info(show_metadata=True))["metadata"]


async def test_a_wrong_ref_id_is_a_missing_resource(bed: Any) -> None:
    async with bed.api("hosted") as api:
        reply = await api.call("GET", f"/deployments/{bed.orders.id}/elasticsearch/other")
    assert (reply.status, reply.headers["x-cloud-error-codes"]) == (404, "deployments.deployment_resource_not_found")


async def test_the_certificate_authority_of_nodes_is_shown(bed: Any) -> None:
    async with bed.api("hosted") as api:
        reply = await api.call("GET", f"/deployments/{bed.orders.id}/certificate-authority")
    (certificate,) = reply.body["public_certificates"]
    assert certificate["pem"] == bed.authority.pem and certificate["active"] is True
    assert bed.tenants["hosted"].account.scope_id in reply.body["recommended_trust_restriction"]


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/moons"), ("DELETE", "/account"), ("GET", "/platform"), ("GET", "/regions/us-east-1/deployments"), ("GET", "/user")],
)
async def test_what_hosted_does_not_have_is_an_html_page(bed: Any, method: str, path: str) -> None:
    async with bed.api("hosted") as api:
        reply = await api.call(method, path)
    assert reply.status == 404
    assert reply.headers["Content-Type"].startswith("text/html") and "404 Not Found" in reply.text
    assert bed.logged()[-1]["write"] is (method != "GET")


@pytest.mark.parametrize("query", [{"show_planets": True}, {"show_plans": "maybe"}, {"show_system_alerts": "x"}])
async def test_unknown_or_bad_query_parameters_are_refused(bed: Any, query: dict[str, Any]) -> None:
    async with bed.api("hosted") as api:
        reply = await api.call("GET", f"/deployments/{bed.orders.id}", **query)
    assert reply.status == 400
    assert reply.body["errors"][0]["fields"] == list(query)


async def test_a_body_where_none_is_taken_is_refused(bed: Any) -> None:
    async with bed.api("hosted") as api:
        assert (await api.call("GET", "/account", {"a": 1})).status == 400
        assert (await api.call("GET", "/account", {})).status == 200
        assert (await api.call("PUT", "/account")).status == 400
