# SPDX-License-Identifier: GPL-3.0-or-later
"""What a mini cloud consists of: the plain data that control plane and data plane share, and the names and ports in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from minicloud.admission import ECH_INSTALLATION, Caller
from minicloud.switches import Switches

DOMAIN = "minicloud.test"
ECH_API_HOST = f"api.elastic-cloud.{DOMAIN}"
ECE_REGION = "ece-region"
ECE_API_PORT = 12443
ECE_HTTPS_PORT = 9243
ECH_HTTPS_PORT = 443
REMOTE_CLUSTER_PORT = 9443
TRANSPORT_PORT = 9400
NODE_HTTP_PORT = 9200
REF_ID = "main-elasticsearch"


@dataclass(frozen=True)
class FilterSpec:
    """A rule set of a traffic filter; `type` and `rules` are as the API has them."""

    name: str
    type: str
    rules: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True)
class ClusterSpec:
    """One Elasticsearch cluster. `type` is that of its platform: "ech", "ece" or "self_managed"; `password` that of `elastic`.

    `name` is unique in the world, `cluster_name` what Elasticsearch calls itself, `endpoint` the host name at which other clusters find
    it. `licence` is that of the cluster and `refresh_seconds` how long it takes until searches find a new API key; both are for simulated
    clusters only.
    """

    name: str
    cluster_name: str
    platform: str
    type: str
    version: str
    node_names: tuple[str, ...]
    password: str = field(repr=False)
    endpoint: str
    licence: str
    refresh_seconds: float


@dataclass(frozen=True)
class SelfManagedSpec(ClusterSpec):
    """A cluster that people run on machines of their own, without a control plane; `platform` is the data center.

    `server_ca` is "public" or "private", the CA of its remote cluster server, or None where that is not set up; `egress` are the
    addresses and networks from which its connections come.
    """

    server_ca: str | None
    egress: tuple[str, ...]

    @property
    def caller(self) -> Caller:
        """What it is known by when it connects to others: no platform vouches for it."""
        return Caller(self.platform, "", "", self.egress)

    def host(self, node: str) -> str:
        """The name of the machine of a node."""
        return f"{node}.{self.platform}.{DOMAIN}"

    def url(self, node: str) -> str:
        return f"https://{self.host(node)}:{NODE_HTTP_PORT}"


@dataclass(frozen=True)
class DeploymentSpec(ClusterSpec):
    """One deployment with one Elasticsearch cluster. `display_name`, its name on the platform, need not be unique.

    `filters` are the rule sets of others that it is associated with from the beginning.
    """

    display_name: str
    id: str
    cluster_id: str
    ref_id: str
    region: str
    service_url: str
    filters: tuple[FilterSpec, ...] = ()

    @property
    def service_port(self) -> int:
        """The port of `service_url`, as clients name it."""
        return service_port(self.type)


@dataclass(frozen=True)
class Account:
    """An ECH organization or an ECE environment as the world file declares it, with its credentials.

    `scope_id` is the organization id or the environment id; `proxy_ca` is "public" or "private"; user name and password exist on ECE only.
    `egress` are the addresses and networks from which connections of its clusters come.
    """

    name: str
    type: str
    scope_id: str
    regions: tuple[str, ...]
    proxy_ca: str
    egress: tuple[str, ...]
    api_key: str = field(repr=False)
    username: str | None
    password: str | None = field(repr=False)
    deployments: tuple[DeploymentSpec, ...]

    @property
    def proxy_names(self) -> tuple[str, ...]:
        """The names that the certificate of the proxies must cover."""
        return tuple(f"*.{endpoint_domain(self.type, self.name, region)}" for region in self.regions)

    @property
    def api_url(self) -> str:
        return f"https://{ECH_API_HOST}" if self.type == "ech" else f"https://coordinator.{self.name}.{DOMAIN}:{ECE_API_PORT}"


@dataclass(frozen=True)
class DataCenter:
    """A place where people run clusters themselves."""

    name: str
    clusters: tuple[SelfManagedSpec, ...]


@dataclass(frozen=True)
class KeyPair:
    """PEM files of a certificate (with its chain, leaf first) and of its private key."""

    certificate: Path
    key: Path


@dataclass(frozen=True)
class PlatformSpec:
    """Where an account's proxies listen and who they are.

    `address` is a loopback address of its own, `https_port` the real port there of the HTTPS endpoint (`service_port` towards clients).
    `transport_cas` holds, by region, the CA that signs the transport certificates of nodes. `egress` is as in `Account`.
    """

    name: str
    type: str
    address: str
    domain: str
    regions: tuple[str, ...]
    scope_id: str
    https_port: int
    proxy_certificate: Path
    proxy_key: Path
    transport_cas: Mapping[str, KeyPair]
    switches: Switches = field(default_factory=Switches)
    egress: tuple[str, ...] = ()

    @property
    def installation(self) -> str:
        """What its proxies belong to: all organizations share one Elastic Cloud Hosted."""
        return ECH_INSTALLATION if self.type == "ech" else self.name

    def caller(self, deployment: DeploymentSpec) -> Caller:
        """What a deployment of this account is known by when it connects to others."""
        return Caller(self.installation, self.scope_id, deployment.cluster_id, self.egress)


@dataclass(frozen=True)
class World:
    """All there is; `plan_seconds` is how long a plan takes that changes settings only; `switches` what nobody can know."""

    accounts: tuple[Account, ...]
    data_centers: tuple[DataCenter, ...]
    plan_seconds: float
    switches: Switches

    @property
    def deployments(self) -> tuple[DeploymentSpec, ...]:
        return tuple(deployment for account in self.accounts for deployment in account.deployments)

    @property
    def clusters(self) -> tuple[ClusterSpec, ...]:
        """Those of deployments and the self-managed ones."""
        return (*self.deployments, *(cluster for center in self.data_centers for cluster in center.clusters))


def service_port(platform_type: str) -> int:
    """The port of Elasticsearch URLs on a platform of this type."""
    return ECH_HTTPS_PORT if platform_type == "ech" else ECE_HTTPS_PORT


def endpoint_domain(platform_type: str, account: str, region: str) -> str:
    """The domain below which the endpoints of an account's deployments are named."""
    return f"{region}.{DOMAIN}" if platform_type == "ech" else f"{account}.{DOMAIN}"
