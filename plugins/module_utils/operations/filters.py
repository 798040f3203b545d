# SPDX-License-Identifier: GPL-3.0-or-later
"""Traffic filters: rulesets, and the deployments that have them. The API replaces the rules as a whole, so they are read and merged."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ..api.cloud import CloudClient
from ..api.waiting import Clock, looks
from ..model import filters
from ..model.change import Change
from ..model.deployment import Deployment
from ..model.errors import Refused, WaitTimeout
from ..model.filters import Rule, Ruleset, Wish
from .deployments import by_id

READ_BACK = 10.0
"""Seconds. An association may not be seen right after it was made."""


@dataclass(frozen=True)
class Work:
    """What is to be written: a ruleset by the wish, None to leave it; then associations with deployments; then its deletion."""

    ruleset: Ruleset | None
    wish: Wish | None = None
    associate: tuple[str, ...] = ()
    dissociate: tuple[str, ...] = ()
    delete: bool = False


def observe(cloud: CloudClient) -> list[Ruleset]:
    """All rulesets of a platform with their rules and associations, in one call."""
    return [filters.from_api(answer) for answer in cloud.traffic_filters()]


def refuse_deployment_ids(cloud: CloudClient, rules: Iterable[Rule]) -> None:
    """Raises Refused for a rule that names a cluster by the id of its deployment: no platform verifies ids, and it would admit nobody.

    Of deployments that the credentials may not see, nothing tells.
    """
    for given in [rule["remote_cluster_id"] for rule in rules if rule.get("remote_cluster_id")]:
        deployment = by_id(cloud, given)
        if deployment:
            raise Refused(
                f"remote_cluster_id {given} is the id of deployment {deployment.name!r}, not that of its cluster",
                f"give its cluster id, {deployment.cluster_id}",
            )


def plan(ruleset: Ruleset | None, wish: Wish, associate: Iterable[str] = ()) -> Change | None:
    """Bring a ruleset to what is wished, or create it, and associate it with deployments (ids) that do not have it yet."""
    after = filters.body(ruleset, wish)
    have = ruleset.associations if ruleset else ()
    missing = tuple(deployment for deployment in dict.fromkeys(associate) if deployment not in have)
    if ruleset is not None and after == filters.as_body(ruleset):
        return _change(Work(ruleset, associate=missing), ruleset.name) if missing else None
    return _change(Work(ruleset, wish, associate=missing), after["name"])


def plan_dissociate(ruleset: Ruleset | None, deployments: Iterable[str], *, delete: bool = False) -> Change | None:
    """Take a ruleset from deployments (ids). delete: and delete it when none has it any more; for rulesets of ours."""
    if ruleset is None:
        return None
    gone = tuple(deployment for deployment in dict.fromkeys(deployments) if deployment in ruleset.associations)
    unused = delete and ruleset.total == len(gone)
    return _change(Work(ruleset, dissociate=gone, delete=unused), ruleset.name) if gone or unused else None


def plan_absent(ruleset: Ruleset | None) -> Change | None:
    """Delete a ruleset. Raises Refused while deployments have it."""
    if ruleset is None:
        return None
    if ruleset.total:
        who = ", ".join(ruleset.associations) or "deployments that cannot be seen"
        raise Refused(
            f"traffic filter {ruleset.name!r} is associated with {ruleset.total} deployments ({who})", "end these associations first"
        )
    return _change(Work(ruleset, delete=True), ruleset.name)


def plan_associated(
    rulesets: Sequence[Ruleset], wanted: str, deployment: Deployment, allow_first: bool = False
) -> tuple[Change | None, list[str]]:
    """Associate the ruleset with this id or name; the change, and what the user has to know.

    Raises Refused when there is none of this name in the deployment's region, and for its first one unless that is allowed.
    """
    ruleset = filters.find(rulesets, wanted, region=deployment.region) or filters.find(rulesets, wanted)
    if ruleset is None:
        raise Refused(f"there is no traffic filter {wanted!r}", "check its id or exact name, and that the credentials may see it")
    if ruleset.region != deployment.region:
        raise Refused(
            f"traffic filter {ruleset.name!r} is for deployments in {ruleset.region}, and {deployment.name!r} is in {deployment.region}",
            "make one for that region",
        )
    if {deployment.id, deployment.cluster_id} & set(ruleset.associations):
        return None, []
    known = first_filter(rulesets, deployment) if ruleset.type != filters.EGRESS else ""
    if known and not allow_first:
        raise Refused(known, "set allow_first: true if that is what you want")
    return _change(Work(ruleset, associate=(deployment.id,)), ruleset.name), [known] if known else []


def plan_dissociated(
    rulesets: Sequence[Ruleset], wanted: str, deployment: Deployment, allow_last: bool = False
) -> tuple[Change | None, list[str]]:
    """End the association; the change, and what the user has to know. Raises Refused for the last one unless that is allowed."""
    ruleset = filters.find(filters.named(rulesets, "", [deployment.id]), wanted)
    if ruleset is None:
        return None, []
    known = last_filter(rulesets, deployment, ruleset)
    if known and not allow_last:
        raise Refused(known, "set allow_last: true if that is what you want")
    return plan_dissociate(ruleset, [deployment.id]), [known] if known else []


def first_filter(rulesets: Sequence[Ruleset], deployment: Deployment) -> str:
    """What the first traffic filter of a deployment does; "" where it has one."""
    if filters.of(rulesets, deployment.id, deployment.cluster_id):
        return ""
    return (
        f"this is the first traffic filter of deployment {deployment.name!r}: everybody could connect to it, and from now on only those"
        " can whom the filter admits, people included"
    )


def last_filter(rulesets: Sequence[Ruleset], deployment: Deployment, ruleset: Ruleset) -> str:
    """What taking a ruleset from a deployment does when it is its last; "" where it has another, or does not have this one."""
    having = [found.id for found in filters.of(rulesets, deployment.id, deployment.cluster_id)]
    if having != [ruleset.id]:
        return ""
    return f"{ruleset.name!r} is the last traffic filter of deployment {deployment.name!r}: without it, everybody can connect to it"


def apply(cloud: CloudClient, change: Change, clock: Clock) -> Ruleset | None:
    """Write and read back; rules are read again just before, so that those which others have added meanwhile stay."""
    work: Work = change.payload
    ruleset_id = work.ruleset.id if work.ruleset else ""
    if work.wish:
        ruleset_id = _write(cloud, ruleset_id, work.wish)
    for deployment in work.associate:
        cloud.associate_traffic_filter(ruleset_id, deployment)
    for deployment in work.dissociate:
        cloud.dissociate_traffic_filter(ruleset_id, deployment)
    if work.delete:
        cloud.delete_traffic_filter(ruleset_id)
        return None
    return _read_back(cloud, ruleset_id, work, clock)


def _write(cloud: CloudClient, ruleset_id: str, wish: Wish) -> str:
    fresh = filters.find(observe(cloud), ruleset_id or str(wish.name), type=wish.type, region=wish.region)
    after = filters.body(fresh, wish)
    if fresh is None:
        return cloud.create_traffic_filter(after)
    if after != filters.as_body(fresh):
        cloud.replace_traffic_filter(fresh.id, after)
    return fresh.id


def _read_back(cloud: CloudClient, ruleset_id: str, work: Work, clock: Clock) -> Ruleset:
    for _passed in looks(READ_BACK, clock):
        answer = cloud.traffic_filter(ruleset_id)
        found = filters.from_api(answer) if answer else None
        if found and set(work.associate) <= set(found.associations) and not set(work.dissociate) & set(found.associations):
            return found
    raise WaitTimeout(f"traffic filter {ruleset_id} does not show the change after {READ_BACK:.0f} s", "look at it in the console")


def _change(work: Work, name: str) -> Change:
    """The change with what a person sees of it; nothing is wished where a ruleset is only associated or deleted."""
    before = _shown(filters.as_body(work.ruleset), work.ruleset.associations) if work.ruleset else {}
    body = filters.body(work.ruleset, work.wish or Wish())
    left = [found for found in (work.ruleset.associations if work.ruleset else ()) if found not in work.dissociate]
    after = {} if work.delete else _shown(body, [*left, *work.associate])
    action = "delete" if work.delete else "update" if work.ruleset else "create"
    return Change(what=f"traffic filter {name}", action=action, before=before, after=after, payload=work)


def _shown(body: dict, associations: Iterable[str]) -> dict:
    rules = [{field: value for field, value in rule.items() if field != "id"} for rule in body["rules"]]
    return {**body, "rules": rules, "associations": sorted(associations)}
