# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.crosscluster.elastic.tests.unit.plugins.fakes import CLUSTER_ID, DEPLOYMENT_ID, PASSWORD


@pytest.mark.parametrize("wanted", ["search-prod", DEPLOYMENT_ID])
def test_a_deployment_is_found_by_its_name_and_by_its_id(call, cloud, wanted):
    result = call("deployment_info", deployment=wanted, **cloud.connection)
    assert not result["changed"]
    assert result["deployments"] == [
        {
            "id": DEPLOYMENT_ID,
            "name": "search-prod",
            "ref_id": "main-elasticsearch",
            "region": "ece-region",
            "cluster_id": CLUSTER_ID,
            "version": "8.19.21",
            "endpoint": "search.example.test",
            "url": "https://search.example.test:9243",
            "status": "started",
            "healthy": True,
            "pending": "",
            "instances": ["instance-0000000000"],
            "organization_id": "42",
            "trust": {},
            "last_plan_ended": 1767225601000,
            "keystore": ["s3.client.default.secret_key"],
        }
    ]


def test_an_unknown_deployment_is_named_with_what_to_check(call, cloud):
    failed = call("deployment_info", deployment="serach-prod", **cloud.connection)
    assert "there is no deployment 'serach-prod'" in failed["msg"] and "check its id or exact name" in failed["msg"]
    assert failed["failure"]["kind"] == "Refused"


def test_an_ambiguous_name_is_refused_with_the_ids(call, cloud):
    cloud.names = ["search-prod", "search-prod"]
    failed = call("deployment_info", deployment="search-prod", **cloud.connection)
    assert "the name 'search-prod' is ambiguous" in failed["msg"] and DEPLOYMENT_ID in failed["msg"]
    assert "give the id instead of the name" in failed["msg"]


def test_an_administrator_of_ece_logs_in_with_name_and_password(call, cloud):
    connection = {"url": cloud.server.url, "username": "admin", "password": PASSWORD, "ca_path": str(cloud.server.ca)}
    assert call("deployment_info", deployment="search-prod", **connection)["deployments"]
    assert cloud.server.seen()[0] == "POST /api/v1/users/auth/_login"


def test_credentials_come_from_the_environment_when_the_task_has_none(call, cloud, monkeypatch):
    monkeypatch.setenv("EC_API_KEY", cloud.connection["api_key"])
    monkeypatch.setenv("EC_URL", cloud.server.url)
    assert call("deployment_info", deployment="search-prod", ca_path=str(cloud.server.ca))["deployments"]


def test_missing_credentials_are_asked_for(call, cloud):
    assert "api_key, username" in call("deployment_info", deployment="search-prod", url=cloud.server.url)["msg"]


def test_a_ca_that_does_not_match_is_named(call, cloud, tmp_path):
    from ansible_collections.crosscluster.elastic.tests.unit.plugins import certificates

    other, _certificate = certificates.write(tmp_path, "other", "localhost")
    failed = call("deployment_info", deployment="search-prod", **{**cloud.connection, "ca_path": str(other)})
    assert failed["failure"]["kind"] == "Untrusted" and str(other) in failed["msg"]
    assert cloud.server.requests == []


def test_a_ca_file_that_is_none_is_named(call, cloud, tmp_path):
    failed = call("deployment_info", deployment="search-prod", **{**cloud.connection, "ca_path": str(tmp_path / "absent.pem")})
    assert "absent.pem cannot be read as PEM certificates" in failed["msg"]
