# SPDX-License-Identifier: GPL-3.0-or-later
"""What links plan on platforms: traffic filters and trust, there and away again."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from ansible_collections.crosscluster.elastic.plugins.module_utils.fleet import plan as planning
from ansible_collections.crosscluster.elastic.plugins.module_utils.fleet.world import from_dict
from ansible_collections.crosscluster.elastic.plugins.module_utils.model import filters, trust
from ansible_collections.crosscluster.elastic.plugins.module_utils.model.trust_edits import edited
from ansible_collections.crosscluster.elastic.tests.unit.plugins.certificates import authority

from .builders import declared, deployment, key, linked, own, settings, view, world

CA, OTHER_CA = authority("CA of Munich").pem, authority("CA of Paris").pem
FOREIGN = {"type": "generic", "name": "theirs", "uid": "u1", "certificates": [{"pem": OTHER_CA}], "unknown": 1}
TRUST = {"accounts": [{"account_id": "a1", "trust_all": True}], "direct": [FOREIGN]}
NAME = "crosscluster.elastic search-cluster"


def ruleset(name="clients", kind="ip", rules=({"source": "192.0.2.1"},), associations=("orders-id",), **more):
    body = {"id": f"{name}-id", "name": name, "type": kind, "region": "r1", "rules": list(rules)}
    return filters.from_api({**body, "associations": [{"id": found} for found in associations], **more})


def planned(link=None, seen=None, **parts):
    return planning.make(declared(link or {}), replace(seen or world(), **parts), "run1")


def filtered(*rulesets, link=None, seen=None):
    return planned(link, seen, rulesets={"hosted": rulesets})


@pytest.mark.proves("R51")
@pytest.mark.parametrize("rulesets", [(), (ruleset(associations=("stock-id",)),)], ids=["no filters", "filters of others"])
def test_an_open_remote_stays_open(rulesets):
    plan = filtered(*rulesets)
    assert (plan.changes(["network"]), plan.refused) == ([], {})


@pytest.mark.proves("R47")
def test_a_filtered_remote_admits_the_addresses_of_a_local_on_another_platform():
    declaration = declared({}, egress=["198.51.100.0/24"])
    [change] = planning.make(declaration, replace(world(), rulesets={"hosted": (ruleset(),)}), "run1").changes(["network"])
    assert change.change.after["rules"] == [{"source": "198.51.100.0/24"}] and change.change.after["name"] == NAME
    assert change.requests == (
        "POST /api/v1/deployments/traffic-filter/rulesets of orders",
        "POST /api/v1/deployments/traffic-filter/rulesets/*/associations of orders",
    )


def test_without_these_addresses_the_link_is_refused_with_where_to_find_them():
    refused = filtered(ruleset()).refused["search/orders"]
    assert "from which addresses search connects is not declared" in refused.message and "allocators" in refused.remedy


@pytest.mark.proves("R12", "R46")
def test_a_local_on_the_same_platform_is_admitted_by_its_cluster_id():
    [change] = filtered(ruleset(), link={"local": "stock"}).changes(["network"])
    assert change.change.after["rules"] == [{"remote_cluster_id": "stock-cluster", "description": "cluster stock"}]


@pytest.mark.parametrize(
    "rule",
    [{"remote_cluster_id": "stock-cluster"}, {"remote_cluster_org_id": "o1"}, {"remote_cluster_id": "x", "remote_cluster_org_id": "o1"}],
)
def test_a_rule_of_somebody_else_that_admits_the_local_is_enough(rule):
    seen = world(stock=view("stock", deployment=deployment("stock", organization_id="o1")))
    found = filtered(ruleset(), ruleset("theirs", "remote_cluster", [rule]), link={"local": "stock"}, seen=seen).changes(["network"])
    assert (found == []) is (rule.get("remote_cluster_id") != "x")


@pytest.mark.proves("R51")
def test_the_first_filter_needs_a_word():
    refused = filtered(link={"local": "stock", "network": "always"}).refused["stock/orders"]
    assert "first traffic filter" in refused.message and "allow_first_filter: true" in refused.remedy
    allowed = filtered(link={"local": "stock", "network": "always", "allow_first_filter": True})
    assert [change.step for change in allowed.changes(["network"])] == ["network"]


def test_filters_are_left_alone_where_the_link_says_so():
    assert filtered(ruleset(), link={"network": "never"}).changes(["network"]) == []


def test_a_ruleset_of_ours_is_made_once_for_all_remotes_of_a_local():
    both = ruleset(associations=("orders-id", "stock-id"))
    declaration = declared({}, {"remote": "stock"}, egress=["198.51.100.7"])
    first, second = planning.make(declaration, replace(world(), rulesets={"hosted": (both,)}), "run1").changes(["network"])
    assert len(first.requests) == 2
    assert second.requests == ("POST /api/v1/deployments/traffic-filter/rulesets/*/associations of stock",)


@pytest.mark.proves("R6", "R7", "R38", "R39", "R40")
def test_the_private_ca_of_a_remote_is_added_to_what_is_trusted():
    seen = world({"deployment": deployment("search", trust=TRUST)})
    [change] = planned(
        {"remote": "billing", "alias": "b"},
        replace(seen, clusters={**seen.clusters, "billing": own("billing")}),
        authorities={"search/b": (CA,)},
    ).changes(["trust"])
    [edit] = change.change.payload.edits
    entry = edit.entry
    assert (entry["type"], entry["name"], entry["trust_all"]) == ("proxy", "crosscluster.elastic datacenter", False)
    assert edited(TRUST, [edit])["direct"] == [FOREIGN, entry]
    assert change.requests == ("PUT /api/v1/deployments/search-id of search",) and change.change.action == "create"


@pytest.mark.proves("R121")
def test_the_remote_is_opened_and_trusted_before_it_is_connected():
    seen = world({"deployment": deployment("search", trust=TRUST)})
    declaration = declared({}, egress=["198.51.100.0/24"])
    plan = planning.make(declaration, replace(seen, rulesets={"hosted": (ruleset(),)}, authorities={"search/orders": (CA,)}), "run1")
    assert [planned.step for planned in plan.changes(plan.order)] == ["network", "trust", "credentials", "connection"]


@pytest.mark.proves("R41")
def test_a_trusted_environment_may_be_called_as_the_user_likes():
    seen = world({"deployment": deployment("search", trust=TRUST)}, billing=own("billing"))
    link = {"remote": "billing", "alias": "b", "ca_name": "our data centre"}
    [change] = planned(link, seen, authorities={"search/b": (CA,)}).changes(["trust"])
    assert change.change.payload.edits[0].entry["name"] == "our data centre"


@pytest.mark.proves("R27")
def test_links_with_one_environment_change_it_once_with_all_their_certificates():
    seen = world({"deployment": deployment("search", trust=TRUST)}, billing=own("billing"))
    declaration = declared({"remote": "billing", "alias": "b1"}, {"remote": "billing", "alias": "b2"})
    seen = replace(seen, authorities={"search/b1": (CA,), "search/b2": (CA, OTHER_CA)})
    [change] = planning.make(declaration, seen, "run1").changes(["trust"])
    assert len(change.change.payload.edits[0].entry["certificates"]) == 2


def test_trust_that_was_never_set_is_set_only_with_a_word_about_the_own_organization():
    seen = world(billing=own("billing"))
    link = {"remote": "billing", "alias": "b"}
    refused = planned(link, seen, authorities={"search/b": (CA,)}).refused["search/b"]
    assert "never set" in refused.message and "all or none" in refused.remedy
    told = planned(link, seen, authorities={"search/b": (CA,)}, accounts={"search": [{"account_id": "a1", "trust_all": True}]})
    assert [change.step for change in told.changes(["trust"])] == ["trust"]


def taken(seen, **link):
    return planning.make(declared({"remote": "billing", "alias": "b", **link}, state="absent"), seen, "run1")


def with_entry(**aliases):
    """A link to a self-managed remote with a private CA, and other aliases by their address."""
    entry = trust.proxy_entry("crosscluster.elastic datacenter", [CA]).entry
    others = {name: value for alias, address in aliases.items() for name, value in settings(alias, proxy_address=address).items()}
    local = {"deployment": deployment("search", trust={**TRUST, "direct": [FOREIGN, entry]}), "settings": {**settings("b"), **others}}
    return world(local, billing=own("billing", keys=(key(alias="b"),)))


def test_a_trusted_environment_of_ours_goes_with_the_link():
    [change] = taken(with_entry(orders="orders.example.com:9443")).changes(["trust"])
    assert change.change.action == "delete" and change.change.payload.edits == (
        trust.without_proxy_entry("crosscluster.elastic datacenter"),
    )


def test_a_trusted_environment_that_an_alias_may_need_stays_and_is_reported():
    plan = taken(with_entry(unknown="elsewhere.example.com:9443"))
    assert plan.changes(["trust"]) == []
    assert "stays, since alias unknown may need it" in plan.links["search/b"].warnings[0]


def test_a_trusted_environment_stays_for_a_link_that_cannot_be_taken_away():
    seen = with_entry(c="billing-0.example.com:9443")
    search = replace(seen.clusters["search"], followers={"c": ["index copy"]})
    links = [{"remote": "billing", "alias": alias} for alias in ("b", "c")]

    plan = planning.make(declared(*links, state="absent"), replace(seen, clusters={**seen.clusters, "search": search}), "run1")

    assert list(plan.refused) == ["search/c"] and plan.changes(["trust"]) == []
    assert "stays, since alias c may need it" in plan.links["search/b"].warnings[0]


def removed(*rulesets, remote=None, **link):
    seen = replace(linked(remote=remote), rulesets={"hosted": rulesets})
    return planning.make(declared(link, state="absent"), seen, "run1")


def test_our_ruleset_is_taken_from_the_remote_and_deleted_when_nothing_has_it():
    [change] = removed(ruleset(), ruleset(NAME)).changes(["network"])
    assert change.requests == (
        f"DELETE /api/v1/deployments/traffic-filter/rulesets/{NAME}-id/associations/deployment/orders-id of orders",
        f"DELETE /api/v1/deployments/traffic-filter/rulesets/{NAME}-id of orders",
    )
    [kept] = removed(ruleset(), ruleset(NAME, associations=("orders-id", "stock-id"))).changes(["network"])
    assert len(kept.requests) == 1


def test_the_last_filter_stays_unless_told_otherwise():
    plan = removed(ruleset(NAME))
    assert plan.changes(["network"]) == []
    assert "last traffic filter" in plan.links["search/orders"].warnings[0]
    assert len(removed(ruleset(NAME), allow_last_filter=True).changes(["network"])) == 1


def test_a_filter_that_another_link_needs_stays():
    plan = removed(ruleset(), ruleset(NAME), remote={"keys": (key(), key("key2", alias="other"))})
    assert plan.changes(["network"]) == [] and "another link" in plan.links["search/orders"].warnings[0]


def test_a_world_with_filters_and_authorities_survives_json():
    seen = replace(world(), rulesets={"hosted": (ruleset(),)}, authorities={"search/orders": (CA,)}, link_failures={"a/b": "no"})
    assert from_dict(json.loads(json.dumps(seen.as_dict()))) == seen
