# SPDX-License-Identifier: GPL-3.0-or-later
"""Rulesets: who is admitted, and what becomes of rules when others are wished."""

from __future__ import annotations

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.crosscluster.elastic.plugins.module_utils.model import filters
from ansible_collections.crosscluster.elastic.plugins.module_utils.model.errors import Refused
from ansible_collections.crosscluster.elastic.plugins.module_utils.model.filters import Wish

ORGANIZATION, CLUSTER = "0012345678", "c" * 32


def ruleset(kind="ip", *rules, **fields):
    known = {"id": "r1", "name": "n", "type": kind, "region": "r", "include_by_default": False, "rules": list(rules)}
    return filters.from_api({**known, **fields})


def sources(*texts):
    return ruleset("ip", *({"source": text} for text in texts))


def clusters(*rules):
    return ruleset("remote_cluster", *rules)


ORG = {"remote_cluster_org_id": ORGANIZATION}
ONE = {"remote_cluster_id": CLUSTER}


@pytest.mark.proves("R46")
@pytest.mark.parametrize(
    ("rulesets", "admitted"),
    [
        ([], True),
        ([ruleset("egress_firewall", {"egress_rule": {"target": "x", "protocol": "all"}})], True),
        ([clusters()], False),
        ([clusters(ORG)], True),
        ([clusters({**ORG, "remote_cluster_id": ""})], True),
        ([clusters(ONE)], True),
        ([clusters({**ORG, **ONE})], True),
        ([clusters({**ORG, "remote_cluster_id": "d" * 32})], False),
        ([clusters({"remote_cluster_org_id": "12345678"})], False),
        ([clusters({})], False),
        ([sources("192.0.2.0/24"), clusters(ONE)], True),
        ([ruleset("vpce", {"source": "vpce-1"})], False),
    ],
)
def test_a_cluster_of_the_same_platform_is_admitted_by_its_ids(rulesets, admitted):
    """By the id of the organization, by that of the cluster, or by both."""
    assert filters.admits(rulesets, organization_id=ORGANIZATION, cluster_id=CLUSTER) is admitted


def test_a_cluster_of_another_platform_is_not_admitted_by_empty_ids():
    assert filters.admits([clusters({"remote_cluster_org_id": "", "remote_cluster_id": ""})]) is False


@pytest.mark.proves("R47", "R49")
@pytest.mark.parametrize(
    ("allowed", "calling", "admitted"),
    [
        (["192.0.2.0/24"], ["192.0.2.7"], True),
        (["192.0.2.0/24"], ["192.0.2.0/28", "192.0.2.200"], True),
        (["192.0.2.0/24"], ["192.0.2.7", "198.51.100.1"], False),
        (["192.0.2.0/25"], ["192.0.2.0/24"], False),
        (["192.0.2.0/25", "192.0.2.128/25"], ["192.0.2.0/24"], True),
        (["192.0.2.7"], ["192.0.2.7/32"], True),
        (["0.0.0.0/0"], ["192.0.2.7"], True),
        (["0.0.0.0/0"], [], True),
        (["192.0.2.0/24"], [], False),
        (["0.0.0.0/0"], ["2001:db8::7"], False),
        (["2001:db8::/32"], ["2001:db8::7"], True),
        (["192.0.2.0/24"], ["a.example.com"], False),
        (["broken"], ["192.0.2.7"], False),
    ],
)
def test_addresses_are_admitted_when_rules_cover_all_of_them(allowed, calling, admitted):
    """Addresses and networks of the local platform."""
    assert filters.admits([sources(*allowed)], sources=calling) is admitted


def test_rules_of_several_rulesets_count_together():
    assert filters.admits([sources("192.0.2.0/25"), sources("192.0.2.128/25")], sources=["192.0.2.0/24"])


def test_rules_that_are_there_stay_as_they_are_and_where_they_are():
    there = [{"id": "9", "source": "192.0.2.1/32", "description": "theirs", "later": 1}, {"id": "3", "source": "198.51.100.0/24"}]
    wish = Wish(rules=({"source": "198.51.100.0/24", "description": None}, {"source": "203.0.113.0/24"}, {"source": "192.0.2.1"}))
    assert filters.body(ruleset("ip", *there), wish)["rules"] == [*there, {"source": "203.0.113.0/24"}]


def test_a_description_that_is_wished_replaces_that_of_the_same_rule():
    after = filters.body(sources("192.0.2.1"), Wish(rules=({"source": "192.0.2.1/32", "description": "ours"},)))
    assert after["rules"] == [{"source": "192.0.2.1", "description": "ours"}]


def test_purge_leaves_what_is_wished_alone_and_removes_the_rest():
    there = [{"id": "1", **ORG}, {"id": "2", **ONE}]
    after = filters.body(clusters(*there), Wish(rules=(ONE, {"remote_cluster_id": "", **ORG, **ONE}), purge=True))
    assert after["rules"] == [there[1], {**ORG, **ONE}]
    assert filters.body(clusters(*there), Wish(rules=(), purge=True))["rules"] == []


def test_only_the_fields_that_a_request_takes_are_sent():
    found = ruleset("ip", description=None, associations=[{"entity_type": "deployment", "id": "d"}], total_associations=3, owner="x")
    assert set(filters.as_body(found)) == {"name", "type", "region", "description", "include_by_default", "rules"}
    assert (found.associations, found.total, found.description) == (("d",), 3, "")


_RULES = st.lists(
    st.fixed_dictionaries({"source": st.sampled_from([f"192.0.2.{n}" for n in range(6)])}, optional={"id": st.text(max_size=3)}), max_size=5
)


@given(_RULES, _RULES)
def test_without_purge_no_rule_is_lost_or_moved_and_a_second_time_changes_nothing(have, wanted):
    before = copy.deepcopy(have)
    after = filters.body(ruleset("ip", *have), Wish(rules=tuple(wanted)))
    assert after["rules"][: len(before)] == before
    assert {rule["source"] for rule in after["rules"]} == {rule["source"] for rule in [*have, *wanted]}
    again = ruleset("ip", *after["rules"])
    assert filters.body(again, Wish(rules=tuple(wanted))) == filters.as_body(again)


def test_a_type_that_is_not_known_yet_is_passed_on():
    assert filters.body(ruleset("new_type"), Wish(rules=({"x": 1},)))["rules"] == [{"x": 1}]


def test_a_name_is_found_within_a_type_and_a_region():
    known = [ruleset(id="1"), ruleset("remote_cluster", id="2"), ruleset(id="3", region="other")]
    assert filters.find(known, "n", type="remote_cluster").id == "2"
    assert filters.find(known, "n", region="other").id == "3"
    assert filters.find(known, "1", type="remote_cluster").id == "1"
    assert filters.find(known, "m") is None
    with pytest.raises(Refused, match="is ambiguous, 3 traffic filters"):
        filters.find(known, "n")


def test_the_rulesets_of_a_deployment_are_those_about_who_may_connect():
    having = [{"entity_type": "deployment", "id": "d"}]
    inbound, outbound = ruleset(associations=having), ruleset("egress_firewall", associations=having)
    by_cluster = ruleset(associations=[{"entity_type": "cluster", "id": CLUSTER}])
    assert filters.of([inbound, outbound, by_cluster, ruleset()], "d", CLUSTER) == [inbound, by_cluster]
    assert filters.of([ruleset(associations=[{"entity_type": "cluster", "id": ""}])], "d") == []
