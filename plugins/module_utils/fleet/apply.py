# SPDX-License-Identifier: GPL-3.0-or-later
"""Making what was planned: changes of all links that touch the same object go out as one write, and one link's failure stops no other."""

from __future__ import annotations

import threading
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from typing import Any, Callable

from ..api.waiting import Clock
from ..model import keys, remote
from ..model.aliases import credential_setting
from ..model.change import Change
from ..model.declaration import Link
from ..model.errors import CrossClusterError
from ..operations import api_key, keystore, remote_cluster, restart, role, trust
from . import apply_platform, steps
from .connections import Connections
from .plan import roles_for
from .planned import LinkPlan, Plan, Planned
from .pool import Pool, grouped
from .world import World


@dataclass
class Made:
    """What a run has done so far. keys: id of the key made for a link. changes: what was changed. failures: by link id.

    credentials: by link id, encoded keys that are yet to be brought to the nodes of self-managed clusters.
    """

    keys: dict[str, str] = field(default_factory=dict)
    changes: list[Planned] = field(default_factory=list)
    failures: dict[str, CrossClusterError] = field(default_factory=dict)
    credentials: dict[str, str] = field(default_factory=dict, repr=False)


class Applier:
    """Makes the changes of a plan, step by step.

    run: what the metadata of new keys say. wait_timeout: seconds for each wait for a plan.
    """

    def __init__(
        self,
        plan: Plan,
        world: World,
        connections: Connections,
        pool: Pool,
        clock: Clock,
        run: str,
        wait_timeout: float,
        tell: Callable[[str], None],
    ) -> None:
        self._plan, self._world, self._connections, self._pool = plan, world, connections, pool
        self._clock, self._run, self._wait_timeout, self._tell = clock, run, wait_timeout, tell
        self.made = Made()

    def apply(self, selected: Iterable[str]) -> Made:
        """Make the changes of the selected steps."""
        makers = {
            steps.NETWORK: self._admit,
            steps.TRUST: self._trust,
            steps.CREDENTIALS: self._credentials,
            steps.CONNECTION: self._connect,
            steps.ROLES: self._roles,
        }
        for step in self._plan.order:
            if step in selected and step in makers:
                makers[step]()
        return self.made

    def reconnect(self, local: str, links: Iterable[Link]) -> None:
        """Set the aliases of these links again, which nodes have lost."""
        client = self._elasticsearch(local)
        settings = remote_cluster.observe(client)
        planned = [
            Planned(
                steps.CONNECTION,
                link,
                remote_cluster.plan_again(settings, f"cluster {local}", link.alias),
                (f"PUT /_cluster/settings of {local}",),
            )
            for link in links
            if remote.current(settings, link.alias)
        ]
        if not planned:
            return
        self._tell(f"{local}: setting {', '.join(item.link.alias for item in planned)} again, which its nodes have lost")
        remote_cluster.apply(client, *(item.change for item in planned))
        self.made.changes += planned

    def retire(self, proven: Iterable[str]) -> Made:
        """Revoke predecessors and orphans of the links that were proven, in one request for each remote cluster."""
        plans = [self._plan.links[link_id] for link_id in proven if link_id in self._plan.links]
        by_remote = grouped([link_plan for link_plan in plans if link_plan.revoke], lambda link_plan: link_plan.link.remote)

        def revoke(name: str) -> None:
            api_key.revoke(self._elasticsearch(name), [key_id for link_plan in by_remote[name] for key_id in link_plan.revoke])

        self._each(by_remote, revoke, lambda group: [planned for link_plan in group for planned in link_plan.of(steps.RETIRE)])
        return self.made

    def _admit(self) -> None:
        """Rulesets of ours: each is read again, brought to what is wanted and associated with all deployments that need it."""
        planned = [item for link_plan in self._alive() for item in link_plan.of(steps.NETWORK)]
        by_ruleset = grouped(planned, lambda item: item.change.payload.key)

        def admit(key: Hashable) -> None:
            admissions = [item.change.payload for item in by_ruleset[key]]
            write = apply_platform.withdraw if self._plan.removing else apply_platform.admit
            self._tell(f"traffic filter {admissions[0].wish.name}: {len(admissions)} deployments")
            write(self._connections.cloud(admissions[0].platform), admissions, self._clock)

        self._each(by_ruleset, admit)

    def _trust(self) -> None:
        """One update for each deployment, whatever the number of environments: each update is a plan."""
        planned = [item for link_plan in self._alive() for item in link_plan.of(steps.TRUST)]
        by_cluster = grouped(planned, lambda item: item.target)

        def write(name: str) -> None:
            self._tell(f"{name}: changing its trust")
            change = trust.together([item.change for item in by_cluster[name]])
            cloud = self._connections.cloud_of(name)
            trust.apply(cloud, change, wait=True, timeout=self._wait_timeout, clock=self._clock, tell=self._tell)

        self._each(by_cluster, write)

    def _credentials(self) -> None:
        """Keys on the remotes, then their secrets into the keystores of the locals. The secrets live no longer than this call."""
        planned = [item for link_plan in self._alive() for item in link_plan.of(steps.CREDENTIALS)]
        if self._plan.removing:
            self._take_credentials(planned)
            return
        self._each({item: [item] for item in planned if item.change.action == "update"}, self._update_key)
        new = [item for item in planned if item.change.action in (keys.CREATE, keys.REPLACE)]
        secrets = self._make_keys(new)
        delivered = grouped([item for item in new if item.link.id in secrets], _local)
        self._each(delivered, lambda name: self._deliver(name, delivered[name], secrets))
        alive = {link_plan.link.id for link_plan in self._alive()}
        # Their keystores may have passwords that only those have who work on the nodes: the caller lets them reload.
        self.made.changes += [item for item in planned if item.change.action == "reload"]
        restarts = grouped([item for item in planned if item.change.action == "restart" and item.link.id in alive], _local)
        self._each(restarts, lambda name: self._restart(name, restarts[name][0].change))

    def _take_credentials(self, planned: list[Planned]) -> None:
        """Out of the keystores first, so that no alias is left with a key that is revoked."""
        stored = grouped([item for item in planned if item.change.action == "delete"], _local)

        def remove(name: str) -> None:
            deployment = self._world.clusters[name].hosted
            gone = dict.fromkeys(item.change.payload for item in stored[name])
            change = keystore.plan(dict.fromkeys(gone, {}), deployment, gone, always=False)
            if change:
                keystore.apply(self._connections.cloud_of(name), change, timeout=self._wait_timeout, clock=self._clock, tell=self._tell)

        self._each(stored, remove)
        alive = {link_plan.link.id for link_plan in self._alive()}
        revocations = [item for item in planned if item.change.action == "revoke" and item.link.id in alive]
        revoked = grouped(revocations, lambda item: item.link.remote)
        self._each(
            revoked,
            lambda name: api_key.revoke(self._elasticsearch(name), [key_id for item in revoked[name] for key_id in item.change.payload[1]]),
        )

    def _make_keys(self, planned: list[Planned]) -> dict[str, str]:
        """The encoded keys by link id. A change is not complete until its key is delivered, so none is noted here."""
        secrets: dict[str, str] = {}
        lock = threading.Lock()

        def make(item: Planned) -> None:
            self._tell(f"{item.link}: making a cross-cluster API key on {item.link.remote}")
            client = self._elasticsearch(item.link.remote)
            key_id, encoded = api_key.create_for_link(client, item.change.payload, self._run, self._clock)
            with lock:
                self.made.keys[item.link.id] = key_id
                secrets[item.link.id] = encoded

        self._each({item: [item] for item in planned}, make, lambda group: [])
        return secrets

    def _deliver(self, local: str, planned: list[Planned], secrets: dict[str, str]) -> None:
        deployment = self._world.clusters[local].deployment
        if deployment is None:
            # Nothing but the nodes themselves writes their keystores: the caller hands the secrets on.
            self.made.credentials.update({item.link.id: secrets.pop(item.link.id) for item in planned})
            return
        self._tell(f"{local}: storing {len(planned)} credentials")
        wanted = {credential_setting(item.link.alias): secrets.pop(item.link.id) for item in planned}
        cloud = self._connections.cloud_of(local)
        keystore.write(cloud, deployment, wanted, timeout=self._wait_timeout, clock=self._clock, tell=self._tell)

    def _update_key(self, item: Planned) -> None:
        self._tell(f"{item.link}: changing what the key allows")
        api_key.apply(self._elasticsearch(item.link.remote), item.change)

    def _restart(self, local: str, change: Change) -> None:
        cloud = self._connections.cloud_of(local)
        restart.apply(cloud, change, wait=True, timeout=self._wait_timeout, clock=self._clock, tell=self._tell)

    def _connect(self) -> None:
        by_local = grouped([item for link_plan in self._alive() for item in link_plan.of(steps.CONNECTION)], _local)

        def connect(name: str) -> None:
            doing = "taking away" if self._plan.removing else "connecting"
            self._tell(f"{name}: {doing} {len(by_local[name])} remote clusters")
            remote_cluster.apply(self._elasticsearch(name), *(item.change for item in by_local[name]))

        self._each(by_local, connect)

    def _roles(self) -> None:
        planned = [item for link_plan in self._alive() for item in link_plan.of(steps.ROLES)]
        by_role = grouped(planned, lambda item: (item.target, item.change.payload[0]))

        def write(key: tuple[str, str]) -> None:
            # Merged into the role as it is now: others may have changed it, and links that failed must not be in it.
            cluster, name = key
            if self._plan.removing:
                role.merge(self._elasticsearch(cluster), name, [], without=[item.link.alias for item in by_role[key]])
                return
            named = [(item.link, options) for item in by_role[key] for options in item.link.roles if options["name"] == name]
            role.merge(self._elasticsearch(cluster), name, [roles_for(link, options)[cluster] for link, options in named])

        self._each(by_role, write)

    def _alive(self) -> list[LinkPlan]:
        return [link_plan for link_id, link_plan in self._plan.links.items() if link_id not in self.made.failures]

    def _each(self, groups: dict, work: Callable[[Any], None], changes: Callable[[list], list[Planned]] = lambda group: group) -> None:
        """Do the work for each group; note the changes of those that succeeded, and fail the links of those that did not."""
        done, failed = self._pool.each(groups, work)
        self.made.changes += [planned for name in done for planned in changes(groups[name])]
        for name, error in failed.items():
            for link in dict.fromkeys(item.link for item in groups[name]):
                self._tell(f"{link}: {error}")
                self.made.failures.setdefault(link.id, error)

    def _elasticsearch(self, name: str) -> Any:
        return self._connections.elasticsearch(name, self._world.clusters[name].endpoint.url)


def _local(planned: Planned) -> str:
    return planned.link.local
