# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.crosscluster.elastic.tests.unit.plugins.fakes import CLUSTER_ID, DEPLOYMENT_ID


@pytest.fixture
def read(call, platform):
    platform.ruleset("r1", DEPLOYMENT_ID)
    platform.ruleset("r2", CLUSTER_ID, name="berlin")
    platform.ruleset("r3", "other", "others", name="berlin", total_associations=5)

    def ids(**options):
        found = call("traffic_filter_info", **{**platform.connection, **options})
        assert not found["changed"]
        return [ruleset["id"] for ruleset in found["traffic_filters"]]

    return ids


@pytest.mark.parametrize(
    ("options", "ids"),
    [
        ({}, ["r1", "r2", "r3"]),
        ({"name": "berlin"}, ["r2", "r3"]),
        ({"name": "r3"}, ["r3"]),
        ({"name": "none"}, []),
        ({"deployment": "search-prod"}, ["r1", "r2"]),
        ({"deployment": "search-prod", "name": "berlin"}, ["r2"]),
    ],
)
def test_rulesets_are_found_by_name_id_and_deployment(read, options, ids):
    assert read(**options) == ids


def test_a_ruleset_says_who_has_it(call, platform, read):
    (found,) = call("traffic_filter_info", name="r3", **platform.connection)["traffic_filters"]
    assert (found["associations"], found["total"], found["rules"][0]["source"]) == (["other", "others"], 5, "192.0.2.0/24")


@pytest.mark.parametrize(
    ("caller", "admitted"),
    [
        ({"sources": ["192.0.2.7"]}, True),
        ({"sources": ["192.0.2.7", "198.51.100.1"]}, False),
        ({"organization_id": "o1", "cluster_id": "c1"}, True),
        ({"organization_id": "o2", "cluster_id": "c2"}, False),
        ({}, False),
    ],
)
def test_rulesets_tell_whether_they_let_a_local_cluster_through(call, platform, caller, admitted):
    platform.ruleset("r1", DEPLOYMENT_ID)
    platform.ruleset("r2", DEPLOYMENT_ID, type="remote_cluster", rules=[{"remote_cluster_org_id": "o1"}])
    found = call("traffic_filter_info", deployment="search-prod", caller=caller, **platform.connection)
    assert found["admitted"] is admitted


def test_everybody_is_let_through_where_there_is_no_ruleset_and_nothing_is_said_without_a_caller(call, platform):
    assert call("traffic_filter_info", deployment="search-prod", caller={}, **platform.connection)["admitted"]
    assert "admitted" not in call("traffic_filter_info", deployment="search-prod", **platform.connection)


def test_a_caller_comes_from_addresses_and_to_a_deployment(call, platform):
    wrong = call("traffic_filter_info", deployment="search-prod", caller={"sources": ["example.com"]}, **platform.connection)
    assert "caller.sources has 'example.com'" in wrong["msg"] and platform.server.seen() == []
    assert "deployment" in call("traffic_filter_info", caller={}, **platform.connection)["msg"]
