# SPDX-License-Identifier: GPL-3.0-or-later
"""The HTTPS endpoint and the remote cluster port as clients see them."""

from __future__ import annotations

import socket
import ssl

import pytest

from minicloud.world import REMOTE_CLUSTER_PORT
from real.bed import VERSION, Bed


def test_a_deployment_answers_at_its_service_url_as_elasticsearch_with_a_trial_licence(bed: Bed) -> None:
    root = bed.call("orders", "GET", "/")
    assert root.json()["version"]["number"] == VERSION
    assert root.json()["cluster_name"] == bed.deployments["orders"].cluster_id
    assert bed.call("orders", "GET", "/_license").json()["license"]["type"] == "trial"


def test_the_nodes_of_a_deployment_take_turns_and_say_who_answered(bed: Bed) -> None:
    seen = {bed.call("search", "GET", "/").headers["x-found-handling-instance"] for _request in range(4)}
    assert seen == {"instance-0000000000", "instance-0000000001"}


def test_errors_of_elasticsearch_reach_the_client_unchanged(bed: Bed) -> None:
    answer = bed.call("orders", "PUT", "/_cluster/settings", {"persistent": {"cluster.remote.a.nonsense": 1}})
    assert answer.status_code == 400
    assert "not recognized" in answer.json()["error"]["reason"]


def test_requests_are_recorded_with_user_and_whether_they_write_but_without_secrets(bed: Bed) -> None:
    start = bed.log.since(0)["next"]
    bed.call("orders", "GET", "/_cluster/health?local=true")
    bed.call("orders", "POST", "/_security/user/_has_privileges", {"cluster": ["manage"]})
    bed.call("orders", "POST", "/_nodes/reload_secure_settings")
    recorded = bed.log.since(start)["requests"]
    assert [(entry["method"], entry["path"], entry["query"], entry["write"]) for entry in recorded] == [
        ("GET", "/_cluster/health", "local=true", False),
        ("POST", "/_security/user/_has_privileges", "", False),
        ("POST", "/_nodes/reload_secure_settings", "", True),
    ]
    assert {(entry["plane"], entry["platform"], entry["deployment"], entry["who"], entry["status"]) for entry in recorded} == {
        ("data", "hosted", "orders", "elastic", 200)
    }
    assert bed.deployments["orders"].password not in str(recorded)


def test_no_answer_so_far_broke_the_contract(bed: Bed) -> None:
    paths = ["/", "/_remote/info", "/_cluster/settings?flat_settings=true", "/_nodes", "/_license", "/_security/api_key", "/_security/role"]
    assert [bed.call("search", "GET", path).status_code for path in paths] == [200] * len(paths)
    assert [entry for entry in bed.log.since(0)["requests"] if entry["violation"]] == []


@pytest.mark.parametrize("name", ["nobody.us-east-1.minicloud.test", None])
def test_the_remote_cluster_port_refuses_connections_for_unknown_names(bed: Bed, name: str | None) -> None:
    address = bed.plane.sockets()[bed.deployments["orders"].endpoint, REMOTE_CLUSTER_PORT]
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with socket.create_connection(address) as plain, pytest.raises(ssl.SSLError):
        context.wrap_socket(plain, server_hostname=name)
