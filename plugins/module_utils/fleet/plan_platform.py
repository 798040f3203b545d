# SPDX-License-Identifier: GPL-3.0-or-later
"""What has to change on the platforms before clusters can talk: who may connect to the remote, and which CA the local trusts. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ..api.cloud import BASE
from ..model import filters as rules
from ..model import trust as entries
from ..model.change import Change
from ..model.declaration import Declaration, Link
from ..model.deployment import Deployment
from ..model.errors import Refused
from ..model.platforms import ECH
from ..model.trust_edits import edited
from ..operations import filters, trust
from . import steps
from .planned import Planned
from .world import World

RULESETS = f"{BASE}/deployments/traffic-filter/rulesets"


@dataclass
class Shared:
    """Objects that several links share, as the links before have planned them. trust: by local cluster, rulesets: by platform.

    certificates: all that links want in a trusted environment, by local cluster and its name.
    """

    certificates: dict[tuple[str, str], dict[str, None]]
    trust: dict[str, dict[str, Any]] = field(default_factory=dict)
    rulesets: dict[str, list[rules.Ruleset]] = field(default_factory=dict)


def shared(declaration: Declaration, world: World) -> Shared:
    """For a plan that begins."""
    certificates: dict[tuple[str, str], dict[str, None]] = {}
    for link in declaration.links:
        wanted = world.authorities.get(link.id, ())
        if wanted:
            certificates.setdefault((link.local, entry_name(link, declaration)), {}).update(dict.fromkeys(wanted))
    return Shared(certificates)


@dataclass(frozen=True)
class Admission:
    """That a local cluster may connect to a deployment. wish: the ruleset of ours that says so."""

    platform: str
    wish: rules.Wish
    deployment: str

    @property
    def key(self) -> tuple:
        """The same for all admissions by one ruleset."""
        return self.platform, self.wish.name, self.wish.type, self.wish.region


def network_changes(link: Link, declaration: Declaration, world: World, common: Shared) -> list[Planned]:
    """A rule that admits the local cluster, only where the remote is filtered already unless the link asks for more.

    Raises Refused for the first filter of a deployment, since it locks out everybody else, unless that is allowed.
    """
    deployment = world.clusters[link.remote].deployment
    if deployment is None or link.network == "never":
        return []
    platform = declaration.clusters[link.remote].platform
    rulesets = common.rulesets.setdefault(platform, list(world.rulesets.get(platform, ())))
    attached = rules.of(rulesets, deployment.id, deployment.cluster_id)
    if not attached and link.network == "auto":
        return []
    caller, sources = _caller(link, declaration, world)
    if attached and rules.admits(attached, **caller, sources=sources):
        return []
    first = filters.first_filter(rulesets, deployment)
    if first and not link.allow_first_filter:
        raise Refused(f"link {link}: {first}", "set allow_first_filter: true if that is what you want, or network: auto")
    wish = _wish(link, deployment.region, world, caller["cluster_id"], sources)
    ours = rules.find(rulesets, str(wish.name), type=wish.type, region=wish.region)
    change = filters.plan(ours, wish, [deployment.id])
    if change is None:
        return []
    _remember(rulesets, ours, wish, deployment)
    payload = Admission(platform, wish, deployment.id)
    return [Planned(steps.NETWORK, link, replace(change, payload=payload), _requests(link, ours, wish))]


def _caller(link: Link, declaration: Declaration, world: World) -> tuple[dict[str, str], Sequence[str]]:
    """How filters of the remote see the local cluster: by its ids on the same platform, by its addresses elsewhere."""
    local, remote = (declaration.platform_of(name) for name in (link.local, link.remote))
    deployment = world.clusters[link.local].deployment
    known = deployment is not None and (local.name == remote.name or local.type == remote.type == ECH)
    ids = {
        "organization_id": deployment.organization_id if deployment and known else "",
        "cluster_id": deployment.cluster_id if deployment and known else "",
    }
    return ids, declaration.clusters[link.local].egress or local.egress


def _wish(link: Link, region: str, world: World, cluster_id: str, sources: Sequence[str]) -> rules.Wish:
    name = rules.name_of(own_name(link.local, world))
    if cluster_id:
        rule = {"remote_cluster_id": cluster_id, "description": f"cluster {link.local}"}
        return rules.Wish(name, rules.REMOTE_CLUSTER, region, (rule,))
    if not sources:
        raise Refused(
            f"link {link}: the remote has traffic filters, and from which addresses {link.local} connects is not declared",
            "give egress of its platform: the addresses of the allocators on Elastic Cloud Enterprise, those that Elastic lists for the"
            " region on Elastic Cloud Hosted, the public ones of a data centre",
        )
    return rules.Wish(name, rules.IP, region, tuple({"source": source} for source in sources))


def resource_path(deployment: Deployment) -> str:
    """Where the Cloud API has Elasticsearch of a deployment."""
    return f"{BASE}/deployments/{deployment.id}/elasticsearch/{deployment.ref_id}"


def own_name(local: str, world: World) -> str:
    """What tells a local cluster from all others, in names of ours."""
    view = world.clusters[local]
    return view.deployment.cluster_id if view.deployment else view.uuid


def _requests(link: Link, ours: rules.Ruleset | None, wish: rules.Wish) -> tuple[str, ...]:
    """An asterisk stands for the id that a new ruleset will have."""
    associate = f"POST {RULESETS}/{ours.id if ours and ours.id else '*'}/associations of {link.remote}"
    if ours is None:
        return f"POST {RULESETS} of {link.remote}", associate
    if rules.body(ours, wish) != rules.as_body(ours):
        return f"PUT {RULESETS}/{ours.id} of {link.remote}", associate
    return (associate,)


def _remember(rulesets: list[rules.Ruleset], ours: rules.Ruleset | None, wish: rules.Wish, deployment: Deployment) -> None:
    body = rules.body(ours, wish)
    planned = ours or rules.from_api(body)
    if ours:
        rulesets.remove(ours)
    associations = (*planned.associations, deployment.id)
    rulesets.append(replace(planned, rules=tuple(body["rules"]), associations=associations, total=planned.total + 1))


def trust_changes(link: Link, declaration: Declaration, world: World, common: Shared) -> list[Planned]:
    """The private CA of the remote among those that the local deployment trusts; it adds to the public ones."""
    deployment = world.clusters[link.local].deployment
    name = entry_name(link, declaration)
    certificates = common.certificates.get((link.local, name))
    if deployment is None or not certificates:
        return []
    have = common.trust.setdefault(link.local, deployment.trust)
    edits, accounts = [entries.proxy_entry(name, certificates)], world.accounts.get(link.local)
    change = trust.plan(replace(deployment, trust=have), edits, accounts)
    if change is None:
        return []
    common.trust[link.local] = edited(have, edits, accounts)
    request = f"PUT {BASE}/deployments/{deployment.id} of {link.local}"
    return [Planned(steps.TRUST, link, _entry_of(change, name), (request,))]


def entry_name(link: Link, declaration: Declaration) -> str:
    """What the trusted environment of a link is called: after the remote's platform, whose clusters share it.

    A certificate can be in one environment only, so clusters of a data centre with the same CA cannot have one each.
    """
    return link.ca_name or entries.name_of(declaration.platform_of(link.remote).name)


def _entry_of(change: Change, name: str) -> Change:
    """The change of one entry, as a person would call it."""
    action = change.action if change.before else "create"
    return replace(change, what=f"trusted environment {name} of {change.what[len('trust of ') :]}", action=action)
