# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from ansible_collections.crosscluster.elastic.tests.unit.plugins.scripted import Answer


def test_the_node_that_answers_is_read(call, elasticsearch):
    read = call("elasticsearch_node_info", **elasticsearch.connection)
    assert not read["changed"]
    assert read["node"] == {"id": "id-of-node-0", "name": "node-0", "version": "8.19.21", "started": 1_700_000_000_000}


def test_an_answer_without_a_node_is_an_error(call, elasticsearch):
    elasticsearch.refuse = lambda _request: Answer(body={"nodes": {}})
    failed = call("elasticsearch_node_info", **elasticsearch.connection)
    assert failed["failure"]["kind"] == "UnreadableAnswer"


def test_a_node_that_is_down_is_unreachable(call, elasticsearch):
    failed = call("elasticsearch_node_info", **{**elasticsearch.connection, "url": "https://localhost:9"})
    assert failed["failure"]["kind"] == "Unreachable"
