# SPDX-License-Identifier: GPL-3.0-or-later
"""What must hold of a cluster before it is written to. Read only where something is going to be written."""

from __future__ import annotations

from typing import Callable

from ..api.waiting import Clock
from ..model.declaration import API_KEY
from ..model.errors import CrossClusterError, Refused
from ..operations import deployments, trust
from . import steps
from .connections import Connections
from .planned import LinkPlan, Plan
from .pool import Pool, grouped
from .world import World

LICENCES = ("enterprise", "trial")
"""Licences that cover cross-cluster API keys: https://www.elastic.co/subscriptions"""


def refuse_unwritable(
    plan: Plan, world: World, connections: Connections, pool: Pool, clock: Clock, wait_timeout: float, tell: Callable[[str], None]
) -> None:
    """Move the links whose clusters do not allow their changes from the plan's links to its refusals. Writes nothing."""
    writers = [link_plan for link_plan in plan.links.values() if link_plan.changes]
    needs = _privileges(writers)
    licensed = set() if plan.removing else _with_keys(writers)
    _ok, problems = pool.each(needs, lambda name: _check_cluster(connections, world, name, needs[name], licensed=name in licensed))
    restarted = [name for link_plan in writers for name in link_plan.updated]
    _idle, busy = pool.each(restarted, lambda name: _wait_until_idle(connections, world, name, clock, wait_timeout, tell))
    trusting = grouped([item for link_plan in writers for item in link_plan.of(steps.TRUST)], lambda item: item.target)
    _same, other_plan = pool.each(
        [name for name in trusting if name not in busy],
        lambda name: trust.check(connections.cloud_of(name), trust.together([item.change for item in trusting[name]])),
    )
    not_startable = {**other_plan, **busy}
    for link_plan in writers:
        problem = _first(problems, link_plan) or _of_plans(not_startable, link_plan)
        if problem:
            del plan.links[link_plan.link.id]
            plan.refused[link_plan.link.id] = problem


def _privileges(writers: list[LinkPlan]) -> dict[str, set[str]]:
    """The cluster privileges that the changes need, by cluster."""
    needs: dict[str, set[str]] = {}
    for link_plan in writers:
        link = link_plan.link
        if link_plan.of(steps.CREDENTIALS) or link_plan.revoke:
            needs.setdefault(link.remote, set()).add("manage_security")
        if link_plan.of(steps.CONNECTION):
            needs.setdefault(link.local, set()).add("manage")
        for planned in link_plan.of(steps.ROLES):
            needs.setdefault(planned.target, set()).add("manage_security")
        needs.setdefault(link.local, set())
    return needs


def _with_keys(writers: list[LinkPlan]) -> set[str]:
    """The clusters whose licence must cover cross-cluster API keys."""
    with_keys = [link_plan.link for link_plan in writers if link_plan.link.security_model == API_KEY]
    return {name for link in with_keys for name in (link.local, link.remote)}


def _check_cluster(connections: Connections, world: World, name: str, privileges: set[str], licensed: bool) -> None:
    client = connections.elasticsearch(name, world.clusters[name].endpoint.url)
    licence = client.license() if licensed else {}
    if licensed and (licence.get("type") not in LICENCES or licence.get("status") != "active"):
        raise Refused(
            f"cluster {name}: its {licence.get('type', 'missing')} licence ({licence.get('status', 'unknown')}) does not cover "
            "cross-cluster API keys",
            "install an Enterprise licence or start a trial, or use security_model certificate",
        )
    missing = client.missing_privileges(privileges) if privileges else []
    if missing:
        raise Refused(f"cluster {name}: the user lacks the privileges {', '.join(missing)}", "give the user a role with them")


def _wait_until_idle(
    connections: Connections, world: World, name: str, clock: Clock, wait_timeout: float, tell: Callable[[str], None]
) -> None:
    deployment = world.clusters[name].hosted
    cloud = connections.cloud_of(name)
    deployments.wait_until_idle(cloud, deployment, wait_timeout, clock, tell)


def _first(problems: dict[str, CrossClusterError], link_plan: LinkPlan) -> CrossClusterError | None:
    return problems.get(link_plan.link.local) or problems.get(link_plan.link.remote)


def _of_plans(problems: dict[str, CrossClusterError], link_plan: LinkPlan) -> CrossClusterError | None:
    """Why a plan cannot be started that this link needs; those of other links do not stop it."""
    return next((problems[name] for name in link_plan.updated if name in problems), None)
