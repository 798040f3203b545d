# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.crosscluster.elastic.plugins.module_utils.model import node_settings

WANTED = {"remote_cluster_server.enabled": True, "remote_cluster": {"port": 9443, "host": None}, "a.list": ["x", "y"]}


def test_nested_settings_have_their_full_names():
    assert node_settings.flat({"a": {"b": {"c": 1}, "d.e": [2]}, "f.g": None, "h": {}}) == {"a.b.c": 1, "a.d.e": [2], "f.g": None, "h": {}}


def test_the_block_has_what_is_wanted_and_is_not_there():
    assert node_settings.block(WANTED, {}) == 'remote_cluster_server.enabled: true\nremote_cluster.port: 9443\na.list: ["x", "y"]'
    assert node_settings.block(WANTED, {"remote_cluster.port": "9443", "a.list": ["x", "y"]}) == "remote_cluster_server.enabled: true"
    assert node_settings.block({}, {}) == ""


@pytest.mark.parametrize(
    "alike", [{"remote_cluster.port": "9443"}, {"remote_cluster_server.enabled": "true"}, {"a.list": ["x", "y"]}, {"other": 1}]
)
def test_settings_of_others_that_say_the_same_or_something_else_are_no_conflict(alike):
    assert node_settings.conflicts(WANTED, alike) == []


@pytest.mark.parametrize(
    ("elsewhere", "conflict"),
    [
        ({"remote_cluster.port": 9444}, "remote_cluster.port is 9444 and has to be 9443"),
        ({"remote_cluster.host": "_site_"}, 'remote_cluster.host is "_site_" and has to be left out'),
        ({"a.list": "x"}, 'a.list is "x" and has to be ["x", "y"]'),
    ],
)
def test_settings_of_others_that_contradict_are_named(elsewhere, conflict):
    assert node_settings.conflicts(WANTED, elsewhere) == [conflict]


def test_lines_of_others_are_those_outside_of_the_block():
    begin, end = (node_settings.marker("a").format(mark=mark) for mark in ("BEGIN", "END"))
    text = f"cluster.name: x\n{begin}\nremote_cluster.port: 1\n{end}\n# theirs\n"
    assert node_settings.without_block(text, "a") == "cluster.name: x\n# theirs\n"
    assert node_settings.without_block(text, "other") == text
