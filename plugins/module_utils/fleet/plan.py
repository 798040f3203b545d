# SPDX-License-Identifier: GPL-3.0-or-later
"""What has to change so that the links are as declared: a pure function of the declaration and the world, and a value that can be shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..api.cloud import BASE
from ..model import access, durations, keys, remote, versions
from ..model.change import Change
from ..model.declaration import Declaration, Link
from ..model.deployment import API_KEY_PORT
from ..model.errors import CrossClusterError, Refused
from ..operations import api_key, remote_cluster, restart, role
from . import steps
from .world import World

CLOUD = f"{BASE}/deployments"
KEYS = "/_security/cross_cluster/api_key"


@dataclass(frozen=True, eq=False)
class Planned:
    """One change of one link.

    step: the step that makes it. requests: the writes it consists of, as "METHOD path of cluster"; a write that serves several
    changes is named in each of them.
    """

    step: str
    link: Link
    change: Change
    requests: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        return {
            "link": self.link.id,
            "step": self.step,
            "action": self.change.action,
            "what": self.change.what,
            "before": self.change.before,
            "after": self.change.after,
            "requests": list(self.requests),
        }


@dataclass(frozen=True)
class LinkPlan:
    """What to do for one link.

    verdict: the state of its credential. revoke: ids of keys to revoke after the proof. changes: in the order of the steps.
    warnings: what a person should know but nothing that stops the link.
    """

    link: Link
    verdict: keys.Verdict
    changes: tuple[Planned, ...]
    revoke: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    def of(self, step: str) -> list[Planned]:
        return [planned for planned in self.changes if planned.step == step]

    @property
    def restarts(self) -> bool:
        return any(planned.change.action == "restart" for planned in self.changes)


@dataclass
class Plan:
    """Plans of all links that can be made, and the reasons why the others cannot, by link id."""

    links: dict[str, LinkPlan] = field(default_factory=dict)
    refused: dict[str, CrossClusterError] = field(default_factory=dict)

    def changes(self, selected: Iterable[str]) -> list[Planned]:
        """The changes of these steps, step by step."""
        return [planned for step in steps.STEPS if step in selected for plan in self.links.values() for planned in plan.of(step)]


def make(declaration: Declaration, world: World, run: str) -> Plan:
    """Plan all links. run: what a new key's metadata say of the run that made it."""
    plan = Plan()
    written_roles: dict[tuple[str, str], Mapping[str, Any] | None] = {}
    for link in declaration.links:
        try:
            plan.links[link.id] = _plan_link(link, world, run, written_roles)
        except CrossClusterError as error:
            plan.refused[link.id] = error
    return plan


def _plan_link(link: Link, world: World, run: str, written_roles: dict) -> LinkPlan:
    if world.problem(link):
        raise Refused(world.problem(link))
    _check_versions(link, world)
    evidence = world.evidence(link)
    wanted = wanted_settings(link, world)
    _check_ownership(link, world, evidence, wanted)
    verdict = keys.judge(evidence, renew_before_ms=durations.milliseconds(link.renew_before), adopt=link.adopt)
    if verdict.kind == keys.FOREIGN:
        raise Refused(
            f"link {link}: {verdict.reason}",
            "use another alias, or set adopt: true to replace that credential (it cannot be brought back)",
        )
    credentials, revoke = _credential_changes(link, world, run, evidence, verdict)
    changes = [*credentials, *_connection_changes(link, world, wanted), *_role_changes(link, world, written_roles)]
    orphans = _orphans(link, evidence, verdict)
    if orphans and not verdict.makes_key:
        changes.append(_revocation(link, orphans))
    return LinkPlan(link, verdict, tuple(changes), revoke=(*revoke, *orphans), warnings=tuple(_warnings(link, world, evidence)))


def wanted_settings(link: Link, world: World) -> dict[str, Any]:
    """The settings of the alias: address and name come from the remote's platform unless the link has others."""
    endpoint = world.clusters[link.remote].deployment.endpoint
    options = {
        "proxy_address": link.proxy_address or f"{endpoint}:{API_KEY_PORT}",
        "server_name": link.server_name or endpoint,
        "skip_unavailable": link.skip_unavailable,
        **link.settings,
    }
    return remote.wanted(link.mode, options)


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
    if problems:
        raise Refused(f"link {link}: " + "; ".join(problems))


def _check_ownership(link: Link, world: World, evidence: keys.Evidence, wanted: Mapping[str, Any]) -> None:
    """An alias that exists is ours when its settings are those we would write, or its credential is a key of this link."""
    have = remote.current(world.clusters[link.local].settings, link.alias)
    address = have.get("proxy_address") or ", ".join(have.get("seeds") or [])
    if not have or address == wanted["proxy_address"]:
        return
    if not evidence.entry:
        raise Refused(
            f"link {link}: alias {link.alias!r} of cluster {link.local} exists with the certificate model (address {address})",
            "use another alias; moving an alias to API keys is a migration, since credential and port must change together",
        )
    if not link.adopt and not evidence.valid and not any(key.id in evidence.seen for key in evidence.ours):
        raise Refused(
            f"link {link}: alias {link.alias!r} of cluster {link.local} points to {address}, not to {wanted['proxy_address']}",
            "use another alias, or set adopt: true to take it over",
        )


def _credential_changes(
    link: Link, world: World, run: str, evidence: keys.Evidence, verdict: keys.Verdict
) -> tuple[list[Planned], tuple[str, ...]]:
    """The changes of the credential, and the predecessor to revoke after the proof."""
    name = f"cross-cluster API key of {link}"
    if verdict.kind == keys.SETTLED:
        current = next(key for key in evidence.ours if key.id == verdict.current)
        change = api_key.plan_update(current, {"access": link.access, "expiration": link.expiration})
        return [Planned(steps.CREDENTIALS, link, change, (f"PUT {KEYS}/{current.id} of {link.remote}",))] if change else [], ()
    local = world.clusters[link.local]
    body = _key_body(link, local.uuid, run)
    change = Change(
        what=name,
        action=verdict.kind,
        before={"reason": verdict.reason} if verdict.kind == keys.REPLACE else {},
        after={"name": body["name"], "access": access.normalised(link.access), "expiration": link.expiration},
        payload=body,
    )
    keystore_path = f"{CLOUD}/{local.deployment.id}/elasticsearch/{local.deployment.ref_id}"
    requests = [f"POST {KEYS} of {link.remote}", f"PATCH {keystore_path}/keystore of {link.local}"]
    going = [key_id for key_id in (verdict.current, *_orphans(link, evidence, verdict)) if key_id]
    if going:
        requests.append(f"DELETE /_security/api_key of {link.remote}")
    changes = [Planned(steps.CREDENTIALS, link, change, tuple(requests))]
    if versions.must_restart(local.version, link.restart):
        changes.append(
            Planned(steps.CREDENTIALS, link, restart.plan(local.deployment), (f"POST {keystore_path}/_restart of {link.local}",))
        )
    return changes, (verdict.current,) if verdict.current else ()


def _key_body(link: Link, local_uuid: str, run: str) -> dict[str, Any]:
    body = {
        "name": keys.key_name(link.alias),
        "access": access.request(link.access),
        "metadata": keys.mark(keys.link_id(local_uuid, link.alias), run),
    }
    return {**body, "expiration": link.expiration} if link.expiration else body


def _connection_changes(link: Link, world: World, wanted: Mapping[str, Any]) -> list[Planned]:
    change = remote_cluster.plan(world.clusters[link.local].settings, f"cluster {link.local}", link.alias, wanted)
    return [Planned(steps.CONNECTION, link, change, (f"PUT /_cluster/settings of {link.local}",))] if change else []


def _role_changes(link: Link, world: World, written: dict) -> list[Planned]:
    """Changes of roles; several links may add to one role, so each sees what those before it have planned."""
    changes = []
    for wanted in link.roles:
        key = (link.local, wanted["name"])
        present = written.get(key, world.clusters[link.local].roles.get(wanted["name"]))
        change = role.plan(present, wanted["name"], role_for(link, wanted))
        if change:
            written[key] = change.payload[1]
            changes.append(Planned(steps.ROLES, link, change, (f"PUT /_security/role/{wanted['name']} of {link.local}",)))
    return changes


def role_for(link: Link, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """A role that may use the link: by default it may search all that the key allows."""
    entry = {
        "clusters": [link.alias],
        "names": wanted.get("names") or access.search_names(link.access),
        "privileges": wanted.get("privileges") or ["read", "read_cross_cluster", "view_index_metadata"],
        **{key: wanted.get(key) for key in ("field_security", "query", "allow_restricted_indices")},
    }
    cluster = [{"clusters": [link.alias], "privileges": wanted["remote_cluster"]}] if wanted.get("remote_cluster") else None
    return {"remote_indices": [entry], "remote_cluster": cluster}


def _orphans(link: Link, evidence: keys.Evidence, verdict: keys.Verdict) -> tuple[str, ...]:
    stays = "" if verdict.makes_key else verdict.current
    found = keys.orphans(evidence, stays, durations.milliseconds(link.orphan_after))
    return tuple(key.id for key in found if key.id != verdict.current)


def _revocation(link: Link, ids: Iterable[str]) -> Planned:
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
    return found
