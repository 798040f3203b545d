# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest


@pytest.fixture
def info(call, elasticsearch):
    for alias in ("orders", "logs"):
        elasticsearch.persistent[f"cluster.remote.{alias}.proxy_address"] = f"{alias}.example.test:9443"
    elasticsearch.credentials = {"orders"}

    def run(**options):
        result = call("remote_cluster_info", **elasticsearch.connection, **options)
        assert not result["changed"] and elasticsearch.writes() == []
        return result["remote_clusters"]

    return run


@pytest.mark.proves("R151")
def test_all_remote_clusters_are_listed_without_an_alias(info):
    assert [(entry["alias"], entry["security_model"]) for entry in info()] == [("logs", "certificate"), ("orders", "api_key")]


def test_a_link_that_works_is_connected_without_error_or_diagnosis(info):
    assert info(alias="orders") == [
        {
            "alias": "orders",
            "settings": {"proxy_address": "orders.example.test:9443"},
            "state": {"connected": True},
            "security_model": "api_key",
            "connected": True,
            "error": "",
            "diagnosis": {},
        }
    ]


@pytest.mark.proves("R151")
def test_a_revoked_key_is_told_although_sockets_are_open(info, elasticsearch):
    elasticsearch.broken["orders"] = "api key [abc] has been invalidated"
    [entry] = info(alias="orders")
    assert entry["state"]["connected"] and not entry["connected"]
    assert entry["error"] == "api key [abc] has been invalidated" and "revoked, expired" in entry["diagnosis"]["cause"]


@pytest.mark.proves("R152")
def test_an_unreachable_remote_gives_no_reason_but_a_diagnosis_that_suspects_ids_first(info, elasticsearch):
    elasticsearch.broken["orders"] = ""
    [entry] = info(alias="orders")
    assert not entry["connected"] and entry["error"] == "" and "cannot connect" in entry["diagnosis"]["cause"]
    assert entry["diagnosis"]["remedy"].startswith("check first that ids in network filters and trust are complete")


def test_below_8_13_the_search_alone_decides(info, elasticsearch):
    elasticsearch.version = "8.11.4"
    assert info(alias="orders")[0]["connected"]
    assert not any("_resolve" in line for line in elasticsearch.server.seen())


def test_nodes_tell_the_key_in_use_where_it_is_known_what_the_key_allows(info, elasticsearch):
    elasticsearch.outside = "action [x] is unauthorized for user [elastic] ... authenticated by API key id [abc] of user [elastic]"
    [entry] = info(alias="orders", access={"search": [{"names": ["orders-*"]}]})
    assert entry["keys_in_use"] == ["abc", "abc"]


def test_a_node_that_does_not_tell_the_key_in_use_is_an_empty_text(info):
    [entry] = info(alias="orders", access={"search": [{"names": ["orders-*"]}]})
    assert entry["keys_in_use"] == ["", ""]


def test_a_key_that_allows_everything_and_old_versions_leave_the_key_in_use_out(info, elasticsearch):
    everything = {"search": [{"names": ["*"], "allow_restricted_indices": True}]}
    assert "keys_in_use" not in info(alias="orders", access=everything)[0]
    elasticsearch.version = "8.11.4"
    assert "keys_in_use" not in info(alias="orders", access={"search": [{"names": ["orders-*"]}]})[0]


def test_an_unknown_alias_is_an_empty_list(info):
    assert info(alias="nobody") == []
