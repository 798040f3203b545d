# SPDX-License-Identifier: GPL-3.0-or-later
"""Trust of a deployment in other clusters. It is changed by an update of the deployment, which takes a plan."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Callable

from ..api.cloud import CloudClient
from ..api.waiting import Clock
from ..model import relationships, update
from ..model.change import Change
from ..model.deployment import Deployment, from_api
from ..model.errors import Conflict, PlanFailed, Refused
from ..model.trust import Edit, Entry, shown, with_known_uids
from ..model.trust_edits import edited
from ..model.trust_wanted import ACCOUNT, RELATIONSHIP, entry, gone
from . import deployments, relationship

TRIES = 5
"""How often a change is planned anew because somebody else was faster."""
PLAN_STARTS_WITHIN = 8.0
"""Seconds. Platforms do not say whether an update starts a plan; after this time it has not."""


@dataclass(frozen=True)
class Wish:
    """What ``plan`` was asked for, so that ``apply`` can ask again about the deployment as it is then."""

    deployment: Deployment
    edits: tuple[Edit, ...]
    accounts: tuple[Entry, ...] | None


def observe(cloud: CloudClient, deployment: Deployment) -> Deployment:
    """The deployment with its trust settings, which a search by name does not promise."""
    return deployments.refresh(cloud, deployment)


def plan(deployment: Deployment, edits: Iterable[Edit], accounts: Iterable[Entry] | None = None) -> Change | None:
    """The change after which all edits are made, in one update. accounts: see ``model.trust_edits.edited`` and ``own_account``.

    Raises Refused for a deployment that is stopped or whose last plan failed, as far as there is something to change.
    """
    wish = Wish(deployment, tuple(edits), None if accounts is None else tuple(accounts))
    after = edited(deployment.trust, wish.edits, wish.accounts)
    if after == deployment.trust:
        return None
    if not deployment.pending and (deployment.status != "started" or not deployment.healthy):
        state = f"is {deployment.status}" if deployment.status != "started" else "has a plan that failed"
        raise Refused(f"deployment {deployment.name!r} {state}, so its trust cannot be changed", "repair it first, then run again")
    return Change(
        what=f"trust of deployment {deployment.name}",
        action="update",
        before=shown(deployment.trust, wish.edits),
        after=shown(after, wish.edits),
        payload=wish,
    )


def together(changes: Sequence[Change]) -> Change:
    """Several planned changes of one deployment as one, for a single update."""
    edits = tuple(edit for change in changes for edit in change.payload.edits)
    return replace(changes[0], payload=replace(changes[0].payload, edits=edits))


def organization(cloud: CloudClient) -> dict[str, Any]:
    """The organization or environment itself: {id, trust_all}, the level of deployments whose trust was never set."""
    account = cloud.account()
    return {"id": account["id"], "trust_all": bool((account.get("trust") or {}).get("trust_all", True))}


def own_account(cloud: CloudClient, level: str | None) -> list[dict[str, Any]] | None:
    """The entries of ``accounts`` for a level of trust in the own organization: all, none, or None where nobody has said it."""
    if level is None:
        return None
    return [{"account_id": cloud.account()["id"], "trust_all": True}] if level == "all" else []


def edit_of(cloud: CloudClient, options: Mapping[str, Any], pems: Sequence[str]) -> Edit:
    """What the options of an entry ask for, see ``model.trust_wanted``. pems: its CA certificates, one each.

    Raises Refused for a relationship that there is none of, and for the own organization as one of another platform.
    """
    kind, scope = options["type"], options["scope_id"]
    is_gone = options["state"] == "absent"
    related = relationships.id_of(relationship.observe(cloud), options["trust_relationship"], is_gone) if kind == RELATIONSHIP else ""
    if is_gone:
        return gone(options, related)
    own = cloud.account()["id"] if kind == ACCOUNT or scope else ""
    if scope and scope == own:
        raise Refused(f"{own} is the deployment's own organization or environment", f"use type {ACCOUNT}")
    return entry(options, pems, options["account_id"] or own, own, related)


def refuse_deployment_ids(cloud: CloudClient, cluster_ids: Iterable[str]) -> None:
    """Raise Refused for an id that is a deployment's: trust names clusters, and would never let such a one in."""
    for given in cluster_ids:
        found = deployments.by_id(cloud, given)
        if found is not None and found.cluster_id != given:
            raise Refused(f"{given} is the id of deployment {found.name!r} and not of its cluster", f"give {found.cluster_id}")


def check(cloud: CloudClient, change: Change) -> None:
    """Raise Refused when the platform would change more than the trust; reads only. Nothing is asked while a plan is pending."""
    wish: Wish = change.payload
    if not wish.deployment.pending:
        answer, version = _read(cloud, wish.deployment)
        _checked_body(cloud, wish, answer, version)


def apply(cloud: CloudClient, change: Change, *, wait: bool, timeout: float, clock: Clock, tell: Callable[[str], None]) -> Deployment:
    """Update the deployment as soon as no plan is pending, and with ``wait`` return when its plan has ended and the trust is there.

    Everything is read and planned again just before the write, and once more when somebody else was faster.
    timeout: seconds for each wait. Raises Refused, Conflict, PlanFailed or WaitTimeout.
    """
    wish: Wish = change.payload
    conflict: Conflict | None = None
    for _number in range(TRIES):
        deployments.wait_until_idle(cloud, wish.deployment, timeout, clock, tell)
        before = deployments.attempt_of(cloud, wish.deployment)
        answer, version = _read(cloud, wish.deployment)
        fresh = from_api(answer)
        if plan(fresh, wish.edits, wish.accounts) is None:
            return fresh
        try:
            body = _checked_body(cloud, wish, answer, version)
            if deployments.attempt_of(cloud, wish.deployment) == before:
                cloud.update_deployment(fresh.id, body, version)
                return _finish(cloud, wish, before, wait=wait, timeout=timeout, clock=clock, tell=tell)
        except Conflict as error:
            conflict = error
        tell(f"{fresh.name}: somebody else is changing the deployment, its trust is read again")
    raise conflict or Refused(
        f"deployment {wish.deployment.name!r} was changed by others again and again while its trust was to be written",
        "run again when its activity page is quiet",
    )


def _finish(
    cloud: CloudClient, wish: Wish, before: str, *, wait: bool, timeout: float, clock: Clock, tell: Callable[[str], None]
) -> Deployment:
    if not wait:
        return observe(cloud, wish.deployment)
    deployments.wait_for_plan(cloud, wish.deployment, before, timeout, clock, tell, starts_within=PLAN_STARTS_WITHIN)
    done = observe(cloud, wish.deployment)
    if edited(done.trust, wish.edits, wish.accounts) != done.trust:
        raise PlanFailed(
            f"the trust of deployment {done.name!r} is not what was written",
            "look at the deployment's activity page: another change may have replaced it; then run again",
        )
    return done


def _checked_body(cloud: CloudClient, wish: Wish, answer: dict, version: str) -> dict[str, Any]:
    """The body of the update, after the platform has said that it would run the present plan."""
    fresh = from_api(answer)
    wanted = with_known_uids(edited(fresh.trust, wish.edits, wish.accounts), cloud.trusted_environments())
    body = update.body(answer, {"trust": wanted})
    update.refuse_other_plan(body, cloud.try_update(fresh.id, body, version))
    return body


def _read(cloud: CloudClient, deployment: Deployment) -> tuple[dict, str]:
    found = cloud.deployment_for_update(deployment.id)
    if found is None:
        raise Refused(f"{cloud.subject}: deployment {deployment.name!r} ({deployment.id}) does not exist any more")
    return found
