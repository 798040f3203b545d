# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
from typing import Any

import pytest

from minicloud.contract import CLOUD, ELASTICSEARCH, Contract
from minicloud.control import shapes, views
from minicloud.control.routes import ROUTES
from minicloud.control.server import HANDLERS

KEYSTORE = "/api/v1/deployments/a/elasticsearch/b/keystore"


@pytest.fixture(scope="module")
def cloud() -> Contract:
    return Contract.load(CLOUD, complete=True)


@pytest.fixture(scope="module")
def elasticsearch() -> Contract:
    return Contract.load(ELASTICSEARCH, complete=False)


def test_a_conforming_answer_passes(cloud: Contract) -> None:
    assert cloud.check_response("GET", "/api/v1/deployments", 200, {"deployments": []}) == []


def test_a_missing_field_a_wrong_type_and_an_undocumented_status_are_found(cloud: Contract) -> None:
    assert "required" in cloud.check_response("GET", "/api/v1/deployments", 200, {})[0]
    assert 'is not of type "array"' in cloud.check_response("GET", "/api/v1/deployments", 200, {"deployments": 3})[0]
    assert "does not answer with status 204" in cloud.check_response("GET", "/api/v1/deployments", 204, None)[0]


def test_undeclared_fields_in_answers_are_tolerated(cloud: Contract) -> None:
    assert cloud.check_response("GET", "/api/v1/deployments", 200, {"deployments": [], "more": 1}) == []


def test_general_errors_must_have_the_general_form(cloud: Contract) -> None:
    good = {"errors": [{"code": "root.unauthenticated", "message": "no"}]}
    assert cloud.check_response("GET", "/api/v1/stack/versions", 401, good) == []
    assert cloud.check_response("GET", "/api/v1/stack/versions", 401, {"error": "no"})


def test_an_undescribed_operation_is_a_violation_where_the_description_is_complete(cloud: Contract, elasticsearch: Contract) -> None:
    assert "is not described" in cloud.check_response("GET", "/api/v1/moons", 200, {})[0]
    assert elasticsearch.check_response("GET", "/_moons", 200, {}) == []


def test_the_region_prefix_is_understood(cloud: Contract) -> None:
    assert cloud.check_response("GET", "/api/v1/regions/us-east-1/stack/versions", 200, {"stacks": []}) == []


@pytest.mark.parametrize("entry", [None, {}, {"value": "text"}, {"value": {"a": 1}, "as_file": True}])
def test_keystore_values_may_be_text_object_or_null(cloud: Contract, entry: Any) -> None:
    assert cloud.check_request("PATCH", KEYSTORE, {"secrets": {"a": entry}}) == []


def test_a_violation_in_a_request_is_found_and_does_not_show_the_value(cloud: Contract) -> None:
    (violation,) = cloud.check_request("PATCH", KEYSTORE, {"secrets": {"a": {"value": "s3cret", "as_file": "s3cret"}}})
    assert "$.secrets.a.as_file" in violation
    assert "s3cret" not in violation


def test_elasticsearch_answers_are_checked_with_the_same_code(elasticsearch: Contract) -> None:
    settings = {"persistent": {"cluster": {"remote": {}}}, "transient": {}}
    assert elasticsearch.check_response("GET", "/_cluster/settings", 200, settings) == []
    assert elasticsearch.check_response("GET", "/_cluster/settings", 200, {"persistent": []})


def test_every_route_is_an_operation_of_the_description(cloud: Contract) -> None:
    described = {
        operation["operationId"]: (method.upper(), path)
        for path, operations in cloud_document()["paths"].items()
        for method, operation in operations.items()
    }
    assert {route.operation: (route.method, route.path) for route in ROUTES}.items() <= described.items()
    assert {route.operation for route in ROUTES} == set(HANDLERS)


def test_query_parameters_are_those_of_the_description() -> None:
    for route in ROUTES:
        operation = cloud_document()["paths"][route.path][route.method.lower()]
        described = {p["name"]: p["type"] for p in operation.get("parameters", ()) if p["in"] == "query"}
        names = {bool: "boolean", int: "integer", str: "string"}
        assert {name: names[kind] for name, kind in route.query.items()}.items() <= described.items(), route.operation


async def test_a_planted_violation_becomes_a_server_error_and_stands_in_the_log(bed: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "listing", lambda deployment: {"id": 7, "name": deployment.name, "resources": []})
    async with bed.api("hosted") as api:
        reply = await api.call("GET", "/deployments")
    assert reply.status == 500
    assert reply.text.startswith("contract violation: answer 200 of GET /api/v1/deployments: $.deployments[0].id")
    assert bed.logged()[-1]["status"] == 500
    assert "$.deployments[0].id" in bed.logged()[-1]["violation"]


async def test_a_body_accepted_against_the_description_is_a_violation(bed: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shapes, "problems", lambda shape, value: [])
    async with bed.api("hosted") as api:
        reply = await api.call("PUT", "/account", {"trust": {"trust_all": True}, "more": 1})
        assert reply.status == 200
        reply = await api.call("PUT", "/account", {"trust": {"trust_all": "yes"}})
    assert reply.status == 500
    assert "body of PUT /api/v1/account: $.trust.trust_all" in bed.logged()[-1]["violation"]


def cloud_document() -> dict[str, Any]:
    return json.loads(CLOUD.read_text(encoding="utf-8"))
