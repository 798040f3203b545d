# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import copy

import pytest

from ansible_collections.crosscluster.elastic.tests.unit.plugins.fakes import CLUSTER_ID, DEPLOYMENT_ID

RULE = {"source": "198.51.100.0/28", "description": "allocators"}
NEW = {"name": "berlin", "type": "ip", "region": "ece-region", "rules": [RULE]}


@pytest.fixture
def traffic_filter(call, platform):
    return lambda **options: call("traffic_filter", **{**platform.connection, **options})


def test_a_ruleset_is_made_once(traffic_filter, platform):
    first, second = traffic_filter(**NEW), traffic_filter(**NEW)
    made = first["traffic_filter"]
    assert first["changed"] and (made["name"], made["rules"], made["include_by_default"]) == ("berlin", [RULE], False)
    assert first["diff"]["before"] == {} and first["diff"]["after"]["rules"] == [RULE]
    assert not second["changed"] and second["traffic_filter"] == made and len(platform.rulesets) == 1


def test_rules_are_added_behind_those_that_are_there(traffic_filter, platform):
    platform.ruleset("r7", "another deployment", name="berlin", description="by hand", later=1)
    before = copy.deepcopy(platform.rulesets["r7"]["rules"])
    made = traffic_filter(**NEW)
    assert [rule["source"] for rule in made["traffic_filter"]["rules"]] == ["192.0.2.0/24", "198.51.100.0/28"]
    put = next(request for request in platform.server.requests if request.method == "PUT")
    assert put.body["rules"][: len(before)] == before and put.body["description"] == "by hand"
    assert made["traffic_filter"]["associations"] == ["another deployment"]
    assert not traffic_filter(**NEW)["changed"]


def test_with_purge_the_rules_are_exactly_those_that_are_given(traffic_filter, platform):
    platform.ruleset("r7", name="berlin")
    made, again = traffic_filter(**NEW, purge=True), traffic_filter(**NEW, purge=True)
    assert made["changed"] and [rule["source"] for rule in made["traffic_filter"]["rules"]] == ["198.51.100.0/28"]
    assert not again["changed"]


@pytest.mark.proves("R49")
def test_an_address_is_the_network_of_one_address_and_order_means_nothing(traffic_filter, platform):
    platform.ruleset("r7", name="berlin", rules=[{"id": "1", "source": "192.0.2.1"}, {"id": "2", "source": "192.0.2.2/32"}])
    rules = [{"source": "192.0.2.2"}, {"source": "192.0.2.1/32"}]
    assert not traffic_filter(**{**NEW, "rules": rules, "purge": True})["changed"]


@pytest.mark.proves("R13", "R14")
@pytest.mark.parametrize("organization", ["01234567", "012345678", "0123456789", "0123456789abcdef" * 2])
def test_the_id_of_an_organization_is_a_text_of_any_length_and_sent_as_it_is(traffic_filter, platform, organization):
    wanted = {**NEW, "type": "remote_cluster", "rules": [{"remote_cluster_org_id": organization}]}
    made, again = traffic_filter(**wanted), traffic_filter(**wanted)
    [sent] = [request.body for request in platform.server.requests if request.method == "POST"]
    assert sent["rules"] == made["traffic_filter"]["rules"] == [{"remote_cluster_org_id": organization}]
    assert not again["changed"]


@pytest.mark.proves("R12")
def test_the_id_of_a_deployment_is_not_taken_for_that_of_its_cluster(traffic_filter, platform):
    wanted = {**NEW, "type": "remote_cluster"}
    refused = traffic_filter(**{**wanted, "rules": [{"remote_cluster_id": DEPLOYMENT_ID}]})
    assert f"{DEPLOYMENT_ID} is the id of deployment 'search-prod'" in refused["msg"] and CLUSTER_ID in refused["failure"]["remedy"]
    assert platform.writes() == []
    assert traffic_filter(**{**wanted, "rules": [{"remote_cluster_id": CLUSTER_ID}]})["changed"]


def test_what_is_not_given_stays(traffic_filter, platform):
    platform.ruleset("r7", description="by hand", include_by_default=True)
    made = traffic_filter(name="r7", description="by play")
    assert made["changed"] and made["traffic_filter"]["include_by_default"] and len(made["traffic_filter"]["rules"]) == 1
    assert (made["traffic_filter"]["name"], made["traffic_filter"]["description"]) == ("named r7", "by play")


def test_check_mode_predicts_and_writes_nothing(traffic_filter, platform):
    predicted = traffic_filter(**NEW, check=True)
    assert predicted["changed"] and predicted["traffic_filter"] == {} and platform.rulesets == {}
    assert predicted["diff"] == traffic_filter(**NEW)["diff"]


def test_absent_deletes_a_ruleset_that_no_deployment_has(traffic_filter, platform):
    traffic_filter(**NEW)
    gone, again = traffic_filter(name="berlin", state="absent"), traffic_filter(name="berlin", state="absent")
    assert gone["changed"] and gone["traffic_filter"] == {} and platform.rulesets == {}
    assert not again["changed"]


@pytest.mark.parametrize("hidden", [0, 1])
def test_a_ruleset_that_deployments_have_is_not_deleted(traffic_filter, platform, hidden):
    platform.ruleset("r7", *([] if hidden else ["d1"]), total_associations=1)
    failed = traffic_filter(name="r7", state="absent")
    assert "is associated with 1 deployments" in failed["msg"] and ("d1" in failed["msg"]) != bool(hidden)
    assert platform.writes() == []


def test_an_ambiguous_name_is_refused_unless_type_or_region_tells(traffic_filter, platform):
    platform.ruleset("r1", name="berlin")
    platform.ruleset("r2", name="berlin", region="us-east-1")
    assert "is ambiguous, 2 traffic filters have it: r1 (ip, ece-region), r2" in traffic_filter(name="berlin")["msg"]
    assert traffic_filter(name="berlin", region="us-east-1")["traffic_filter"]["id"] == "r2"


@pytest.mark.parametrize(("field", "value"), [("type", "vpce"), ("region", "us-east-1")])
def test_type_and_region_do_not_change(traffic_filter, platform, field, value):
    platform.ruleset("r7")
    assert f"has the {field}" in traffic_filter(**{"name": "r7", field: value})["msg"]


def test_a_new_ruleset_needs_type_and_region(traffic_filter):
    assert "a new traffic filter needs type, region" in traffic_filter(name="berlin")["msg"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"rules": [{"source": "here"}]}, "source 'here' is neither an address nor a network"),
        ({"rules": [{"remote_cluster_id": "c"}]}, "rules[0] of type ip needs source; rules[0] of type ip takes no remote_cluster_id"),
        ({"type": "remote_cluster", "rules": [{"source": "192.0.2.1"}]}, "needs remote_cluster_id or remote_cluster_org_id"),
        ({"type": "azure_private_endpoint", "rules": [{"azure_endpoint_name": "a"}]}, "needs azure_endpoint_guid"),
        ({"rules": None, "purge": True}, "rules are needed for purge"),
        ({"name": " "}, "name is empty"),
    ],
)
def test_bad_rules_fail_before_anything_is_read(traffic_filter, platform, options, words):
    assert words in traffic_filter(**{**NEW, **options})["msg"] and platform.server.requests == []


def test_bad_rules_for_a_ruleset_that_is_there_fail_before_anything_is_written(traffic_filter, platform):
    platform.ruleset("r7")
    assert "takes no remote_cluster_id" in traffic_filter(name="r7", rules=[{"remote_cluster_id": "c"}])["msg"]
    assert platform.writes() == []
