# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

ORDERS = {"clusters": ["orders"], "names": ["orders-*"], "privileges": ["read", "read_cross_cluster"]}
LOGS = {"clusters": ["logs"], "names": ["logs-*"], "privileges": ["read"]}


@pytest.fixture
def role(call, elasticsearch):
    return lambda **options: call(
        "security_role", **{"name": "analysts", "remote_indices": [ORDERS], **elasticsearch.connection, **options}
    )


def test_a_new_role_is_made_once(role, elasticsearch):
    first, second = role(), role()
    assert first["changed"] and first["security_role"] == {"name": "analysts", "remote_indices": [ORDERS]}
    assert not second["changed"] and second["security_role"] == first["security_role"]
    assert elasticsearch.writes() == ["PUT /_security/role/analysts"]


def test_check_mode_predicts_and_writes_nothing(role, elasticsearch):
    predicted = role(check=True)
    assert predicted["changed"] and predicted["security_role"] == {} and elasticsearch.writes() == []
    assert predicted["diff"] == role()["diff"]


def test_entries_of_others_stay_and_the_entry_of_the_alias_is_replaced(role, elasticsearch):
    elasticsearch.roles["analysts"] = {"cluster": ["monitor"], "remote_indices": [LOGS, {**ORDERS, "names": ["old"]}], "global": {"x": 1}}
    assert role()["changed"]
    assert elasticsearch.roles["analysts"]["remote_indices"] == [LOGS, ORDERS]
    assert elasticsearch.roles["analysts"]["cluster"] == ["monitor"] and elasticsearch.roles["analysts"]["global"] == {"x": 1}


def test_exact_replaces_the_parts_that_are_given_and_no_other(role, elasticsearch):
    elasticsearch.roles["analysts"] = {"cluster": ["monitor"], "remote_indices": [LOGS]}
    assert role(exact=True)["security_role"] == {"name": "analysts", "cluster": ["monitor"], "remote_indices": [ORDERS]}
    assert not role(exact=True)["changed"]


def test_a_query_and_fields_are_compared_by_meaning(role, elasticsearch):
    wanted = {**ORDERS, "query": {"term": {"x": 1}}, "field_security": {"grant": ["b", "a"]}}
    role(remote_indices=[wanted])
    stored = elasticsearch.roles["analysts"]["remote_indices"][0]
    assert stored["field_security"] == {"grant": ["b", "a"]}
    stored.update(query='{"term":{"x":1}}', field_security={"grant": ["a", "b"], "except": []}, allow_restricted_indices=False)
    assert not role(remote_indices=[wanted])["changed"]


def test_absent_removes_the_role_once(role):
    role()
    gone, again = role(state="absent"), role(state="absent")
    assert gone["changed"] and gone["security_role"] == {} and gone["diff"]["before"]
    assert not again["changed"]


@pytest.mark.parametrize("state", ["present", "absent"])
def test_a_reserved_role_is_refused(role, elasticsearch, state):
    elasticsearch.roles["analysts"] = {"cluster": ["all"], "metadata": {"_reserved": True}}
    failed = role(state=state)
    assert "is built into Elasticsearch and cannot be changed" in failed["msg"] and elasticsearch.writes() == []
