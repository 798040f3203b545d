# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.crosscluster.elastic.tests.unit.plugins.fakes import DEPLOYMENT_ID


@pytest.fixture
def association(call, platform):
    defaults = {"traffic_filter": "berlin", "deployment": "search-prod"}
    return lambda **options: call("traffic_filter_association", **{**defaults, **platform.connection, **options})


@pytest.fixture
def filtered(platform):
    """A deployment that has a traffic filter of somebody else, and one that it does not have yet."""
    platform.ruleset("theirs", DEPLOYMENT_ID)
    platform.ruleset("ours", "another", name="berlin")
    return platform


def test_a_further_filter_is_associated_once(association, filtered):
    first, second = association(), association()
    assert first["changed"] and first["traffic_filters"] == ["theirs", "ours"] and not second["changed"]
    assert first["diff"]["after"]["associations"] == ["another", DEPLOYMENT_ID]
    assert filtered.writes() == ["POST /api/v1/deployments/traffic-filter/rulesets/ours/associations"]


def test_check_mode_predicts_and_writes_nothing(association, filtered):
    predicted = association(check=True)
    assert predicted["changed"] and predicted["traffic_filters"] == ["theirs"] and filtered.writes() == []
    assert predicted["diff"] == association()["diff"]


def test_absent_ends_the_association_and_keeps_the_others(association, filtered):
    association()
    gone, again = association(state="absent"), association(state="absent")
    assert gone["changed"] and gone["traffic_filters"] == ["theirs"] and not again["changed"]
    assert [entry["id"] for entry in filtered.rulesets["ours"]["associations"]] == ["another"]


@pytest.mark.proves("R51")
@pytest.mark.parametrize("others", [{}, {"egress": {"type": "egress_firewall", "rules": []}}])
def test_the_first_filter_of_a_deployment_needs_to_be_allowed_and_warns(association, platform, others):
    """Nobody filters an unfiltered deployment by accident."""
    platform.ruleset("ours", name="berlin")
    for name, fields in others.items():
        platform.ruleset(name, DEPLOYMENT_ID, **fields)
    refused = association()
    assert "this is the first traffic filter of deployment 'search-prod'" in refused["msg"] and "allow_first: true" in refused["msg"]
    assert platform.writes() == []
    made = association(allow_first=True)
    assert made["changed"] and "this is the first traffic filter" in str(made["warnings"])


def test_the_last_filter_of_a_deployment_is_kept_unless_that_is_allowed(association, platform):
    platform.ruleset("ours", DEPLOYMENT_ID, name="berlin")
    refused = association(state="absent")
    assert "is the last traffic filter of deployment 'search-prod'" in refused["msg"] and platform.writes() == []
    gone = association(state="absent", allow_last=True)
    assert gone["changed"] and gone["traffic_filters"] == [] and "everybody can connect" in str(gone["warnings"])


def test_a_filter_of_another_region_and_one_that_is_not_there_are_refused(association, platform):
    assert "there is no traffic filter 'berlin'" in association()["msg"]
    platform.ruleset("far", name="berlin", region="us-east-1")
    assert "is for deployments in us-east-1, and 'search-prod' is in ece-region" in association()["msg"]
    platform.ruleset("near", DEPLOYMENT_ID, name="berlin")
    assert not association()["changed"]


def test_ending_an_association_that_is_not_there_changes_nothing(association, platform):
    platform.ruleset("ours", "another", name="berlin")
    assert not association(state="absent")["changed"]
