# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.crosscluster.elastic.plugins.module_utils.fleet import plan as planning

from .builders import declared, key, linked, settings, world

ROLE = {
    "cluster": ["monitor"],
    "remote_indices": [
        {"clusters": ["orders"], "names": ["orders-*"], "privileges": ["read"]},
        {"clusters": ["orders", "stock"], "names": ["*"], "privileges": ["read"]},
    ],
}
GONE = declared({"roles": [{"name": "readers"}]}, state="absent")


def removal(declaration=GONE, seen=None):
    return planning.make(declaration, seen or linked({"roles": {"readers": ROLE}}), "run1")


def steps_of(plan):
    return [(planned.step, planned.change.action) for planned in plan.changes(plan.order)]


def test_a_link_is_taken_away_in_reverse():
    plan = removal()
    assert steps_of(plan) == [("roles", "update"), ("connection", "delete"), ("credentials", "delete"), ("credentials", "revoke")]
    assert [request for planned in plan.changes(plan.order) for request in planned.requests] == [
        "PUT /_security/role/readers of search",
        "PUT /_cluster/settings of search",
        "PATCH /api/v1/deployments/search-id/elasticsearch/main-elasticsearch/keystore of search",
        "DELETE /_security/api_key of orders",
    ]


def test_a_role_keeps_what_is_not_for_the_alias_alone():
    [role, *_others] = removal().changes(["roles"])
    assert role.change.payload[1] == {**ROLE, "remote_indices": ROLE["remote_indices"][1:]}


@pytest.mark.proves("R146")
def test_all_settings_of_the_alias_go_and_no_other():
    seen = linked({"settings": {**settings(transport="x"), **settings("stock", "stock")}})
    [connection] = removal(seen=seen).changes(["connection"])
    first, _second = connection.change.payload
    assert first == dict.fromkeys(settings(transport="x"))


def test_what_is_gone_already_is_no_change():
    seen = world(remote={"keys": (key(invalidated=True),)})
    assert removal(seen=seen).changes(planning.steps.STEPS) == []


def test_a_removal_that_was_cut_short_goes_on():
    seen = world(remote={"keys": (key(),)})
    assert steps_of(removal(seen=seen)) == [("credentials", "revoke")]


def test_all_valid_keys_of_the_link_are_revoked():
    seen = linked(remote={"keys": (key(), key("key2", made=-5), key("key3", invalidated=True), key("other", alias="stock"))})
    assert removal(seen=seen).changes(["credentials"])[-1].change.before == {"valid": ["key1", "key2"]}


@pytest.mark.parametrize(
    "seen",
    [
        pytest.param(world({"settings": settings()}), id="no key of ours"),
        pytest.param(world({"keystore": ("cluster.remote.orders.credentials",)}), id="credential alone"),
        pytest.param(linked(in_use=("theirs",), foreign=("theirs",)), id="key of somebody else"),
    ],
)
def test_what_others_made_is_taken_away_only_when_told_to(seen):
    refused = removal(seen=seen).refused["search/orders"]
    assert "was not made by this collection" in refused.message and "adopt: true" in refused.remedy
    assert removal(declared({"adopt": True}, state="absent"), seen).refused == {}


def test_a_link_that_something_follows_through_stays():
    seen = linked({"followers": {"orders": ["index copy"], "stock": ["index other"]}})
    refused = removal(seen=seen).refused["search/orders"]
    assert "is used by index copy" in refused.message and "unfollow" in refused.remedy


def test_a_removal_needs_no_access():
    assert removal(declared({"access": {}}, state="absent"), linked()).refused == {}
