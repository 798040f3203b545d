# SPDX-License-Identifier: GPL-3.0-or-later
"""Seeing the world: every platform and every cluster once and concurrently, whatever the number of links. Reads only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Callable

from ..api.elasticsearch import ElasticsearchClient
from ..api.waiting import Clock
from ..model import keys, remote
from ..model.addresses import REMOTE_CLUSTER_PORT
from ..model.declaration import ABSENT, API_KEY, CERTIFICATE, Cluster, Declaration, Link
from ..model.deployment import Deployment
from ..model.errors import CrossClusterError, Refused
from ..operations import api_key, deployments, following, keystore, remote_cluster, role
from . import authorities, platforms
from .connections import Connections
from .pool import Pool, grouped
from .probe import settled_uses
from .world import ClusterView, Endpoint, Use, World


def observe(declaration: Declaration, connections: Connections, pool: Pool, clock: Clock, tell: Callable[[str], None]) -> World:
    """See everything that the plan of these links depends on."""
    used = declaration.used_clusters()
    named = authorities.named(declaration)
    tell(f"looking at {len(used)} clusters for {len(declaration.links)} links")
    found, failures = _deployments(declaration, connections, pool)
    visible = [cluster.name for cluster in used if cluster.name not in failures]
    views, not_seen = pool.each(visible, lambda name: _look(declaration, connections, name, found.get(name)))
    failures.update(not_seen)
    for name, failure in failures.items():
        tell(f"cluster {name}: {failure}")
    world = World(api_key.now_ms(), views, {name: str(failure) for name, failure in failures.items()})
    world = replace(world, uses=_uses(declaration, connections, pool, clock, world))
    return platforms.complete(world, declaration, connections, pool, named)


def _deployments(
    declaration: Declaration, connections: Connections, pool: Pool
) -> tuple[dict[str, Deployment], dict[str, CrossClusterError]]:
    used = [cluster for cluster in declaration.used_clusters() if not declaration.self_managed(cluster.name)]
    by_platform = grouped(used, lambda cluster: cluster.platform)
    answers, unreachable = pool.each(
        by_platform,
        lambda name: deployments.find_many(connections.cloud(name), [cluster.deployment for cluster in by_platform[name]]),
    )
    found: dict[str, Deployment] = {}
    failures: dict[str, CrossClusterError] = {}
    for cluster in used:
        result: Deployment | CrossClusterError = unreachable.get(cluster.platform) or answers[cluster.platform][cluster.deployment]
        if isinstance(result, Deployment):
            problem = _unusable(result)
            found.update({} if problem else {cluster.name: result})
        else:
            problem = result
        failures.update({cluster.name: problem} if problem else {})
    return found, failures


def _unusable(deployment: Deployment) -> CrossClusterError | None:
    if deployment.status == "stopped":
        return Refused(f"deployment {deployment.name!r} is stopped", "start it")
    if not deployment.url or not deployment.endpoint:
        return Refused(f"deployment {deployment.name!r} has no Elasticsearch endpoint yet", "wait until it has been created")
    return None


def _look(declaration: Declaration, connections: Connections, name: str, deployment: Deployment | None) -> ClusterView:
    endpoint = _endpoint(declaration.clusters[name], deployment)
    client = connections.elasticsearch(name, endpoint.url)
    info = client.info()
    version = info["version"]["number"]
    view: dict[str, Any] = {"endpoint": endpoint, "deployment": deployment, "uuid": info["cluster_uuid"], "number": version}
    outgoing = [link for link in declaration.links if link.local == name]
    incoming = [link for link in declaration.links if link.remote == name and link.security_model == CERTIFICATE]
    wanted_roles = dict.fromkeys(wanted["name"] for link in (*outgoing, *incoming) for wanted in link.roles)
    view["roles"] = {role_name: role.observe(client, role_name) for role_name in wanted_roles}
    if outgoing or (incoming and declaration.state == ABSENT):
        view["settings"] = _remote_settings(client)
    if outgoing:
        view["keystore"] = _keystore(declaration.clusters[name], connections, deployment)
        view["unloaded"] = _unloaded(list(connections.nodes(name).values()) or [client]) if deployment is None else ()
        view["followers"] = following.observe(client) if declaration.state == ABSENT else {}
    if any(link.remote == name for link in declaration.links):
        view["keys"] = tuple(api_key.observe(client, {"metadata.managed_by": keys.MANAGED_BY}))
    return ClusterView(**view)


def _unloaded(nodes: Sequence[ElasticsearchClient]) -> tuple[str, ...]:
    """Aliases that at least one of the nodes connects without a credential."""
    states = [item for node in nodes for item in node.remote_info().items()]
    return tuple(sorted({alias for alias, state in states if "cluster_credentials" not in state}))


def _endpoint(cluster: Cluster, deployment: Deployment | None) -> Endpoint:
    if deployment is None:
        return Endpoint(str(cluster.url), cluster.address, nodes=len(cluster.nodes) or 1)
    address = f"{deployment.endpoint}:{REMOTE_CLUSTER_PORT}"
    return Endpoint(cluster.url or deployment.url, address, deployment.endpoint, len(deployment.instances) or 1)


def _keystore(cluster: Cluster, connections: Connections, deployment: Deployment | None) -> tuple[str, ...] | None:
    return cluster.keystore if deployment is None else tuple(keystore.observe(connections.cloud_of(cluster.name), deployment))


def _remote_settings(client: ElasticsearchClient) -> dict:
    """Only what concerns remote clusters: other settings are nobody's business here."""
    return {key: value for key, value in remote_cluster.observe(client).items() if key.startswith("cluster.remote.")}


def _uses(declaration: Declaration, connections: Connections, pool: Pool, clock: Clock, world: World) -> dict[str, Use]:
    """Which key each alias that exists is seen to use, and whether unknown ones are valid on the remote."""
    with_keys = [link for link in declaration.links if link.security_model == API_KEY]
    askable = [link for link in with_keys if not world.problem(link) and _exists(link, world)]
    by_local = grouped(askable, lambda link: link.local)
    answers, _not_answered = pool.each(by_local, lambda name: settled_uses(connections, world, by_local[name], clock))
    uses = {link_id: use for local in answers.values() for link_id, use in local.items()}
    foreign, _not_known = pool.each(
        [link for link in askable if link.id in uses], lambda link: _foreign(connections, world, link, uses[link.id])
    )
    return {**uses, **{link.id: replace(uses[link.id], foreign=found) for link, found in foreign.items()}}


def _exists(link: Link, world: World) -> bool:
    return bool(remote.current(world.clusters[link.local].settings, link.alias))


def _foreign(connections: Connections, world: World, link: Link, use: Use) -> tuple[str, ...]:
    view = world.clusters[link.remote]
    ours = {key.id for key in world.keys_of(link)}
    unknown = sorted({key_id for key_id in use.nodes.values() if key_id and key_id != keys.UNREADABLE} - ours)
    client = connections.elasticsearch(link.remote, view.endpoint.url)
    found = [(key_id, client.api_key(key_id)) for key_id in unknown]
    return tuple(key_id for key_id, item in found if item and keys.from_api(item).valid(world.now_ms))
