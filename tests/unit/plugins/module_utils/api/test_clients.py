# SPDX-License-Identifier: GPL-3.0-or-later
"""What the clients send, and what they make of the answers."""

from __future__ import annotations

import pytest

from ansible_collections.crosscluster.elastic.plugins.module_utils.api.cloud import REMOVALS, CloudClient
from ansible_collections.crosscluster.elastic.plugins.module_utils.api.credentials import ApiKey
from ansible_collections.crosscluster.elastic.plugins.module_utils.api.elasticsearch import ElasticsearchClient
from ansible_collections.crosscluster.elastic.plugins.module_utils.api.session import Target, Transport
from ansible_collections.crosscluster.elastic.plugins.module_utils.model import errors
from ansible_collections.crosscluster.elastic.tests.unit.plugins.scripted import Answer, in_order


@pytest.fixture
def client(serve):
    """client(kind, *answers) -> a client and the server that gives it these answers."""

    def make(kind, *answers):
        server = serve(in_order(answers))
        return kind(Transport().session(Target("S", server.url, ApiKey("k"), str(server.ca)))), server

    return make


@pytest.mark.parametrize("status", [403, 404])
def test_a_deployment_of_others_reads_as_none(client, status):
    cloud, server = client(CloudClient, Answer(status))
    assert cloud.deployment("a/b") is None
    assert server.requests[0].path == "/api/v1/deployments/a/b" and server.requests[0].query["show_settings"] == "true"


def test_a_search_follows_the_cursor_until_all_are_there(client):
    pages = [
        {"deployments": [{"id": "1"}], "match_count": 3, "cursor": "c1"},
        {"deployments": [{"id": "2"}, {"id": "3"}], "match_count": 3, "cursor": "c2"},
    ]
    cloud, server = client(CloudClient, *[Answer(body=page) for page in pages])
    assert [found["id"] for found in cloud.deployments_named(["a"])] == ["1", "2", "3"]
    assert [request.body.get("cursor") for request in server.requests] == [None, "c1"]


@pytest.mark.parametrize("removal", REMOVALS)
def test_secure_settings_are_set_as_text_or_file_and_removed_as_the_caller_spells_it(client, removal):
    cloud, server = client(CloudClient, Answer())
    cloud.update_keystore("d", "main", {"a": "text", "b": {"k": 1}, "c": None}, removal)
    assert server.requests[0].body == {
        "secrets": {"a": {"value": "text", "as_file": False}, "b": {"value": {"k": 1}, "as_file": True}, "c": removal}
    }


def test_a_restart_during_a_plan_is_a_conflict(client):
    body = {"errors": [{"code": "deployments.deployment_resource_plan_change_error", "message": "pending"}]}
    cloud, _server = client(CloudClient, Answer(422, body))
    with pytest.raises(errors.Conflict) as caught:
        cloud.restart("d", "main")
    assert caught.value.code == "deployments.deployment_resource_plan_change_error"


@pytest.mark.proves("R24")
def test_keys_of_other_types_are_left_out_and_pages_are_followed(client):
    first, second = {"id": "1", "type": "cross_cluster"}, {"id": "2", "type": "rest"}
    elastic, server = client(
        ElasticsearchClient, Answer(body={"total": 2, "api_keys": [first]}), Answer(body={"total": 2, "api_keys": [second]})
    )
    assert elastic.cross_cluster_keys({"name": "n"}) == [first]
    assert [request.body["from"] for request in server.requests] == [0, 1]


def test_a_role_that_is_missing_reads_as_none(client):
    elastic, _server = client(ElasticsearchClient, Answer(404), Answer(body={"a b": {"cluster": []}}))
    assert elastic.role("a b") is None
    assert elastic.role("a b") == {"cluster": []}


def test_a_key_that_is_missing_reads_as_none(client):
    elastic, _server = client(ElasticsearchClient, Answer(404, {"error": {"type": "x", "reason": "gone"}}))
    assert elastic.api_key("k") is None


@pytest.mark.parametrize("status", [400, 401, 403, 404, 500, 503])
def test_a_refused_search_is_an_answer(client, status):
    elastic, server = client(ElasticsearchClient, Answer(status, {"error": {"type": "x", "reason": "why"}}))
    answer = elastic.search("orders:a,logs:b*")
    assert (answer.refusal, answer.body) == ("why", {})
    assert server.requests[0].path == "/orders:a,logs:b*/_search"


def test_an_answer_names_its_node_behind_the_proxies_of_a_platform(client):
    body = {"orders": {"connected": True}}
    elastic, server = client(ElasticsearchClient, Answer(body=body, headers={"X-Found-Handling-Instance": "instance-0"}), Answer(body=body))
    answers = [elastic.resolve_cluster("orders:*") for _count in range(2)]
    assert [(answer.node, answer.body, answer.refusal) for answer in answers] == [("instance-0", body, ""), ("", body, "")]
    assert server.requests[0].path == "/_resolve/cluster/orders:*"


def test_a_reload_without_password_has_no_body(client):
    elastic, server = client(ElasticsearchClient, Answer(), Answer())
    elastic.reload_secure_settings()
    elastic.reload_secure_settings("sesame")
    assert [request.body for request in server.requests] == [None, {"secure_settings_password": "sesame"}]


def test_a_key_is_changed_as_its_owner_by_a_header(client):
    elastic, server = client(ElasticsearchClient, Answer())
    elastic.update_cross_cluster_key("k/1", {"metadata": {}}, run_as="owner")
    assert server.requests[0].headers["es-security-runas-user"] == "owner"
    assert server.requests[0].path == "/_security/cross_cluster/api_key/k/1"


def test_a_deployment_is_read_with_its_version_and_updated_at_that_version(client):
    cloud, server = client(
        CloudClient, Answer(body={"id": "d"}, headers={"X-Cloud-Resource-Version": "7"}), Answer(), Answer(body={"ok": 1})
    )
    assert cloud.deployment_for_update("d") == ({"id": "d"}, "7")
    cloud.update_deployment("d", {"prune_orphans": False}, "7")
    assert cloud.try_update("d", {"prune_orphans": False}, "") == {"ok": 1}
    queries = [request.query for request in server.requests]
    assert queries == [
        {"show_settings": "true", "show_plans": "true", "clear_transient": "true"},
        {"version": "7"},
        {"validate_only": "true"},
    ]


@pytest.mark.parametrize("status", [400, 409, 422])
def test_an_update_during_a_plan_is_a_conflict_whatever_its_status(client, status):
    body = {"errors": [{"code": "deployments.deployment_resource_plan_change_error", "message": "pending"}]}
    cloud, _server = client(CloudClient, Answer(status, body), Answer(status, body))
    for call in (cloud.update_deployment, cloud.try_update):
        with pytest.raises(errors.Conflict) as caught:
            call("d", {}, "7")
        assert caught.value.status == status


def test_another_refusal_of_an_update_is_none(client):
    cloud, _server = client(CloudClient, Answer(400, {"errors": [{"code": "clusters.cluster_invalid_plan", "message": "bad"}]}))
    with pytest.raises(errors.RequestFailed) as caught:
        cloud.update_deployment("d", {}, "")
    assert not isinstance(caught.value, errors.Conflict)


def test_what_older_platforms_cannot_tell_reads_as_nothing(client):
    cloud, server = client(CloudClient, Answer(404), Answer(403), Answer(body={"user_supplied": True, "chain": ["PEM"]}), Answer(404))
    assert cloud.trusted_environments() == {}
    assert cloud.certificate_chain("proxy") is None
    assert cloud.certificate_chain("proxy") == ["PEM"]
    assert cloud.traffic_filter("a b") is None
    assert server.seen()[1] == "GET /api/v1/platform/configuration/security/tls/proxy"


def test_traffic_filters_are_read_with_their_associations_and_written_as_a_whole(client):
    cloud, server = client(CloudClient, Answer(body={"rulesets": [{"id": "1"}]}), Answer(201, {"id": "2"}), Answer(), Answer(201))
    assert cloud.traffic_filters() == [{"id": "1"}]
    assert cloud.create_traffic_filter({"name": "n"}) == "2"
    cloud.replace_traffic_filter("2", {"name": "n", "rules": []})
    cloud.associate_traffic_filter("2", "d")
    assert server.requests[0].query == {"include_associations": "true"}
    assert [request.body for request in server.requests[1:]] == [
        {"name": "n"},
        {"name": "n", "rules": []},
        {"entity_type": "deployment", "id": "d"},
    ]


def test_what_is_gone_already_is_taken_away(client):
    cloud, server = client(CloudClient, Answer(404), Answer(404))
    cloud.dissociate_traffic_filter("2", "d")
    cloud.delete_traffic_filter("2")
    prefix = "DELETE /api/v1/deployments/traffic-filter/rulesets/2"
    assert server.seen() == [f"{prefix}/associations/deployment/d", prefix]
