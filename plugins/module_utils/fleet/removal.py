# SPDX-License-Identifier: GPL-3.0-or-later
"""Taking links away: in reverse only what is ours, nothing that others still need. A pure function, as the plan of making them is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..model import keys, remote
from ..model.aliases import credential_setting
from ..model.change import Change
from ..model.declaration import CERTIFICATE, Declaration, Link
from ..model.errors import CrossClusterError, Refused
from ..operations import api_key, keystore, remote_cluster, role
from . import plan_certificate, plan_platform, removal_platform, steps
from .planned import LinkPlan, Plan, Planned
from .world import World


def make(declaration: Declaration, world: World) -> Plan:
    """Plan the removal of all links; those that are gone already have no changes."""
    plan = Plan(removing=True)
    going: list[Link] = []
    for link in declaration.links:
        try:
            _check(link, world)
            going.append(link)
        except CrossClusterError as error:
            plan.refused[link.id] = error
    # Links that are refused stay, and need what they share with others.
    declaration = replace(declaration, links=tuple(going))
    written: dict[tuple[str, str], Mapping[str, Any]] = {}
    common = plan_platform.shared(declaration, world)
    for link in going:
        try:
            plan.links[link.id] = _plan_link(link, declaration, world, written, common)
        except CrossClusterError as error:
            plan.refused[link.id] = error
    return plan


def _check(link: Link, world: World) -> None:
    """Raise the reason why a link cannot be taken away."""
    if world.problem(link):
        raise Refused(world.problem(link))
    _check_followers(link, world)
    if link.security_model == CERTIFICATE:
        wanted = plan_certificate.address(link, world)["proxy_address"]
        plan_certificate.refuse_other_address(link, world, wanted, "remove it by hand, or set adopt: true to have it removed all the same")
    else:
        _check_ownership(link, world, world.evidence(link))


def _plan_link(link: Link, declaration: Declaration, world: World, written: dict, common: plan_platform.Shared) -> LinkPlan:
    if link.security_model == CERTIFICATE:
        return plan_certificate.removal(link, declaration, world, _connection_changes(link, world), common)
    evidence = world.evidence(link)
    revoked = [key.id for key in evidence.valid]
    changes = [
        *_role_changes(link, world, written),
        *_connection_changes(link, world),
        *_keystore_changes(link, world, evidence),
        *_revocation(link, revoked),
    ]
    trust, kept = removal_platform.trust_changes(link, declaration, world, common)
    network, open_ = removal_platform.network_changes(link, declaration, world, common)
    verdict = keys.Verdict(keys.SETTLED, "the link is taken away", revoked[-1] if revoked else "")
    return LinkPlan(link, verdict, (*changes, *trust, *network), warnings=(*kept, *open_))


def _check_ownership(link: Link, world: World, evidence: keys.Evidence) -> None:
    """What is there is ours when a key on the remote, even an invalid one, carries the mark of this link, and no other is in use."""
    there = bool(remote.current(world.clusters[link.local].settings, link.alias)) or bool(evidence.entry)
    if not there or link.adopt or (evidence.ours and not evidence.foreign):
        return
    why = f"it uses API key {', '.join(evidence.foreign)}" if evidence.foreign else "no key on the remote says that it is ours"
    raise Refused(
        f"link {link}: alias {link.alias!r} of cluster {link.local} was not made by this collection: {why}",
        "remove it by hand, or set adopt: true to have it removed all the same",
    )


def _check_followers(link: Link, world: World) -> None:
    following = world.clusters[link.local].followers.get(link.alias)
    if following:
        raise Refused(
            f"link {link}: alias {link.alias!r} of cluster {link.local} is used by {', '.join(sorted(following))}",
            "unfollow the indices and delete the auto-follow patterns first: without the link they would stand still",
        )


def _role_changes(link: Link, world: World, written: dict) -> list[Planned]:
    changes = []
    for name in dict.fromkeys(wanted["name"] for wanted in link.roles):
        present = written.get((link.local, name), world.clusters[link.local].roles.get(name))
        change = role.plan_without_alias(present, name, link.alias)
        if change:
            written[(link.local, name)] = change.payload[1]
            changes.append(Planned(steps.ROLES, link, change, (f"PUT /_security/role/{name} of {link.local}",)))
    return changes


def _connection_changes(link: Link, world: World) -> list[Planned]:
    change = remote_cluster.plan_absent(world.clusters[link.local].settings, f"cluster {link.local}", link.alias)
    return [Planned(steps.CONNECTION, link, change, (f"PUT /_cluster/settings of {link.local}",))] if change else []


def _keystore_changes(link: Link, world: World, evidence: keys.Evidence) -> list[Planned]:
    """The entry in the platform's keystore; on a self-managed cluster the role remote_cluster_client removes it from the nodes."""
    deployment = world.clusters[link.local].deployment
    if deployment is None or not evidence.entry:
        return []
    name = credential_setting(link.alias)
    change = Change(what=f"secure setting {name} of {link.local}", action="delete", before={name: keystore.HIDDEN}, payload=name)
    request = f"PATCH {plan_platform.resource_path(deployment)}/keystore of {link.local}"
    return [Planned(steps.CREDENTIALS, link, change, (request,))]


def _revocation(link: Link, ids: list[str]) -> list[Planned]:
    if not ids:
        return []
    change = api_key.plan_revoke(f"of {link}", ids)
    return [Planned(steps.CREDENTIALS, link, change, (f"DELETE /_security/api_key of {link.remote}",))]
