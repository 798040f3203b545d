# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.crosscluster.elastic.plugins.module_utils.api import waiting


@pytest.fixture
def health(call, elasticsearch, monkeypatch):
    monkeypatch.setattr(waiting.looks, "__kwdefaults__", {"first": 0.01, "longest": 0.01})
    return lambda **options: call("cluster_health", **{**elasticsearch.connection, "wait_timeout": 5, **options})


def test_a_healthy_cluster_is_not_waited_for(health, elasticsearch):
    read = health(nodes=2, wait_timeout=0)
    assert not read["changed"] and read["health"] == {"status": "green", "nodes": 2}
    assert elasticsearch.server.seen() == ["GET /_cluster/health"]


def test_better_than_asked_for_will_do(health):
    assert health(status="yellow", wait_timeout=0)["health"]["status"] == "green"


def test_a_cluster_is_waited_for_through_red_yellow_and_no_answer(health, elasticsearch):
    elasticsearch.statuses = ["red", "", "yellow", "green"]
    assert health()["health"]["status"] == "green"
    assert elasticsearch.statuses == ["green"]


def test_what_was_seen_last_is_told_when_the_time_is_up(health, elasticsearch):
    elasticsearch.statuses = ["yellow"]
    failed = health(nodes=2, wait_timeout=0)
    assert "was not green with 2 or more nodes within 0 s; last seen: status yellow, 2 nodes" in failed["msg"]
    assert failed["failure"]["kind"] == "WaitTimeout"


def test_too_few_nodes_are_not_enough(health):
    assert "last seen: status green, 2 nodes" in health(nodes=3, wait_timeout=0)["msg"]


def test_a_node_is_waited_for_until_it_has_been_started_again(health, elasticsearch):
    elasticsearch.restarting = 1
    assert health(started_after=1_700_000_000_003)["health"]["status"] == "green"
    assert elasticsearch.started == 1_700_000_000_004


def test_a_node_that_was_not_started_again_is_told(health, elasticsearch):
    failed = health(started_after=1_700_000_000_000, wait_timeout=0)
    assert "it has not been started again" in failed["msg"] and elasticsearch.server.seen() == ["GET /_nodes/_local/jvm"]


def test_wrong_credentials_are_no_reason_to_wait(health):
    assert health(password="wrong-one")["failure"]["kind"] == "Unauthorized"
