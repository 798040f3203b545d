# SPDX-License-Identifier: GPL-3.0-or-later
"""What a user declares: platforms, clusters and the links between them, and what must be true of it before anything is read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .addresses import REMOTE_CLUSTER_PORT, host_of
from .declaration_problems import name_problems, node_problems, problems
from .errors import InvalidDeclaration
from .platforms import ECH, ECH_URL, SELF_MANAGED

PRESENT, ABSENT = STATES = ("present", "absent")
API_KEY, CERTIFICATE = SECURITY_MODELS = ("api_key", "certificate")

LINK_DEFAULTS: dict[str, Any] = {
    "security_model": API_KEY,
    "mode": "proxy",
    "ca": "auto",
    "network": "auto",
    "allow_first_filter": False,
    "allow_last_filter": False,
    "skip_unavailable": False,
    "restart": "auto",
    "adopt": False,
    "allow_unsupported": False,
    "orphan_after": "10m",
    "renew_before": "0s",
}
"""The one place where an option of a link has its default. ``skip_unavailable`` is false so that a broken link is an error of
the search and not an empty answer."""


@dataclass(frozen=True)
class Platform:
    """Where clusters run: a control plane with its API and the credentials for it, or, without an API, a data centre.

    ca_path None means the public CAs. egress: addresses from which the connections of its clusters come, for IP filters of others.
    """

    name: str
    type: str
    url: str
    api_key: str | None = field(default=None, repr=False)
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    ca_path: str | None = None
    validate_certs: bool = True
    egress: tuple[str, ...] = ()


@dataclass(frozen=True)
class Cluster:
    """A cluster of a platform and who calls its Elasticsearch. url, ca_path and egress override what the platform says.

    deployment: id or exact name, on Elastic Cloud. nodes: base URLs of all nodes, remote_address: host:port where the remote cluster
    server answers, keystore: names of the secure settings that every node has; these three where it is self-managed.
    """

    name: str
    platform: str
    deployment: str = ""
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    api_key: str | None = field(default=None, repr=False)
    url: str | None = None
    ca_path: str | None = None
    validate_certs: bool | None = None
    nodes: tuple[str, ...] = ()
    remote_address: str | None = None
    keystore: tuple[str, ...] | None = None
    egress: tuple[str, ...] = ()

    @property
    def address(self) -> str:
        """Where the remote cluster server of a self-managed cluster answers: by default on the host of its API."""
        return self.remote_address or f"{host_of(self.url or '')}:{REMOTE_CLUSTER_PORT}"


@dataclass(frozen=True, eq=False)
class Link:
    """One local cluster, one remote cluster and the alias between them.

    security_model: api_key, or certificate, with which nodes trust each other's certificates and users have their roles of the remote.
    roles: list of {name, names?, privileges?, field_security?, query?, allow_restricted_indices?, remote_cluster?}.
    settings: further ``cluster.remote.<alias>.*`` settings by their last part. Durations are texts such as 90d.
    ca: auto, public or private: who signed the certificate of the remote. ca_certificates: texts or paths of private CAs.
    ca_name: name of the trusted environment. account_trust: all or none, the trust in the own organization where it was never set.
    network: auto, always or never: whether a filter of the remote is to admit the local.
    verify_as: {username, password} of the user whose search proves the link.
    """

    local: str
    remote: str
    alias: str
    security_model: str
    mode: str
    skip_unavailable: bool
    restart: str
    adopt: bool
    allow_unsupported: bool
    orphan_after: str
    renew_before: str
    ca: str
    network: str
    allow_first_filter: bool
    allow_last_filter: bool
    access: dict = field(default_factory=dict)
    expiration: str | None = None
    proxy_address: str | None = None
    server_name: str | None = None
    seeds: tuple[str, ...] = ()
    ca_certificates: tuple[str, ...] = ()
    ca_password: str | None = field(default=None, repr=False)
    ca_name: str | None = None
    account_trust: str | None = None
    certificate_identity: str | None = None
    settings: dict = field(default_factory=dict)
    roles: tuple = ()
    verify_as: dict | None = field(default=None, repr=False)

    @property
    def id(self) -> str:
        """Unique among all links: a local cluster has an alias once."""
        return f"{self.local}/{self.alias}"

    def __str__(self) -> str:
        return f"{self.local} -> {self.remote}" + (f" (alias {self.alias})" if self.alias != self.remote else "")


@dataclass(frozen=True)
class Declaration:
    """Everything that is wanted, checked and complete. Platforms and clusters by name."""

    platforms: Mapping[str, Platform]
    clusters: Mapping[str, Cluster]
    links: tuple[Link, ...]
    state: str = PRESENT

    def platform_of(self, cluster_name: str) -> Platform:
        return self.platforms[self.clusters[cluster_name].platform]

    def self_managed(self, cluster_name: str) -> bool:
        return self.platform_of(cluster_name).type == SELF_MANAGED

    def used_clusters(self) -> list[Cluster]:
        """The clusters that take part in a link, each once."""
        names = dict.fromkeys(name for link in self.links for name in (link.local, link.remote))
        return [self.clusters[name] for name in names]


def declare(
    platforms: Iterable[Mapping[str, Any]],
    clusters: Iterable[Mapping[str, Any]],
    links: Iterable[Mapping[str, Any]],
    defaults: Mapping[str, Any] | None = None,
    state: str = PRESENT,
    nodes: Iterable[Mapping[str, Any]] = (),
) -> Declaration:
    """Check what a user wrote and complete it with defaults; raises InvalidDeclaration with all problems at once.

    The mappings have the fields of Platform, Cluster and Link; None and missing are alike. state: what is to become of the links.
    nodes: {cluster, keystore} of nodes of self-managed clusters; a cluster has the secure settings that all of its nodes have.
    """
    keystores = _common(nodes)
    built = Declaration(
        platforms={platform.name: platform for platform in map(_platform, platforms)},
        clusters={item["name"]: Cluster(**_given(item), keystore=keystores.get(item["name"])) for item in clusters},
        links=tuple(_link(item, defaults or {}) for item in links),
        state=state,
    )
    names = [*name_problems("platform", platforms), *name_problems("cluster", clusters)]
    found = [*names, *node_problems(nodes, built.clusters), *problems(built)]
    if found:
        raise InvalidDeclaration(found)
    return built


def _common(nodes: Iterable[Mapping[str, Any]]) -> dict[str, tuple[str, ...]]:
    """By cluster, the names that all of its nodes have."""
    names: dict[str, set[str]] = {}
    for node in nodes:
        names[node["cluster"]] = names.get(node["cluster"], set(node["keystore"])) & set(node["keystore"])
    return {cluster: tuple(sorted(common)) for cluster, common in names.items()}


def _given(item: Mapping[str, Any]) -> dict:
    """What is given, lists as tuples."""
    return {key: tuple(value) if isinstance(value, list) else value for key, value in item.items() if value is not None}


def _platform(item: Mapping[str, Any]) -> Platform:
    given = _given(item)
    given.setdefault("url", ECH_URL if given["type"] == ECH else "")
    return Platform(**given)


def _link(item: Mapping[str, Any], defaults: Mapping[str, Any]) -> Link:
    merged = {**LINK_DEFAULTS, **_given(defaults), **_given(item)}
    merged.setdefault("alias", merged["remote"])
    return Link(**merged)
