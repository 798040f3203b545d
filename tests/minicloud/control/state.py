# SPDX-License-Identifier: GPL-3.0-or-later
"""What the control plane remembers: accounts and their deployments."""

from __future__ import annotations

import copy
import secrets
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from minicloud.admission import Filter
from minicloud.clock import now
from minicloud.control.plans import Plans
from minicloud.control.ratelimit import RateLimit
from minicloud.control.rulesets import Ruleset, Rulesets
from minicloud.dataplane import DataPlane
from minicloud.switches import Switches
from minicloud.transport import TransportTrust, trust_of
from minicloud.world import Account, DeploymentSpec, FilterSpec

_TIER_ROLES = ["master", "ingest", "data_hot", "data_content", "remote_cluster_client", "transform"]
_TIER_MEMORY_MB = 1024
_REMEMBERED = 100


@dataclass(frozen=True)
class Secret:
    """A keystore entry as it goes to the nodes."""

    value: str = field(repr=False)
    as_file: bool


class Deployment:
    """One deployment. Keeps of keystore entries the names only: values go to the nodes and nowhere else."""

    def __init__(
        self,
        spec: DeploymentSpec,
        trust: Mapping[str, Any],
        plan_seconds: float,
        data_plane: DataPlane,
        switches: Switches,
        transport_trust: Callable[[Mapping[str, Any]], TransportTrust],
    ) -> None:
        """`transport_trust` tells whom the nodes trust by such trust settings."""
        self._data_plane = data_plane
        self._transport_trust = transport_trust
        self._past: deque[tuple[float, Deployment]] = deque(maxlen=_REMEMBERED)
        self.switches = switches
        self.spec = spec
        self.name = spec.display_name
        self.trust: dict[str, Any] = dict(trust)
        self.trust_is_set = False
        self.kibana_id: str | None = secrets.token_hex(16)
        self.secrets: dict[str, bool] = {}
        self.plans = Plans(_initial_plan(spec), plan_seconds)
        self.version = 1
        self.created = self.modified = now()

    @property
    def id(self) -> str:
        return self.spec.id

    @property
    def cluster_id(self) -> str:
        return self.spec.cluster_id

    @property
    def status(self) -> str:
        return self.plans.pending.activity if self.plans.pending else "started"

    def touch(self) -> None:
        """Note a modification: the resource gets a new version."""
        self.version += 1
        self.modified = now()

    def remember(self) -> None:
        """Keep what it is like now, for reads that are behind."""
        now_seen = copy.copy(self)
        now_seen.secrets, now_seen.plans = dict(self.secrets), self.plans.snapshot()
        self._past.append((time.monotonic(), now_seen))

    def as_of(self, moment: float) -> Deployment:
        """What it was like at a monotonic time, for reading only."""
        return next((past for written, past in self._past if written > moment), self)

    def set_secrets(self, changes: Mapping[str, Secret | None]) -> dict[str, str | None]:
        """Change keystore entries, None removes. Returns what the nodes have to be told: see `deliver`."""
        delivery: dict[str, str | None] = {}
        for name, secret in changes.items():
            if secret is not None:
                self.secrets[name] = secret.as_file
                delivery[name] = secret.value
            elif self.secrets.pop(name, None) is not None:
                delivery[name] = None
        return delivery

    async def deliver(self, delivery: Mapping[str, str | None]) -> None:
        """Hand keystore changes to the nodes, which learn of them later."""
        if delivery:
            await self._data_plane.deliver(self.spec.name, delivery)

    async def apply_trust(self) -> None:
        """Hand to the nodes the CAs that concern API key connections, those of trust entries of type `proxy`, and whom else they trust."""
        proxies = [entry for entry in self.trust["direct"] if entry.get("type") == "proxy"]
        await self._data_plane.set_trust(self.spec.name, [certificate["pem"] for entry in proxies for certificate in entry["certificates"]])
        await self.apply_transport_trust()

    async def apply_transport_trust(self) -> None:
        """Tell the nodes which others they talk to with certificates."""
        await self._data_plane.set_transport_trust(self.spec.name, self._transport_trust(self.trust))

    async def enforce(self, wanted: Filter | None) -> None:
        """Let only those connect whom a filter admits; None = everybody."""
        await self._data_plane.set_filter(self.spec.name, wanted)

    async def restart(self) -> None:
        await self._data_plane.restart(self.spec.name)

    def hold_plan(self, held: bool) -> None:
        """Keep a plan pending, one that changes nothing if there is no other, or let it go."""
        self.plans.hold(held)
        if held and self.plans.pending is None:
            self.plans.start("minicloud.hold", "operator", "reconfiguring", self.plans.current.plan, self.apply_trust)


@dataclass(frozen=True)
class Certificates:
    """PEM texts: certificate chains of an environment's services, root last, and by region the CA of node certificates.

    `organizations` are the CAs of the nodes of all accounts that the platform knows, by the id of the account.
    """

    chains: Mapping[str, Sequence[str]]
    transport_cas: Mapping[str, str]
    organizations: Mapping[str, Sequence[str]]


class Tenant:
    """An account at work: deployments by id, rule sets, default trust, relationships with other environments by id, tokens of those
    logged in, how often it may still call."""

    def __init__(
        self, account: Account, certificates: Certificates, plan_seconds: float, data_plane: DataPlane, switches: Switches
    ) -> None:
        self.account = account
        self.certificates = certificates
        self.switches = switches
        self.trust_all = True
        self.tokens: set[str] = set()
        self.relationships: dict[str, dict[str, Any]] = {}
        self.rate = RateLimit()
        self.deployments = {
            spec.id: Deployment(
                spec,
                self.default_trust(),
                plan_seconds,
                data_plane,
                switches,
                partial(trust_of, spec.cluster_id, account.scope_id, certificates.organizations, self.relationships),
            )
            for spec in account.deployments
        }
        self.rulesets = Rulesets(_foreign_ruleset(spec, given) for spec in account.deployments for given in spec.filters)

    def find(self, name: str) -> Deployment | None:
        """The deployment of this name in the world file."""
        return next((deployment for deployment in self.deployments.values() if deployment.spec.name == name), None)

    @property
    def organization_id(self) -> str | None:
        """The id of the organization where deployments show it."""
        return self.account.scope_id if self.account.type == "ech" and self.switches.organization_id else None

    def as_of(self, lag: float) -> Tenant:
        """The account with its deployments as they were so many seconds ago, for reading only."""
        behind = copy.copy(self)
        moment = time.monotonic() - lag
        behind.deployments = {name: deployment.as_of(moment) for name, deployment in self.deployments.items()}
        behind.rulesets = self.rulesets.as_of(moment)
        return behind

    async def enforce_filters(self, deployment_ids: Iterable[str]) -> None:
        """Bring what the rule sets of these deployments let in to the proxies."""
        for deployment_id in deployment_ids:
            await self.deployments[deployment_id].enforce(self.rulesets.filter_of(deployment_id))

    def login(self) -> str:
        """A new token."""
        token = secrets.token_urlsafe(32)
        self.tokens.add(token)
        return token

    def default_trust(self) -> dict[str, Any]:
        """What a deployment trusts until it is told otherwise."""
        scope = "organization" if self.account.type == "ech" else "environment"
        own = {"account_id": self.account.scope_id, "name": f"Default trust for own {scope}", "trust_all": self.trust_all}
        return {"accounts": [own], "external": [], "direct": []}


def _foreign_ruleset(spec: DeploymentSpec, given: FilterSpec) -> Ruleset:
    """A rule set that is there from the beginning, associated with its deployment."""
    definition = {"name": given.name, "type": given.type, "region": spec.region, "include_by_default": False, "rules": given.rules}
    return Ruleset.of(definition).associated(spec.id)


def _initial_plan(spec: DeploymentSpec) -> dict[str, Any]:
    tiers = [
        {
            "id": "hot_content",
            "instance_configuration_id": "data.default",
            "node_roles": _TIER_ROLES,
            "size": {"resource": "memory", "value": _TIER_MEMORY_MB},
            "zone_count": len(spec.node_names),
            "elasticsearch": {"node_attributes": {"data": "hot"}},
        },
        # Tiers without nodes belong to a plan as well: they are lost when they are not sent back.
        {
            "id": "warm",
            "instance_configuration_id": "data.highstorage",
            "node_roles": ["data_warm", "remote_cluster_client"],
            "size": {"resource": "memory", "value": 0},
            "zone_count": 1,
        },
    ]
    return {
        "cluster_topology": tiers,
        "elasticsearch": {"version": spec.version},
        "deployment_template": {"id": "default"},
        "autoscaling_enabled": False,
        # Left over from creation, as on real deployments: a client that sends it back asks for it again.
        "transient": {"strategy": {"grow_and_shrink": {}}},
    }
