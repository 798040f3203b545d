# SPDX-License-Identifier: GPL-3.0-or-later
"""Taking away what was made for a link on the platforms. In doubt it stays and is reported: to take too much cuts or opens others. Pure."""

from __future__ import annotations

from dataclasses import replace

from ..api.cloud import BASE
from ..model import filters as rules
from ..model import keys, remote
from ..model import trust as entries
from ..model.declaration import Declaration, Link
from ..model.trust_edits import edited
from ..operations import filters, trust
from . import plan_platform, steps
from .planned import Planned
from .world import World

Found = tuple[list[Planned], list[str]]
"""Changes, and what stays and why."""


def trust_changes(link: Link, declaration: Declaration, world: World, common: plan_platform.Shared) -> Found:
    """The trusted environment of ours, unless another alias of the local cluster may need it."""
    deployment = world.clusters[link.local].deployment
    if deployment is None:
        return [], []
    name = plan_platform.entry_name(link, declaration)
    have = common.trust.setdefault(link.local, deployment.trust)
    edits = [entries.without_proxy_entry(name)]
    after = edited(have, edits)
    if after == have:
        return [], []
    others = _may_need(link, name, declaration, world)
    if others:
        return [], [f"link {link}: the trusted environment {name} stays, since alias {', '.join(others)} may need it"]
    change = trust.plan(replace(deployment, trust=have), edits)
    if change is None:
        return [], []
    common.trust[link.local] = after
    shown = replace(change, what=f"trusted environment {name} of deployment {deployment.name}", action="delete")
    return [Planned(steps.TRUST, link, shown, (f"PUT {BASE}/deployments/{deployment.id} of {link.local}",))], []


def _may_need(link: Link, name: str, declaration: Declaration, world: World) -> list[str]:
    """Aliases of the local cluster that stay and are not known to go elsewhere."""
    settings = world.clusters[link.local].settings
    going = {other.alias for other in declaration.links if other.local == link.local}
    elsewhere = {
        view.endpoint.address for other, view in world.clusters.items() if entries.name_of(declaration.platform_of(other).name) != name
    }
    staying = [alias for alias in remote.aliases(settings) if alias not in going]
    return [alias for alias in staying if remote.address(remote.current(settings, alias)) not in elsewhere]


def network_changes(link: Link, declaration: Declaration, world: World, common: plan_platform.Shared) -> Found:
    """The association of our ruleset with the remote, and the ruleset when nothing has it any more."""
    deployment = world.clusters[link.remote].deployment
    if deployment is None or link.network == "never":
        return [], []
    platform = declaration.clusters[link.remote].platform
    rulesets = common.rulesets.setdefault(platform, list(world.rulesets.get(platform, ())))
    name = rules.name_of(plan_platform.own_name(link.local, world))
    ours = [ruleset for ruleset in rules.of(rulesets, deployment.id, deployment.cluster_id) if ruleset.name == name]
    if not ours:
        return [], []
    if _other_links(link, declaration, world):
        return [], [f"link {link}: the traffic filter {name} stays, since another link from {link.local} to {link.remote} needs it"]
    last = filters.last_filter(rulesets, deployment, ours[0])
    if last and not link.allow_last_filter:
        return [], [f"link {link}: {last}. It stays; set allow_last_filter: true to have it removed"]
    change = filters.plan_dissociate(ours[0], [deployment.id], delete=True)
    if change is None:
        return [], []
    rulesets.remove(ours[0])
    left = tuple(found for found in ours[0].associations if found != deployment.id)
    rulesets.append(replace(ours[0], associations=left, total=ours[0].total - 1))
    payload = plan_platform.Admission(platform, rules.Wish(name, ours[0].type, ours[0].region), deployment.id)
    path = f"{plan_platform.RULESETS}/{ours[0].id}"
    requests = [f"DELETE {path}/associations/deployment/{deployment.id} of {link.remote}"]
    requests += [f"DELETE {path} of {link.remote}"] if not left else []
    return [Planned(steps.NETWORK, link, replace(change, payload=payload), tuple(requests))], []


def _other_links(link: Link, declaration: Declaration, world: World) -> bool:
    """Whether a valid key of ours says that another alias of the local cluster leads to the remote and stays."""
    uuid = world.clusters[link.local].uuid
    going = {keys.link_id(uuid, other.alias) for other in declaration.links if (other.local, other.remote) == (link.local, link.remote)}
    marks = {key.metadata.get("link", "") for key in world.clusters[link.remote].keys if key.valid(world.now_ms)}
    return any(mark.startswith(f"{uuid}/") for mark in marks - going)
