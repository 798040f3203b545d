# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

ACCESS = {"search": [{"names": ["orders-*"]}]}


@pytest.fixture
def names(call, elasticsearch):
    for name, link in (("remote-cluster-orders", "uuid/orders"), ("remote-cluster-logs", "uuid/logs")):
        call("cross_cluster_api_key", name=name, access=ACCESS, metadata={"link": link}, **elasticsearch.connection)

    def run(**options):
        result = call("cross_cluster_api_key_info", **elasticsearch.connection, **options)
        assert not result["changed"] and "encoded" not in str(result)
        return [key["name"] for key in result["cross_cluster_api_keys"]]

    return run


def test_all_keys_are_listed_without_a_filter(names):
    assert names() == ["remote-cluster-orders", "remote-cluster-logs"]


@pytest.mark.parametrize("options", [{"name": "remote-cluster-logs"}, {"metadata": {"link": "uuid/logs"}}])
def test_a_filter_leaves_the_keys_that_match(names, options):
    assert names(**options) == ["remote-cluster-logs"]


def test_revoked_keys_are_listed_as_such(call, names, elasticsearch):
    call("cross_cluster_api_key", name="remote-cluster-logs", state="absent", **elasticsearch.connection)
    keys = call("cross_cluster_api_key_info", **elasticsearch.connection)["cross_cluster_api_keys"]
    assert [key["invalidated"] for key in keys] == [False, True]
    assert sorted(keys[0]) == ["access", "creation", "expiration", "id", "invalidated", "metadata", "name", "owner"]


def test_nothing_that_matches_is_an_empty_list(names):
    assert names(name="nobody") == []
