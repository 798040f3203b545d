# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations


def test_all_nodes_reload_each_time(call, elasticsearch):
    results = [call("secure_settings_reload", **elasticsearch.connection) for _count in range(2)]
    assert all(result["changed"] for result in results)
    assert results[0]["nodes"] == [{"id": "node-0", "name": "node-0"}, {"id": "node-1", "name": "node-1"}]


def test_check_mode_reloads_nothing(call, elasticsearch):
    predicted = call("secure_settings_reload", check=True, **elasticsearch.connection)
    assert predicted["changed"] and predicted["nodes"] == [] and elasticsearch.server.requests == []


def test_nodes_that_could_not_are_named_with_their_reason(call, elasticsearch):
    failed = call("secure_settings_reload", secure_settings_password="wrong", **elasticsearch.connection)
    assert "1 of 2 nodes did not reload (node-1: Provided keystore password was incorrect)" in failed["msg"]


def test_the_password_of_the_keystores_is_handed_over(call, elasticsearch):
    call("secure_settings_reload", secure_settings_password="sesame-open", **elasticsearch.connection)
    assert elasticsearch.server.requests[-1].body == {"secure_settings_password": "sesame-open"}
