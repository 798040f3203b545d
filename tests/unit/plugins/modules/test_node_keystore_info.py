# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from ansible_collections.crosscluster.elastic.tests.unit.plugins.keystore_tool import Node


def test_names_are_read_and_values_are_not(call, tmp_path):
    node = Node(tmp_path)
    node.fill({"cluster.remote.orders.credentials": "never-shown"})
    read = call("node_keystore_info", **node.options)
    assert not read["changed"] and read["exists"] and read["keystore"] == ["cluster.remote.orders.credentials", "keystore.seed"]
    assert node.calls() == [["list"]]


def test_a_missing_keystore_has_no_names(call, tmp_path):
    read = call("node_keystore_info", **Node(tmp_path).options)
    assert not read["exists"] and read["keystore"] == []
