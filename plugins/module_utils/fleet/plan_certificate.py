# SPDX-License-Identifier: GPL-3.0-or-later
"""Links with which nodes trust each other's certificates. There is no key: both sides trust, and the alias goes to the transport port.

https://www.elastic.co/docs/deploy-manage/remote-clusters/ec-enable-ccs
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..api.cloud import BASE
from ..model import access, keys, remote, roles, versions
from ..model import trust as entries
from ..model.addresses import TRANSPORT_PORT
from ..model.declaration import Declaration, Link
from ..model.errors import Refused
from ..model.platforms import ECE, ECH
from ..model.trust_edits import edited
from ..operations import trust
from . import plan_platform, steps
from .planned import LinkPlan, Planned
from .world import World

_TYPES = {ECH: "ESS", ECE: "ECE"}
VERDICT = keys.Verdict(keys.SETTLED, "the link needs no key")


def address(link: Link, world: World) -> dict[str, Any]:
    """Where the nodes of the remote are reached with certificates."""
    name = world.clusters[link.remote].endpoint.server_name
    return {"proxy_address": link.proxy_address or f"{name}:{TRANSPORT_PORT}", "server_name": link.server_name or name}


def check(link: Link, world: World, wanted: Mapping[str, Any]) -> None:
    """Raise Refused for versions that do not talk to each other, and for an alias that is not made like this."""
    local, far = world.clusters[link.local], world.clusters[link.remote]
    if not versions.connectable(local.version, far.version):
        raise Refused(f"link {link}: Elasticsearch {local.version} and {far.version} do not talk to each other: upgrade the older one")
    if world.evidence(link).entry:
        raise Refused(
            f"link {link}: alias {link.alias!r} of cluster {link.local} has a credential in the keystore, so it uses an API key",
            "take the link away first (playbook disconnect, with security_model api_key), or use another alias",
        )
    refuse_other_address(link, world, remote.address(wanted), "use another alias, or set adopt: true to take it over")


def refuse_other_address(link: Link, world: World, wanted: str, remedy: str) -> None:
    """An alias is ours when it points to where the link would; nothing else tells. Raises Refused for one that does not."""
    have = remote.address(remote.current(world.clusters[link.local].settings, link.alias))
    if have and have != wanted and not link.adopt:
        raise Refused(f"link {link}: alias {link.alias!r} of cluster {link.local} points to {have}, not to {wanted}", remedy)


def trust_changes(link: Link, declaration: Declaration, world: World, common: plan_platform.Shared) -> list[Planned]:
    """That each of the two deployments trusts the other."""
    return [
        planned
        for name, other in ((link.local, link.remote), (link.remote, link.local))
        for planned in _trust(link, name, other, declaration, world, common)
    ]


def _trust(link: Link, name: str, other: str, declaration: Declaration, world: World, common: plan_platform.Shared) -> list[Planned]:
    deployment = world.clusters[name].hosted
    have = common.trust.setdefault(name, deployment.trust)
    edits, accounts = [_peer(name, other, declaration, world)], world.accounts.get(name)
    change = trust.plan(replace(deployment, trust=have), edits, accounts)
    if change is None:
        return []
    common.trust[name] = edited(have, edits, accounts)
    named = replace(change, what=f"trust of deployment {deployment.name} in cluster {other}")
    return [Planned(steps.TRUST, link, named, (f"PUT {BASE}/deployments/{deployment.id} of {name}",), cluster=name)]


def _peer(name: str, other: str, declaration: Declaration, world: World) -> entries.Edit:
    """The other cluster as the platform of the first one can name it."""
    here, there = declaration.platform_of(name), declaration.platform_of(other)
    organization, far = world.organizations[other], world.clusters[other].hosted
    if here.name == there.name:
        return entries.AccountPeer(organization["id"], far.cluster_id, True, organization["trust_all"])
    if here.type == there.type == ECH:
        return entries.AccountPeer(organization["id"], far.cluster_id, is_own=False)
    related = world.relationships.get(here.name, {}).get(organization["id"])
    if related:
        return entries.RelationshipPeer(related, organization["id"], far.cluster_id)
    # The nodes of each region of Elastic Cloud Hosted have a CA of their own.
    place = f"{there.name} {far.region}" if there.type == ECH else there.name
    authorities = world.node_authorities[other]
    return entries.EnvironmentPeer(_TYPES[there.type], f"{entries.name_of(place)} nodes", organization["id"], far.cluster_id, authorities)


def warnings(link: Link, world: World) -> list[str]:
    """What the documents of Elastic warn of; the last one only while there is no alias yet, since it does not change."""
    local, far = world.clusters[link.local], world.clusters[link.remote]
    found = []
    if not versions.search_compatible(local.version, far.version):
        found.append(f"link {link}: Elastic does not support searching {far.version} from {local.version}")
    if max(local.version, far.version) >= versions.CERTIFICATES_DEPRECATED:
        since = f"{versions.CERTIFICATES_DEPRECATED.major}.{versions.CERTIFICATES_DEPRECATED.minor}"
        found.append(f"link {link}: security_model certificate is deprecated since Elasticsearch {since}: use api_key")
    if not remote.current(local.settings, link.alias):
        found.append(f"link {link}: superusers of {link.local} can read all of {link.remote}, since no key limits them")
    return found


def roles_for(link: Link, wanted: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The role on the remote, which decides there, and the one of the same name that users of the local have."""
    preset = roles.PRESETS[wanted.get("preset") or roles.SEARCH]
    entry = roles.indices_entry(wanted, access.names(link.access, preset.kind), preset.without_key)
    return {link.remote: {**_cluster(preset.remote), "indices": [entry]}, link.local: _cluster(preset.local)}


def _cluster(privileges: tuple[str, ...]) -> dict[str, Any]:
    return {"cluster": list(privileges)} if privileges else {}


def removal(link: Link, declaration: Declaration, world: World, connection: list[Planned], common: plan_platform.Shared) -> LinkPlan:
    """Without the alias, and without the trust that was made for it, unless an alias between the two may need it."""
    changes, kept = list(connection), []
    users = _may_need(link, declaration, world)
    why = f"alias {', '.join(users)} may need it" if users else "nobody can tell what it was made for"
    for name, other in ((link.remote, link.local), (link.local, link.remote)):
        deployment, cluster_id = world.clusters[name].hosted, world.clusters[other].hosted.cluster_id
        have = common.trust.setdefault(name, deployment.trust)
        edits = [entries.Withdrawal(cluster_id)]
        change = trust.plan(replace(deployment, trust=have), edits)
        if change is not None and not users:
            common.trust[name] = edited(have, edits)
            named = replace(change, what=f"trust of deployment {deployment.name} in cluster {other}", action="delete")
            changes.append(Planned(steps.TRUST, link, named, (f"PUT {BASE}/deployments/{deployment.id} of {name}",), cluster=name))
        elif change is not None or (connection and _trusts(have, cluster_id)):
            kept.append(f"link {link}: the trust of {name} in {other} stays, since {why}")
    return LinkPlan(link, VERDICT, tuple(changes), warnings=tuple(kept))


def _trusts(have: Mapping[str, Any], cluster_id: str) -> bool:
    """Whether an entry that nobody has marked lists a cluster."""
    return any(cluster_id in (entry.get("trust_allowlist") or []) for kind in entries.KEYS for entry in have.get(kind) or [])


def _may_need(link: Link, declaration: Declaration, world: World) -> list[str]:
    """Aliases of either cluster that stay and are not known to go elsewhere or to use a key."""
    going = {(other.local, other.alias) for other in declaration.links}
    found = []
    for name, other in ((link.local, link.remote), (link.remote, link.local)):
        known = {view.endpoint.address for view in world.clusters.values()}
        known |= {f"{view.endpoint.server_name}:{TRANSPORT_PORT}" for far, view in world.clusters.items() if far != other}
        settings = world.clusters[name].settings
        staying = [alias for alias in remote.aliases(settings) if (name, alias) not in going]
        found += [f"{alias} of {name}" for alias in staying if remote.address(remote.current(settings, alias)) not in known]
    return found
