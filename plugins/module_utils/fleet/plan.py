# SPDX-License-Identifier: GPL-3.0-or-later
"""What has to change so that the links are as declared: a pure function of the declaration and the world, and a value that can be shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..model import access, durations, keys, remote, roles, versions
from ..model.change import Change
from ..model.declaration import ABSENT, CERTIFICATE, Declaration, Link
from ..model.deployment import Deployment
from ..model.errors import CrossClusterError, Refused
from ..operations import api_key, remote_cluster, restart, role
from . import plan_certificate, plan_platform, removal, steps
from .planned import LinkPlan, Plan, Planned
from .world import ClusterView, World

KEYS = "/_security/cross_cluster/api_key"


def make(declaration: Declaration, world: World, run: str) -> Plan:
    """Plan all links. run: what a new key's metadata say of the run that made it."""
    if declaration.state == ABSENT:
        return removal.make(declaration, world)
    plan = Plan()
    planner = _Planner(declaration, world, run)
    for link in declaration.links:
        try:
            plan.links[link.id] = planner.plan(link)
        except CrossClusterError as error:
            plan.refused[link.id] = error
    return plan


class _Planner:
    """Plans link after link. Several of them may share an object, so each sees what those before it have planned."""

    def __init__(self, declaration: Declaration, world: World, run: str) -> None:
        self._declaration, self._world, self._run = declaration, world, run
        self._shared = plan_platform.shared(declaration, world)
        self._roles: dict[tuple[str, str], Mapping[str, Any] | None] = {}

    def plan(self, link: Link) -> LinkPlan:
        world = self._world
        if world.problem(link):
            raise Refused(world.problem(link))
        if link.security_model == CERTIFICATE:
            return self._plan_certificate(link)
        _check_versions(link, world)
        evidence = world.evidence(link)
        wanted = wanted_settings(link, world)
        _check_ownership(link, world, evidence, wanted)
        verdict = keys.judge(evidence, renew_before_ms=durations.milliseconds(link.renew_before), adopt=link.adopt)
        _check_verdict(link, world, evidence, verdict)
        credentials, revoke = _credential_changes(link, world, self._run, evidence, verdict)
        changes = [
            *plan_platform.network_changes(link, self._declaration, world, self._shared),
            *plan_platform.trust_changes(link, self._declaration, world, self._shared),
            *credentials,
            *_connection_changes(link, world, wanted),
            *_role_changes(link, world, self._roles),
        ]
        orphans = _orphans(link, evidence, verdict)
        if orphans and not verdict.makes_key:
            changes.append(revocation(link, orphans))
        return LinkPlan(link, verdict, tuple(changes), revoke=(*revoke, *orphans), warnings=tuple(_warnings(link, world, evidence)))

    def _plan_certificate(self, link: Link) -> LinkPlan:
        wanted = wanted_settings(link, self._world)
        plan_certificate.check(link, self._world, wanted)
        # Traffic filters do not count for connections with certificates.
        changes = [
            *plan_certificate.trust_changes(link, self._declaration, self._world, self._shared),
            *_connection_changes(link, self._world, wanted),
            *_role_changes(link, self._world, self._roles),
        ]
        return LinkPlan(link, plan_certificate.VERDICT, tuple(changes), warnings=tuple(plan_certificate.warnings(link, self._world)))


def _check_verdict(link: Link, world: World, evidence: keys.Evidence, verdict: keys.Verdict) -> None:
    if verdict.kind == keys.FOREIGN:
        raise Refused(
            f"link {link}: {verdict.reason}",
            "use another alias, or set adopt: true to replace that credential (it cannot be brought back)",
        )
    if evidence.entry is None and not evidence.seen and evidence.valid:
        raise Refused(
            f"link {link}: whether the nodes of {link.local} have the credential cannot be seen: nothing reads a keystore but its nodes",
            f"give in nodes what is in the keystore of cluster {link.local}, as the role links finds it out",
        )


def wanted_settings(link: Link, world: World) -> dict[str, Any]:
    """The settings of the alias: address and name come from the remote unless the link has others."""
    return remote.wanted(link.mode, {**_address(link, world), "skip_unavailable": link.skip_unavailable, **link.settings})


def _address(link: Link, world: World) -> dict[str, Any]:
    if link.security_model == CERTIFICATE:
        return plan_certificate.address(link, world)
    if link.mode == "sniff":
        return {"seeds": list(link.seeds)}
    endpoint = world.clusters[link.remote].endpoint
    return {"proxy_address": link.proxy_address or endpoint.address, "server_name": link.server_name or endpoint.server_name or None}


def _check_versions(link: Link, world: World) -> None:
    local, far = world.clusters[link.local].version, world.clusters[link.remote].version
    problems = [
        text
        for side, version in (("local", local), ("remote", far))
        for text in [versions.api_key_problem(side, version, link.allow_unsupported)]
        if text
    ]
    if not versions.connectable(local, far):
        problems.append(f"Elasticsearch {local} and {far} do not talk to each other: upgrade the older one")
    if min(local, far) < versions.CERTIFICATE_IDENTITY_FLOOR and link.certificate_identity:
        problems.append(f"certificate_identity needs Elasticsearch {versions.CERTIFICATE_IDENTITY_FLOOR} or later on both sides")
    asked = [privilege for options in link.roles for privilege in options.get("remote_cluster") or []]
    if local < versions.ROLE_REMOTE_CLUSTER_FLOOR and asked:
        problems.append(f"remote_cluster of a role needs Elasticsearch {versions.ROLE_REMOTE_CLUSTER_FLOOR} or later on the local cluster")
    elif local < versions.ROLE_MONITOR_STATS_FLOOR and "monitor_stats" in asked:
        problems.append(f"monitor_stats of a role needs Elasticsearch {versions.ROLE_MONITOR_STATS_FLOOR} or later on the local cluster")
    if problems:
        raise Refused(f"link {link}: " + "; ".join(problems))


def _check_ownership(link: Link, world: World, evidence: keys.Evidence, wanted: Mapping[str, Any]) -> None:
    """An alias that exists is ours when its settings are those we would write, or its credential is a key of this link."""
    have = remote.current(world.clusters[link.local].settings, link.alias)
    address = remote.address(have)
    if not have or address == remote.address(wanted):
        return
    if evidence.entry is False:
        raise Refused(
            f"link {link}: alias {link.alias!r} of cluster {link.local} exists with the certificate model (address {address})",
            "use another alias; moving an alias to API keys is a migration, since credential and port must change together",
        )
    if not link.adopt and not evidence.valid and not any(key.id in evidence.seen for key in evidence.ours):
        raise Refused(
            f"link {link}: alias {link.alias!r} of cluster {link.local} points to {address}, not to {remote.address(wanted)}",
            "use another alias, or set adopt: true to take it over",
        )


def _credential_changes(
    link: Link, world: World, run: str, evidence: keys.Evidence, verdict: keys.Verdict
) -> tuple[list[Planned], tuple[str, ...]]:
    """The changes of the credential, and the predecessor to revoke after the proof."""
    name = f"cross-cluster API key of {link}"
    local = world.clusters[link.local]
    if verdict.kind == keys.SETTLED:
        current = next(key for key in evidence.ours if key.id == verdict.current)
        update = api_key.plan_update(current, {"access": link.access, "expiration": link.expiration})
        settled = [Planned(steps.CREDENTIALS, link, update, (f"PUT {KEYS}/{current.id} of {link.remote}",))] if update else []
        return [*settled, *_missed_restart(link, local, current), *_missed_reload(link, local)], ()
    body = _key_body(link, local.uuid, run)
    change = Change(
        what=name,
        action=verdict.kind,
        before={"reason": verdict.reason} if verdict.kind == keys.REPLACE else {},
        after={"name": body["name"], "access": access.normalised(link.access), "expiration": link.expiration},
        payload=body,
    )
    requests = [f"POST {KEYS} of {link.remote}"]
    if local.deployment:
        resource = plan_platform.resource_path(local.deployment)
        requests.append(f"PATCH {resource}/keystore of {link.local}")
    going = [key_id for key_id in (verdict.current, *_orphans(link, evidence, verdict)) if key_id]
    if going:
        requests.append(f"DELETE /_security/api_key of {link.remote}")
    changes = [Planned(steps.CREDENTIALS, link, change, tuple(requests))]
    if local.deployment and versions.must_restart(local.version, link.restart):
        changes.append(_restart(link, local.deployment))
    return changes, (verdict.current,) if verdict.current else ()


def _missed_restart(link: Link, local: ClusterView, current: keys.Key) -> list[Planned]:
    """A restart that a settled credential still needs. While a plan is pending it may be that one, so nothing is planned."""
    deployment = local.deployment
    if not deployment or deployment.pending:
        return []
    missed = versions.misses_restart(local.version, link.restart, current.creation, deployment.last_plan_ended)
    return [_restart(link, deployment)] if missed else []


def _missed_reload(link: Link, local: ClusterView) -> list[Planned]:
    """The reload that a settled credential still needs, where all nodes have it in their keystores: whoever put it there was interrupted.

    Of an alias without settings no node tells whether it has the credential, so they are asked to load it before there is a connection.
    """
    unseen = link.alias in local.unloaded or not remote.current(local.settings, link.alias)
    if local.deployment or not unseen or local.version < versions.RELOAD_FLOOR:
        return []
    change = Change(f"secure settings of cluster {link.local}", "reload", {}, {"loaded": [link.alias]})
    return [Planned(steps.CREDENTIALS, link, change, (f"POST /_nodes/reload_secure_settings of {link.local}",))]


def _restart(link: Link, deployment: Deployment) -> Planned:
    request = f"POST {plan_platform.resource_path(deployment)}/_restart of {link.local}"
    return Planned(steps.CREDENTIALS, link, restart.plan(deployment), (request,))


def _key_body(link: Link, local_uuid: str, run: str) -> dict[str, Any]:
    body = {
        "name": keys.key_name(link.alias),
        "access": access.request(link.access),
        "metadata": keys.mark(keys.link_id(local_uuid, link.alias), run),
    }
    options = {"expiration": link.expiration, "certificate_identity": link.certificate_identity}
    return {**body, **{key: value for key, value in options.items() if value}}


def _connection_changes(link: Link, world: World, wanted: Mapping[str, Any]) -> list[Planned]:
    change = remote_cluster.plan(world.clusters[link.local].settings, f"cluster {link.local}", link.alias, wanted)
    return [Planned(steps.CONNECTION, link, change, (f"PUT /_cluster/settings of {link.local}",))] if change else []


def _role_changes(link: Link, world: World, written: dict) -> list[Planned]:
    """Changes of roles; several links may add to one role, so each sees what those before it have planned."""
    changes = []
    for name, cluster, wanted in ((options["name"], *wish) for options in link.roles for wish in roles_for(link, options).items()):
        key = (cluster, name)
        present = written.get(key, world.clusters[cluster].roles.get(name))
        change = role.plan(present, name, wanted)
        if change:
            written[key] = change.payload[1]
            changes.append(Planned(steps.ROLES, link, change, (f"PUT /_security/role/{name} of {cluster}",), cluster))
    return changes


def roles_for(link: Link, wanted: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """What a role has to allow, by the cluster that has it: without a key there are two of the same name."""
    if link.security_model == CERTIFICATE:
        return plan_certificate.roles_for(link, wanted)
    return {link.local: role_for(link, wanted)}


def role_for(link: Link, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """A role that may use the link: by default for all that the key allows, to search it or to follow it."""
    preset = roles.PRESETS[wanted.get("preset") or roles.SEARCH]
    entry = {"clusters": [link.alias], **roles.indices_entry(wanted, access.names(link.access, preset.kind), preset.privileges)}
    cluster = [{"clusters": [link.alias], "privileges": wanted["remote_cluster"]}] if wanted.get("remote_cluster") else None
    local = {"cluster": list(preset.local)} if preset.local else {}
    return {**local, "remote_indices": [entry], "remote_cluster": cluster}


def _orphans(link: Link, evidence: keys.Evidence, verdict: keys.Verdict) -> tuple[str, ...]:
    stays = "" if verdict.makes_key else verdict.current
    found = keys.orphans(evidence, stays, durations.milliseconds(link.orphan_after))
    return tuple(key.id for key in found if key.id != verdict.current)


def revocation(link: Link, ids: Iterable[str]) -> Planned:
    change = api_key.plan_revoke(f"of {link}, not in use", list(ids))
    return Planned(steps.RETIRE, link, change, (f"DELETE /_security/api_key of {link.remote}",))


def _warnings(link: Link, world: World, evidence: keys.Evidence) -> list[str]:
    local, far = world.clusters[link.local].version, world.clusters[link.remote].version
    found = []
    if not versions.search_compatible(local, far):
        found.append(f"link {link}: Elastic does not support searching {far} from {local}")
    if min(local, far) < versions.API_KEY_FLOOR:
        found.append(f"link {link}: Elasticsearch {min(local, far)} has cross-cluster API keys as a beta only")
    if evidence.valid and not evidence.observable:
        found.append(f"link {link}: nothing tells which key is in use, so the newest key of this link counts as in use")
    for options in link.roles:
        beyond = access.beyond(link.access, role_for(link, options)["remote_indices"][0])
        if beyond:
            found.append(f"link {link}: role {options['name']} asks for {', '.join(beyond)}, which the key does not allow in full")
    return found
