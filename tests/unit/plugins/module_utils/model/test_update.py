# SPDX-License-Identifier: GPL-3.0-or-later
"""An update of a deployment changes settings and leaves the plan as it is."""

from __future__ import annotations

import pytest

from ansible_collections.crosscluster.elastic.plugins.module_utils.model import update
from ansible_collections.crosscluster.elastic.plugins.module_utils.model.errors import Refused

PLAN = {
    "elasticsearch": {"version": "8.19.21"},
    "cluster_topology": [{"id": "hot", "size": {"value": 1024}}, {"id": "cold", "size": {"value": 0}}],
    "autoscaling_enabled": True,
}


def deployment(plan):
    info = {"plan_info": {"current": {"plan": plan}}}
    return {
        "name": "search",
        "resources": {"elasticsearch": [{"ref_id": "main", "region": "r", "info": info}], "kibana": [{"ref_id": "k"}]},
    }


def answered(plan, ref_id="main"):
    return {"diagnostics": {"updates": {"elasticsearch": [{"ref_id": ref_id, "backend_plan": plan}]}}}


def test_an_update_sends_the_present_plan_without_one_shot_actions_and_nothing_else():
    body = update.body(deployment({**PLAN, "transient": {"restore_snapshot": {}}}), {"trust": {"accounts": []}})
    sent = {"ref_id": "main", "region": "r", "plan": PLAN, "settings": {"trust": {"accounts": []}}}
    assert body == {"prune_orphans": False, "resources": {"elasticsearch": [sent]}}


def test_a_deployment_without_a_current_plan_is_not_updated():
    with pytest.raises(Refused, match="has no current plan"):
        update.body(deployment({}), {})


def test_a_plan_that_stays_is_accepted_with_nulls_and_one_shot_actions_besides():
    body = update.body(deployment(PLAN), {})
    update.refuse_other_plan(body, answered({**PLAN, "transient": {"strategy": {}}, "tiebreaker_topology": None}))
    assert update.differences(PLAN, {**PLAN, "tiebreaker_topology": None}) == []


@pytest.mark.parametrize(
    ("backend", "words"),
    [
        ({**PLAN, "cluster_topology": PLAN["cluster_topology"][:1]}, "settings: cluster_topology"),
        (
            {**PLAN, "cluster_topology": [PLAN["cluster_topology"][0], {"id": "cold", "size": {"value": 1}}]},
            "cluster_topology[1].size.value",
        ),
        ({**PLAN, "autoscaling_enabled": False}, "autoscaling_enabled"),
        ({**PLAN, "elasticsearch": {"version": "8.19.22"}, "autoscaling_enabled": None}, "autoscaling_enabled, elasticsearch.version"),
        (None, "the whole plan"),
    ],
)
def test_a_plan_that_would_change_is_refused_with_the_places(backend, words):
    with pytest.raises(Refused) as caught:
        update.refuse_other_plan(update.body(deployment(PLAN), {}), answered(backend))
    assert words in caught.value.message


def test_the_plan_of_another_resource_says_nothing():
    with pytest.raises(Refused, match="the whole plan"):
        update.refuse_other_plan(update.body(deployment(PLAN), {}), answered(PLAN, "other"))
