# SPDX-License-Identifier: GPL-3.0-or-later
"""What a user declares: platforms, clusters and the links between them, and what must be true of it before anything is read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from . import access, aliases, deployment, durations, remote, roles
from .addresses import is_address, url_problem
from .errors import InvalidDeclaration

ECH, ECE = "ech", "ece"
PLATFORM_TYPES = (ECH, ECE)
ECH_URL = "https://api.elastic-cloud.com"

LINK_DEFAULTS: dict[str, Any] = {
    "security_model": "api_key",
    "mode": "proxy",
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
    """A control plane: its API and the credentials for it. ca_path None means the public CAs."""

    name: str
    type: str
    url: str
    api_key: str | None = field(default=None, repr=False)
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    ca_path: str | None = None
    validate_certs: bool = True


@dataclass(frozen=True)
class Cluster:
    """A cluster of a platform and who calls its Elasticsearch. url and ca_path override what the platform says."""

    name: str
    platform: str
    deployment: str
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    api_key: str | None = field(default=None, repr=False)
    url: str | None = None
    ca_path: str | None = None
    validate_certs: bool | None = None


@dataclass(frozen=True, eq=False)
class Link:
    """One local cluster, one remote cluster and the alias between them.

    roles: list of {name, names?, privileges?, field_security?, query?, allow_restricted_indices?, remote_cluster?}.
    settings: further ``cluster.remote.<alias>.*`` settings by their last part. Durations are texts such as 90d.
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
    access: dict = field(default_factory=dict)
    expiration: str | None = None
    proxy_address: str | None = None
    server_name: str | None = None
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

    def used_clusters(self) -> list[Cluster]:
        """The clusters that take part in a link, each once."""
        names = dict.fromkeys(name for link in self.links for name in (link.local, link.remote))
        return [self.clusters[name] for name in names]


def declare(
    platforms: Iterable[Mapping[str, Any]],
    clusters: Iterable[Mapping[str, Any]],
    links: Iterable[Mapping[str, Any]],
    defaults: Mapping[str, Any] | None = None,
) -> Declaration:
    """Check what a user wrote and complete it with defaults; raises InvalidDeclaration with all problems at once.

    The mappings have the fields of Platform, Cluster and Link; None and missing are alike.
    """
    built = Declaration(
        platforms={platform.name: platform for platform in map(_platform, platforms)},
        clusters={item["name"]: Cluster(**_given(item)) for item in clusters},
        links=tuple(_link(item, defaults or {}) for item in links),
    )
    problems = [*_name_problems("platform", platforms), *_name_problems("cluster", clusters), *_problems(built)]
    if problems:
        raise InvalidDeclaration(problems)
    return built


def _given(item: Mapping[str, Any]) -> dict:
    return {key: value for key, value in item.items() if value is not None}


def _platform(item: Mapping[str, Any]) -> Platform:
    given = _given(item)
    given.setdefault("url", ECH_URL if given["type"] == ECH else "")
    return Platform(**given)


def _link(item: Mapping[str, Any], defaults: Mapping[str, Any]) -> Link:
    merged = {**LINK_DEFAULTS, **_given(defaults), **_given(item)}
    merged.setdefault("alias", merged["remote"])
    merged["roles"] = tuple(merged.get("roles") or ())
    return Link(**merged)


def _name_problems(kind: str, items: Iterable[Mapping[str, Any]]) -> list[str]:
    names = [item["name"] for item in items]
    found = [f"{kind} {name!r} is declared more than once" for name in dict.fromkeys(names) if names.count(name) > 1]
    return found + [f"a {kind} has an empty name" for name in names if not name.strip()]


def _problems(declaration: Declaration) -> list[str]:
    found = [f"platform {platform.name!r}: {text}" for platform in declaration.platforms.values() for text in _platform_problems(platform)]
    found += [
        f"cluster {cluster.name!r}: {text}" for cluster in declaration.clusters.values() for text in _cluster_problems(cluster, declaration)
    ]
    ids = [link.id for link in declaration.links]
    for link in declaration.links:
        found += [f"link {link}: {text}" for text in _link_problems(link, declaration)]
    found += [
        f"link {name}: the alias is declared more than once on this local cluster" for name in dict.fromkeys(ids) if ids.count(name) > 1
    ]
    return found


def _platform_problems(platform: Platform) -> list[str]:
    found = []
    if platform.type == ECE and not platform.url:
        found.append("url is missing: give the address of the ECE coordinator, for example https://coordinator.example.com:12443")
    else:
        found += [text for text in [url_problem(platform.url)] if text]
    if platform.type == ECH and not platform.api_key:
        found.append("api_key is missing: Elastic Cloud Hosted takes API keys only")
    if platform.type == ECE and not platform.api_key and not (platform.username and platform.password):
        found.append("credentials are missing: give api_key, or username and password")
    return found


def _cluster_problems(cluster: Cluster, declaration: Declaration) -> list[str]:
    found = []
    if cluster.platform not in declaration.platforms:
        found.append(f"platform {cluster.platform!r} is not declared")
    found += [text for text in [deployment.problem(cluster.deployment), url_problem(cluster.url) if cluster.url else ""] if text]
    if not cluster.api_key and not (cluster.username and cluster.password):
        found.append("username and password of an Elasticsearch user are missing: a Cloud API key gives no access to Elasticsearch")
    return found


def _link_problems(link: Link, declaration: Declaration) -> list[str]:
    found = [
        f"{side} cluster {name!r} is not declared (in a sliced job each slice must see the whole registry: keep it in variables of all)"
        for side, name in (("local", link.local), ("remote", link.remote))
        if name not in declaration.clusters
    ]
    if link.local == link.remote:
        found.append("local and remote are the same cluster")
    if link.remote in declaration.clusters and declaration.clusters[link.remote].api_key:
        found.append(f"cluster {link.remote!r} has an api_key, but only a user can make cross-cluster API keys: give username and password")
    found += [text for text in [aliases.problem(link.alias)] if text]
    found += access.problems(link.access)
    if link.mode != "proxy":
        found.append(f"mode {link.mode} cannot reach a deployment of Elastic Cloud: use proxy")
    found += remote.further_problems(link.mode, link.settings)
    if link.proxy_address and not is_address(link.proxy_address):
        found.append(f"proxy_address {link.proxy_address!r} is not host:port")
    found += remote.server_name_problems(link.server_name)
    found += [text for role in link.roles for text in [roles.name_problem(role["name"])] if text]
    found += [f"role {role['name']!r} {text}" for role in link.roles for text in access.filter_problems(role)]
    return found + _duration_problems(link)


def _duration_problems(link: Link) -> list[str]:
    found, values = [], {}
    for option in ("expiration", "renew_before", "orphan_after"):
        text = getattr(link, option)
        if text is None:
            continue
        try:
            values[option] = durations.milliseconds(text)
        except ValueError as error:
            found.append(f"{option} {error}")
    if not found and link.expiration and values["renew_before"] >= values["expiration"]:
        found.append(
            f"renew_before {link.renew_before} is not shorter than expiration {link.expiration}: the key would be renewed in every run"
        )
    return found
