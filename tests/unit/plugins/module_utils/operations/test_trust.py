# SPDX-License-Identifier: GPL-3.0-or-later
"""Changing the trust of a deployment while others change it too, with a stand-in for the client and a clock that only waiting moves."""

from __future__ import annotations

import copy

import pytest

from ansible_collections.crosscluster.elastic.plugins.module_utils.api.waiting import Clock
from ansible_collections.crosscluster.elastic.plugins.module_utils.model import errors
from ansible_collections.crosscluster.elastic.plugins.module_utils.model import trust as rules
from ansible_collections.crosscluster.elastic.plugins.module_utils.model.deployment import from_api
from ansible_collections.crosscluster.elastic.plugins.module_utils.operations import trust
from ansible_collections.crosscluster.elastic.tests.unit.plugins import certificates

ACCOUNTS = [{"account_id": "42", "trust_all": True}]
PLAN = {"elasticsearch": {"version": "8.19.21"}, "cluster_topology": [{"id": "cold", "size": {"value": 0}}]}
ADDED = rules.proxy_entry(rules.name_of("berlin"), [certificates.authority("Berlin").pem])
ENTRY = ADDED.entry
CONFLICT = errors.Conflict("Cloud API", "PUT /d", "changed", status=409)


class Cloud:
    """A deployment whose updates start a plan that a wait of the clock ends.

    before_write: called before each update, in order. fails: how the plan of an update ends. settles: what becomes of what was written.
    """

    subject = "Cloud API"

    def __init__(self, **settings):
        self.trust = {"accounts": ACCOUNTS}
        self.status, self.healthy, self.version, self.attempt, self.pending = "started", True, 1, 1, None
        self.backend_plan, self.environments, self.starts_plans, self.failure = PLAN, {}, True, None
        self.before_write, self.bodies, self.tried = [], [], []
        self.settles = lambda written: written
        vars(self).update(settings)

    def deployment(self, _deployment_id):
        info = {
            "status": self.status,
            "plan_info": {**self._plans(), "healthy": self.healthy},
            "settings": {"trust": copy.deepcopy(self.trust)},
        }
        return {"id": "d", "name": "search", "resources": {"elasticsearch": [{"ref_id": "main", "region": "r", "id": "c", "info": info}]}}

    def deployment_for_update(self, deployment_id):
        return self.deployment(deployment_id), str(self.version)

    def elasticsearch(self, _deployment_id, _ref_id):
        return {"info": {"plan_info": self._plans()}}

    def trusted_environments(self):
        return self.environments

    def try_update(self, _deployment_id, body, _version):
        self.tried.append(body)
        return {"diagnostics": {"updates": {"elasticsearch": [{"ref_id": "main", "backend_plan": self.backend_plan}]}}}

    def update_deployment(self, _deployment_id, body, version):
        if self.before_write:
            self.before_write.pop(0)()
        if version != str(self.version) or self.pending:
            raise CONFLICT
        self.bodies.append(body)
        self.trust = self.settles(copy.deepcopy(body["resources"]["elasticsearch"][0]["settings"]["trust"]))
        self.version += 1
        if self.starts_plans:
            self.pending = "p-ours"

    def edit(self, **settings):
        """Somebody else's change."""
        vars(self).update(settings)
        self.version += 1

    def tick(self):
        if self.pending:
            self.pending, self.attempt, self.healthy = None, self.attempt + 1, self.failure is None

    def _plans(self):
        log = [{"step_id": "plan-completed", "status": "error" if self.failure else "success", "info_log": [{"message": self.failure}]}]
        attempt = {"plan_attempt_id": f"p{self.attempt}", "attempt_end_time": str(self.attempt), "plan_attempt_log": log, "plan": PLAN}
        return {"current": attempt, **({"pending": {"plan_attempt_id": self.pending}} if self.pending else {})}


def made(cloud, *, wait=True, timeout=100.0, edits=(ADDED,), told=None):
    """Plan and apply; returns the deployment and the seconds that passed."""
    seconds = [0.0]

    def pause(duration):
        seconds[0] += duration
        cloud.tick()

    change = trust.plan(from_api(cloud.deployment("d")), edits)
    clock = Clock(now=lambda: seconds[0], wait=pause)
    return trust.apply(cloud, change, wait=wait, timeout=timeout, clock=clock, tell=(told if told is not None else []).append), seconds[0]


def test_an_entry_is_written_with_everything_else_in_one_update_whose_plan_is_awaited():
    cloud = Cloud()
    deployment, _seconds = made(cloud)
    written = {"accounts": ACCOUNTS, "external": [], "direct": [ENTRY]}
    sent = {"ref_id": "main", "region": "r", "plan": PLAN, "settings": {"trust": written}}
    assert cloud.bodies == [{"prune_orphans": False, "resources": {"elasticsearch": [sent]}}] == cloud.tried
    assert deployment.trust == written and cloud.pending is None
    assert trust.plan(deployment, [ADDED]) is None


def test_the_diff_has_the_entry_before_and_after():
    change = trust.plan(from_api(Cloud().deployment("d")), [ADDED, rules.without_proxy_entry("old")])
    assert (str(change), change.before) == ("update trust of deployment search", {})
    assert change.after["direct"][0]["name"] == ENTRY["name"]


def test_an_update_that_starts_no_plan_ends_the_wait_soon():
    cloud = Cloud(starts_plans=False)
    deployment, seconds = made(cloud)
    assert deployment.trust["direct"] == [ENTRY] and trust.PLAN_STARTS_WITHIN <= seconds < 30


def test_without_wait_the_plan_is_not_awaited():
    cloud = Cloud()
    made(cloud, wait=False)
    assert cloud.pending == "p-ours"


def test_a_pending_plan_is_waited_for():
    cloud = Cloud(pending="p-theirs", status="reconfiguring")
    cloud.tick = lambda: vars(cloud).update(pending=None, status="started", tick=lambda: Cloud.tick(cloud))
    deployment, seconds = made(cloud)
    assert deployment.trust["direct"] == [ENTRY] and seconds > 0


def test_a_plan_that_stays_pending_is_refused_when_the_time_is_up():
    cloud = Cloud(pending="p-theirs", tick=lambda: None)
    with pytest.raises(errors.WaitTimeout, match="has had a plan pending for 100 s"):
        made(cloud)
    assert cloud.bodies == []


@pytest.mark.parametrize(("state", "words"), [({"status": "stopped"}, "is stopped"), ({"healthy": False}, "has a plan that failed")])
def test_a_deployment_that_does_not_work_is_refused_and_one_that_needs_nothing_is_not(state, words):
    with pytest.raises(errors.Refused, match=words):
        trust.plan(from_api(Cloud(**state).deployment("d")), [ADDED])
    there = Cloud(trust={"accounts": [], "direct": [ENTRY]}, **state)
    assert trust.plan(from_api(there.deployment("d")), [ADDED, rules.without_proxy_entry("gone")]) is None


def test_what_somebody_else_has_added_meanwhile_survives():
    theirs = {"type": "ESS", "name": "partner", "uid": "u1", "certificates": []}
    cloud = Cloud()
    cloud.before_write = [lambda: cloud.edit(trust={"accounts": ACCOUNTS, "direct": [theirs]})]
    told = []
    deployment, _seconds = made(cloud, told=told)
    assert deployment.trust["direct"] == [theirs, ENTRY] and len(cloud.bodies) == 1
    assert "search: somebody else is changing the deployment, its trust is read again" in told


def test_a_plan_that_begins_before_the_write_is_waited_for():
    cloud = Cloud()
    cloud.before_write = [lambda: vars(cloud).update(pending="p-theirs")]
    deployment, _seconds = made(cloud)
    assert deployment.trust["direct"] == [ENTRY] and len(cloud.bodies) == 1


def test_a_plan_that_ended_since_the_read_makes_the_change_be_planned_again():
    cloud = Cloud()
    read = cloud.try_update

    def try_update(*arguments):
        if not cloud.tried:
            cloud.attempt += 1
        return read(*arguments)

    cloud.try_update = try_update
    made(cloud)
    assert (len(cloud.tried), len(cloud.bodies)) == (2, 1)


def test_an_update_that_another_run_has_made_is_not_made_again():
    cloud = Cloud()
    cloud.before_write = [lambda: cloud.edit(trust={"accounts": ACCOUNTS, "direct": [{**ENTRY, "uid": "u2"}]})]
    deployment, _seconds = made(cloud)
    assert deployment.trust["direct"] == [{**ENTRY, "uid": "u2"}] and cloud.bodies == []


def test_endless_conflicts_are_reported():
    cloud = Cloud()
    cloud.before_write = [cloud.edit] * 99
    with pytest.raises(errors.Conflict):
        made(cloud)
    assert len(cloud.tried) == trust.TRIES and cloud.bodies == []


def test_endless_plans_of_others_are_reported():
    cloud = Cloud()
    original = cloud.try_update
    cloud.try_update = lambda *arguments: (vars(cloud).update(attempt=cloud.attempt + 1), original(*arguments))[1]
    with pytest.raises(errors.Refused, match="again and again"):
        made(cloud)


def test_a_platform_that_would_change_the_plan_is_refused_before_the_write():
    cloud = Cloud(backend_plan={**PLAN, "cluster_topology": []})
    change = trust.plan(from_api(cloud.deployment("d")), [ADDED])
    with pytest.raises(errors.Refused, match="cluster_topology"):
        trust.check(cloud, change)
    with pytest.raises(errors.Refused, match="cluster_topology"):
        made(cloud)
    assert cloud.bodies == []


def test_the_check_asks_nothing_while_a_plan_is_pending():
    cloud = Cloud(pending="p-theirs")
    trust.check(cloud, trust.plan(from_api(cloud.deployment("d")), [ADDED]))
    assert cloud.tried == []


def test_a_failed_plan_is_reported_with_its_words():
    with pytest.raises(errors.PlanFailed, match="no capacity left"):
        made(Cloud(failure="no capacity left"))


def test_trust_that_is_not_there_after_the_plan_is_reported():
    with pytest.raises(errors.PlanFailed, match="is not what was written"):
        made(Cloud(settles=lambda written: {**written, "direct": []}))


def test_a_new_entry_takes_the_uid_that_the_organization_has_for_its_certificates():
    cloud = Cloud(environments={"direct": [{**ENTRY, "name": "elsewhere", "uid": "u7"}]})
    deployment, _seconds = made(cloud)
    assert deployment.trust["direct"] == [{**ENTRY, "uid": "u7"}]


def test_several_entries_come_and_go_in_one_update():
    old = {**rules.proxy_entry(rules.name_of("old"), []).entry, "uid": "u1"}
    second = rules.proxy_entry(rules.name_of("second"), [certificates.authority("Second").pem])
    cloud = Cloud(trust={"accounts": ACCOUNTS, "direct": [old]})
    deployment, _seconds = made(cloud, edits=[ADDED, second, rules.without_proxy_entry(old["name"])])
    assert deployment.trust["direct"] == [ENTRY, second.entry] and len(cloud.bodies) == 1


@pytest.mark.parametrize(("level", "accounts"), [(None, None), ("none", []), ("all", [{"account_id": "0042", "trust_all": True}])])
def test_the_level_of_trust_in_the_own_organization_becomes_its_entry(level, accounts):
    cloud = Cloud()
    cloud.account = lambda: {"id": "0042", "trust": {"trust_all": True}}
    assert trust.own_account(cloud, level) == accounts
