# SPDX-License-Identifier: GPL-3.0-or-later
"""Rulesets of ours: made, shared by deployments, and taken away with the last of them."""

from __future__ import annotations

import pytest

from ansible_collections.crosscluster.elastic.plugins.module_utils.api.waiting import Clock
from ansible_collections.crosscluster.elastic.plugins.module_utils.model import errors
from ansible_collections.crosscluster.elastic.plugins.module_utils.model import filters as rules
from ansible_collections.crosscluster.elastic.plugins.module_utils.model.filters import Wish
from ansible_collections.crosscluster.elastic.plugins.module_utils.operations import filters

RULE = {"remote_cluster_id": "c" * 32, "remote_cluster_org_id": "42"}
OURS = Wish(name=rules.name_of("c" * 32), type="remote_cluster", region="us-east-1", rules=(RULE,))


class Cloud:
    """Rulesets by id. blind: so many looks at a ruleset do not see its associations yet."""

    subject = "Cloud API"

    def __init__(self, blind=0):
        self.rulesets, self.calls, self.blind = {}, [], blind

    def traffic_filters(self):
        return [self._shown(ruleset_id) for ruleset_id in self.rulesets]

    def traffic_filter(self, ruleset_id):
        self.blind -= 1
        shown = self._shown(ruleset_id)
        return {**shown, "associations": []} if self.blind >= 0 else shown

    def create_traffic_filter(self, ruleset):
        ruleset_id = f"r{len(self.rulesets)}"
        self.calls.append(("create", ruleset_id))
        self.rulesets[ruleset_id] = {**ruleset, "having": []}
        return ruleset_id

    def replace_traffic_filter(self, ruleset_id, ruleset):
        self.calls.append(("replace", ruleset_id))
        self.rulesets[ruleset_id].update(ruleset)

    def delete_traffic_filter(self, ruleset_id):
        self.calls.append(("delete", ruleset_id))
        del self.rulesets[ruleset_id]

    def associate_traffic_filter(self, ruleset_id, deployment_id):
        self.calls.append(("associate", ruleset_id, deployment_id))
        self.rulesets[ruleset_id]["having"].append(deployment_id)

    def dissociate_traffic_filter(self, ruleset_id, deployment_id):
        self.calls.append(("dissociate", ruleset_id, deployment_id))
        self.rulesets[ruleset_id]["having"].remove(deployment_id)

    def ours(self):
        return rules.find(filters.observe(self), OURS.name)

    def _shown(self, ruleset_id):
        ruleset = dict(self.rulesets[ruleset_id])
        having = ruleset.pop("having")
        hidden = ruleset.pop("hidden", 0)
        associations = [{"entity_type": "deployment", "id": found} for found in having]
        return {"id": ruleset_id, **ruleset, "associations": associations, "total_associations": len(having) + hidden}


@pytest.fixture
def clock():
    class Time:
        seconds = 0.0

    def wait(seconds):
        Time.seconds += seconds

    return Clock(now=lambda: Time.seconds, wait=wait)


def made(cloud, clock, *deployments):
    return filters.apply(cloud, filters.plan(cloud.ours(), OURS, deployments), clock)


def test_a_ruleset_is_made_and_associated_with_all_that_need_it(clock):
    cloud = Cloud()
    found = made(cloud, clock, "a", "b", "a")
    assert cloud.calls == [("create", "r0"), ("associate", "r0", "a"), ("associate", "r0", "b")]
    assert (found.associations, found.rules) == (("a", "b"), (RULE,))
    assert filters.plan(found, OURS, ["b", "a"]) is None


def test_a_further_deployment_is_associated_without_touching_the_rules(clock):
    cloud = Cloud()
    made(cloud, clock, "a")
    del cloud.calls[:]
    change = filters.plan(cloud.ours(), OURS, ["a", "b"])
    assert (change.before["associations"], change.after["associations"]) == (["a"], ["a", "b"])
    filters.apply(cloud, change, clock)
    assert cloud.calls == [("associate", "r0", "b")]


def test_rules_that_others_have_added_since_the_plan_stay(clock):
    cloud = Cloud()
    made(cloud, clock, "a")
    theirs = {"remote_cluster_org_id": "7"}
    change = filters.plan(cloud.ours(), Wish(rules=({"remote_cluster_id": "e" * 32},)))
    cloud.rulesets["r0"]["rules"] = [RULE, theirs]
    assert filters.apply(cloud, change, clock).rules == (RULE, theirs, {"remote_cluster_id": "e" * 32})


def test_a_ruleset_that_another_run_has_made_since_the_plan_is_used(clock):
    cloud = Cloud()
    change = filters.plan(None, OURS, ["b"])
    made(cloud, clock, "a")
    assert filters.apply(cloud, change, clock).associations == ("a", "b")
    assert [call[0] for call in cloud.calls] == ["create", "associate", "associate"]


def test_an_association_that_is_not_seen_at_once_is_looked_for_again(clock):
    assert made(Cloud(blind=3), clock, "a").associations == ("a",)
    with pytest.raises(errors.WaitTimeout, match="does not show the change"):
        made(Cloud(blind=999), clock, "a")


def test_a_ruleset_goes_with_the_last_deployment_that_has_it(clock):
    cloud = Cloud()
    made(cloud, clock, "a", "b")
    del cloud.calls[:]
    first = filters.plan_dissociate(cloud.ours(), ["a", "never"], delete=True)
    assert first.action == "update" and filters.apply(cloud, first, clock).associations == ("b",)
    last = filters.plan_dissociate(cloud.ours(), ["b"], delete=True)
    assert last.action == "delete" and last.after == {} and filters.apply(cloud, last, clock) is None
    assert cloud.calls == [("dissociate", "r0", "a"), ("dissociate", "r0", "b"), ("delete", "r0")]
    assert filters.plan_dissociate(cloud.ours(), ["b"], delete=True) is None


def test_a_ruleset_that_unseen_deployments_have_stays(clock):
    cloud = Cloud()
    made(cloud, clock, "a")
    cloud.rulesets["r0"]["hidden"] = 1
    filters.apply(cloud, filters.plan_dissociate(cloud.ours(), ["a"], delete=True), clock)
    assert list(cloud.rulesets) == ["r0"]
    assert filters.plan_dissociate(cloud.ours(), ["a"], delete=True) is None
    with pytest.raises(errors.Refused, match="deployments that cannot be seen"):
        filters.plan_absent(cloud.ours())


def test_a_ruleset_of_ours_that_nobody_has_is_deleted(clock):
    cloud = Cloud()
    cloud.create_traffic_filter(rules.body(None, OURS))
    filters.apply(cloud, filters.plan_dissociate(cloud.ours(), [], delete=True), clock)
    assert cloud.rulesets == {}
