# SPDX-License-Identifier: GPL-3.0-or-later
"""Making what was planned: changes of all links that touch the same object go out as one write, and one link's failure stops no other."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Callable

from ..api.waiting import Clock
from ..model import keys
from ..model.aliases import credential_setting
from ..model.change import Change
from ..model.declaration import Link
from ..model.errors import CrossClusterError
from ..operations import api_key, keystore, remote_cluster, restart, role
from . import steps
from .connections import Connections
from .plan import LinkPlan, Plan, Planned
from .pool import Pool
from .world import World


@dataclass
class Made:
    """What a run has done so far. keys: id of the key made for a link. changes: what was changed. failures: by link id."""

    keys: dict[str, str] = field(default_factory=dict)
    changes: list[Planned] = field(default_factory=list)
    failures: dict[str, CrossClusterError] = field(default_factory=dict)


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
        makers = {steps.CREDENTIALS: self._credentials, steps.CONNECTION: self._connections_of, steps.ROLES: self._roles}
        for step in steps.STEPS:
            if step in selected and step in makers:
                makers[step]()
        return self.made

    def retire(self, proven: Iterable[str]) -> Made:
        """Revoke predecessors and orphans of the links that were proven, in one request for each remote cluster."""
        plans = [self._plan.links[link_id] for link_id in proven if link_id in self._plan.links]
        going = [link_plan for link_plan in plans if link_plan.revoke]
        by_remote = _grouped(going, lambda link_plan: link_plan.link.remote)

        def revoke(name: str) -> None:
            api_key.revoke(self._elasticsearch(name), [key_id for link_plan in by_remote[name] for key_id in link_plan.revoke])

        self._each(by_remote, revoke, lambda name: [planned for link_plan in by_remote[name] for planned in link_plan.of(steps.RETIRE)])
        return self.made

    def _credentials(self) -> None:
        """Keys on the remotes, then their secrets into the keystores of the locals. The secrets live no longer than this call."""
        planned = [item for link_plan in self._alive() for item in link_plan.of(steps.CREDENTIALS)]
        updates = [item for item in planned if item.change.action == "update"]
        self._each({item: item for item in updates}, self._update_key, lambda item: [item], lambda item: [item.link])
        secrets = self._make_keys([item for item in planned if item.change.action in (keys.CREATE, keys.REPLACE)])
        delivered = _grouped([item for item in planned if item.link.id in secrets and item.change.action != "restart"], _local)
        self._each(delivered, lambda name: self._deliver(name, delivered[name], secrets), lambda name: delivered[name])
        restarts = _grouped(
            [item for item in planned if item.change.action == "restart" and item.link.id not in self.made.failures], _local
        )
        self._each(restarts, lambda name: self._restart(name, restarts[name][0].change), lambda name: restarts[name])

    def _make_keys(self, planned: list[Planned]) -> dict[str, str]:
        secrets: dict[str, str] = {}
        lock = threading.Lock()

        def make(item: Planned) -> None:
            self._tell(f"{item.link}: making a cross-cluster API key on {item.link.remote}")
            client = self._elasticsearch(item.link.remote)
            key_id, encoded = api_key.create_for_link(client, item.change.payload, self._run, self._clock)
            with lock:
                self.made.keys[item.link.id] = key_id
                secrets[item.link.id] = encoded

        self._each({item: item for item in planned}, make, lambda item: [], lambda item: [item.link])
        return secrets

    def _deliver(self, local: str, planned: list[Planned], secrets: dict[str, str]) -> None:
        self._tell(f"{local}: storing {len(planned)} credentials")
        deployment = self._world.clusters[local].deployment
        wanted = {credential_setting(item.link.alias): secrets.pop(item.link.id) for item in planned}
        change = keystore.plan({}, deployment, wanted, always=True)
        if change:
            keystore.apply(self._connections.cloud_of(local), change)

    def _update_key(self, item: Planned) -> None:
        self._tell(f"{item.link}: changing what the key allows")
        api_key.apply(self._elasticsearch(item.link.remote), item.change)

    def _restart(self, local: str, change: Change) -> None:
        cloud = self._connections.cloud_of(local)
        restart.apply(cloud, change, wait=True, timeout=self._wait_timeout, clock=self._clock, tell=self._tell)

    def _connections_of(self) -> None:
        by_local = _grouped([item for link_plan in self._alive() for item in link_plan.of(steps.CONNECTION)], _local)

        def connect(name: str) -> None:
            self._tell(f"{name}: connecting {len(by_local[name])} remote clusters")
            remote_cluster.apply(self._elasticsearch(name), *(item.change for item in by_local[name]))

        self._each(by_local, connect, lambda name: by_local[name])

    def _roles(self) -> None:
        planned = [item for link_plan in self._alive() for item in link_plan.of(steps.ROLES)]
        by_role = _grouped(planned, lambda item: (item.link.local, item.change.payload[0]))

        def write(key: tuple[str, str]) -> None:
            # Each change was planned on top of those before it, so the last one has them all.
            role.apply(self._elasticsearch(key[0]), by_role[key][-1].change)

        self._each(by_role, write, lambda key: by_role[key])

    def _alive(self) -> list[LinkPlan]:
        return [link_plan for link_id, link_plan in self._plan.links.items() if link_id not in self.made.failures]

    def _each(self, items: dict, work: Callable[[Any], None], made: Callable[[Any], list[Planned]], links: Callable | None = None) -> None:
        """Do the work for each item; note the changes of those that succeeded, and fail the links of those that did not."""
        done, failed = self._pool.each(items, work)
        self.made.changes += [planned for item in done for planned in made(item)]
        for item, error in failed.items():
            for link in links(item) if links else _links(items[item]):
                self._tell(f"{link}: {error}")
                self.made.failures.setdefault(link.id, error)

    def _elasticsearch(self, name: str) -> Any:
        return self._connections.elasticsearch(name, self._world.clusters[name].deployment.url)


def _local(planned: Planned) -> str:
    return planned.link.local


def _links(items: Iterable[Any]) -> list[Link]:
    return [item.link for item in items]


def _grouped(items: Iterable[Any], key: Callable[[Any], Any]) -> dict[Any, list[Any]]:
    groups: dict[Any, list[Any]] = {}
    for item in items:
        groups.setdefault(key(item), []).append(item)
    return groups
