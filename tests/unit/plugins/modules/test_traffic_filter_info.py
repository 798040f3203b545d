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
