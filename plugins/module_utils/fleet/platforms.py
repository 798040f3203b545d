# SPDX-License-Identifier: GPL-3.0-or-later
"""Seeing what links need of the platforms: traffic filters of the remotes, private CAs, trust of the locals. Reads only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ..model.declaration import ABSENT, API_KEY, CERTIFICATE, Declaration, Link
from ..model.deployment import Deployment
from ..model.errors import CrossClusterError
from ..model.platforms import ECE
from ..operations import certificate_authority, filters, relationship, trust
from . import authorities
from .connections import Connections
from .pool import Pool
from .world import World


def complete(world: World, declaration: Declaration, connections: Connections, pool: Pool, named: Mapping[str, tuple[str, ...]]) -> World:
    """The world with all of this. What cannot be seen is a failure of the links that need it. named: CAs that links name."""
    failures: dict[str, str] = {}
    wanted: dict[str, tuple[str, ...]] = {}
    if declaration.state != ABSENT:
        wanted, unknown = authorities.wanted(declaration, connections, pool, named, world)
        failures.update({link_id: str(error) for link_id, error in unknown.items()})
    rulesets, unreadable = _rulesets(declaration, connections, pool, world)
    trusting, untold = _trusting(declaration, connections, pool, world, wanted)
    organizations, unnamed = _organizations(declaration, connections, pool, world)
    node_authorities, hidden = _node_authorities(declaration, connections, pool, world)
    for link in declaration.links:
        unfiltered = unreadable.get(declaration.clusters[link.remote].platform) if link.security_model == API_KEY else None
        error = unfiltered or _first(link, untold) or _first(link, unnamed) or _first(link, hidden)
        if error and not world.problem(link):
            failures.setdefault(link.id, f"link {link}: {error}")
    clusters = {name: replace(view, deployment=trusting.get(name, view.deployment)) for name, view in world.clusters.items()}
    return replace(
        world,
        clusters=clusters,
        authorities=wanted,
        rulesets=rulesets,
        accounts=_accounts(declaration, connections, trusting),
        organizations=organizations,
        node_authorities=node_authorities,
        relationships=_relationships(declaration, connections, pool, world),
        link_failures=failures,
    )


def _rulesets(
    declaration: Declaration, connections: Connections, pool: Pool, world: World
) -> tuple[dict[str, tuple], dict[str, CrossClusterError]]:
    """All traffic filters of the platforms whose deployments are remotes, one call for each platform."""
    filtered = [link for link in declaration.links if link.network != "never" and link.security_model == API_KEY]
    remotes = [link.remote for link in filtered if not world.problem(link)]
    platforms = [declaration.clusters[name].platform for name in remotes if world.clusters[name].deployment]
    found, unreadable = pool.each(platforms, lambda name: tuple(filters.observe(connections.cloud(name))))
    return found, unreadable


def _trusting(
    declaration: Declaration, connections: Connections, pool: Pool, world: World, wanted: Mapping[str, tuple[str, ...]]
) -> tuple[dict[str, Deployment], dict[str, CrossClusterError]]:
    """The deployments that must trust something, or may have to cease to, with their trust settings."""
    seen = [link for link in declaration.links if not world.problem(link)]
    asking = {link.local for link in seen if wanted.get(link.id) or declaration.state == ABSENT}
    asking.update(name for link in seen if link.security_model == CERTIFICATE for name in (link.local, link.remote))
    hosted = {name: view.hosted for name, view in world.clusters.items() if name in asking and view.deployment}
    return pool.each(hosted, lambda name: trust.observe(connections.cloud_of(name), hosted[name]))


def _organizations(
    declaration: Declaration, connections: Connections, pool: Pool, world: World
) -> tuple[dict[str, dict], dict[str, CrossClusterError]]:
    """Those of the clusters that are to trust each other, one call for each platform."""
    names = dict.fromkeys(name for link in _without_keys(declaration, world) for name in (link.local, link.remote))
    platform_of = {name: declaration.clusters[name].platform for name in names}
    found, unknown = pool.each(platform_of.values(), lambda name: trust.organization(connections.cloud(name)))
    return (
        {name: found[platform] for name, platform in platform_of.items() if platform in found},
        {name: unknown[platform] for name, platform in platform_of.items() if platform in unknown},
    )


def _node_authorities(
    declaration: Declaration, connections: Connections, pool: Pool, world: World
) -> tuple[dict[str, tuple[str, ...]], dict[str, CrossClusterError]]:
    """The CAs of those that are to be trusted by a platform that does not know them."""
    seen = _without_keys(declaration, world)
    between = [link for link in seen if declaration.platform_of(link.local) != declaration.platform_of(link.remote)]
    hosted = {name: world.clusters[name].hosted for link in between for name in (link.local, link.remote)}

    def read(name: str) -> tuple[str, ...]:
        found = certificate_authority.observe(connections.cloud_of(name), hosted[name])
        return tuple(certificate["pem"] for certificate in found["certificates"])

    return pool.each(hosted, read)


def _relationships(declaration: Declaration, connections: Connections, pool: Pool, world: World) -> dict[str, dict[str, str]]:
    """What environments know each other; nothing of those whose credentials may not see it, since there is another way to trust."""
    between = [(declaration.platform_of(link.local), declaration.platform_of(link.remote)) for link in _without_keys(declaration, world)]
    asked = {platform.name for sides in between for platform in sides if sides[0] != sides[1] and sides[0].type == sides[1].type == ECE}
    found, _unseen = pool.each(sorted(asked), lambda name: relationship.by_environment(connections.cloud(name)))
    return found


def _without_keys(declaration: Declaration, world: World) -> list[Link]:
    """The links that need trust of both sides; those that are taken away leave it as it is."""
    if declaration.state == ABSENT:
        return []
    return [link for link in declaration.links if link.security_model == CERTIFICATE and not world.problem(link)]


def _first(link: Link, errors: Mapping[str, CrossClusterError]) -> CrossClusterError | None:
    return errors.get(link.local) or errors.get(link.remote)


def _accounts(declaration: Declaration, connections: Connections, trusting: Mapping[str, Deployment]) -> dict[str, list[dict]]:
    """What is declared of the trust in the own organization, where it was never set."""
    stated = [link for link in declaration.links if link.account_trust]
    levels = {name: link.account_trust for link in stated for name in (link.local, link.remote)}
    unset = [name for name, deployment in trusting.items() if name in levels and deployment.trust.get("accounts") is None]
    return {name: trust.own_account(connections.cloud_of(name), levels[name]) or [] for name in unset}
