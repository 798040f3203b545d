# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest

from minicloud.admission import Caller, Filter, combined, problem

HOSTED = Caller("ech", "1111111111", "c1", ("198.51.100.16/28", "203.0.113.7"))
OUTSIDE = Caller("elsewhere", "", "", ())


@pytest.mark.parametrize(
    ("rule", "admitted"),
    [
        ({"remote_cluster_org_id": "1111111111"}, True),
        ({"remote_cluster_id": "c1"}, True),
        ({"remote_cluster_org_id": "1111111111", "remote_cluster_id": "c1"}, True),
        ({"remote_cluster_org_id": "1111111111", "remote_cluster_id": "c2"}, False),
        ({"remote_cluster_org_id": "2222222222", "remote_cluster_id": "c1"}, False),
        ({"remote_cluster_org_id": "2222222222"}, False),
        ({"remote_cluster_org_id": "", "remote_cluster_id": None}, True),
    ],
)
def test_a_remote_cluster_rule_needs_all_ids_that_it_names(rule: dict[str, Any], admitted: bool) -> None:
    found = combined([("remote_cluster", [rule])])
    assert found is not None and found.admits(HOSTED, "ech") is admitted


def test_a_remote_cluster_rule_knows_clusters_of_its_own_installation_only() -> None:
    found = combined([("remote_cluster", [{"remote_cluster_id": "c1"}])])
    assert found is not None and found.admits(HOSTED, "ech") and not found.admits(HOSTED, "berlin")


@pytest.mark.parametrize(
    ("sources", "admitted"),
    [
        (["198.51.100.16/28", "203.0.113.7"], True),
        (["198.51.100.0/24", "203.0.113.7/32"], True),
        (["198.51.100.16/29", "198.51.100.24/29", "203.0.113.7"], True),
        (["0.0.0.0/0"], True),
        (["198.51.100.16/28"], False),
        (["198.51.100.16/29", "203.0.113.7"], False),
        (["2001:db8::/32"], False),
    ],
    ids=str,
)
def test_ip_rules_must_cover_every_address_that_a_connection_may_come_from(sources: list[str], admitted: bool) -> None:
    found = combined([("ip", [{"source": source}]) for source in sources])
    assert found is not None and found.admits(HOSTED, "berlin") is admitted


def test_one_rule_set_that_admits_is_enough_and_one_without_rules_admits_nobody() -> None:
    mine = ("remote_cluster", [{"remote_cluster_id": "c1"}])
    assert combined([("ip", []), mine]) == Filter(clusters=frozenset({("", "c1")}))
    assert combined([("ip", [])]) == Filter()
    assert not Filter().admits(HOSTED, "ech")


def test_who_has_no_address_is_admitted_by_no_address_rule() -> None:
    assert not Filter(frozenset({"0.0.0.0/0"})).admits(OUTSIDE, "ech")


def test_private_connections_filter_what_comes_in_and_egress_rules_do_not() -> None:
    assert combined([("vpce", [{"source": "vpce-1"}])]) == Filter()
    assert combined([("egress_firewall", [{"egress_rule": {}}])]) is None
    assert combined([]) is None


@pytest.mark.parametrize(
    ("platform", "kind", "rule"),
    [
        ("ech", "ip", {"source": "198.51.100.1"}),
        ("ece", "ip", {"source": "2001:db8::/32"}),
        ("ece", "remote_cluster", {"remote_cluster_org_id": "e1"}),
        ("ech", "vpce", {"source": "vpce-1"}),
    ],
)
def test_complete_rules_are_accepted(platform: str, kind: str, rule: dict[str, Any]) -> None:
    assert problem(platform, kind, [rule]) is None


@pytest.mark.parametrize(
    ("platform", "kind", "rule", "reason"),
    [
        ("ech", "ip", {"source": "orders.example.com"}, "needs a source that is an address"),
        ("ech", "ip", {}, "needs a source that is an address"),
        ("ech", "remote_cluster", {"source": "198.51.100.1"}, "needs remote_cluster_org_id or remote_cluster_id"),
        ("ece", "vpce", {"source": "vpce-1"}, "type must be one of ip, remote_cluster"),
        ("ech", "moon", {}, "type must be one of ip, remote_cluster, egress_firewall"),
    ],
)
def test_incomplete_rules_and_foreign_types_are_refused(platform: str, kind: str, rule: dict[str, Any], reason: str) -> None:
    assert reason in str(problem(platform, kind, [rule]))
