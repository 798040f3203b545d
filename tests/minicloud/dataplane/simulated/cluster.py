# SPDX-License-Identifier: GPL-3.0-or-later
"""The state of a simulated cluster, as plain data that the handlers share."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from minicloud.admission import Filter
from minicloud.dataplane.simulated import versions
from minicloud.dataplane.simulated.configuration import Server, trusted_now
from minicloud.transport import TransportTrust
from minicloud.world import ClusterSpec

SOCKETS = 18
_LICENSED = ("trial", "enterprise")


@dataclass
class Connection:
    """What a node has of an alias: `settings` (without prefix) as they were when it was made, and how many sockets are open.

    `skip_unavailable` is the node's own notion: a rebuilt connection falls back to the default until the setting itself changes.
    """

    settings: dict[str, Any]
    skip_unavailable: bool
    sockets: int = 0

    @property
    def is_open(self) -> bool:
        return self.sockets > 0

    @property
    def maximum(self) -> int:
        return int(self.settings.get("proxy_socket_connections", SOCKETS))


@dataclass
class Node:
    """`stored` is the keystore on disk, `loaded` what the running node knows of it; `connections` are by alias.

    Of a self-managed node `folder` holds its configuration, from which it takes its `settings`, `server`, its remote cluster server, what
    its client trusts (`trusted`, PEM) and how it checks certificates (`verification`). It is `recovered` when its shards are back, and has
    run since it was `started` (seconds since 1970).
    """

    name: str
    id: str
    stored: dict[str, str] = field(default_factory=dict)
    loaded: dict[str, str] = field(default_factory=dict)
    connections: dict[str, Connection] = field(default_factory=dict)
    is_up: bool = True
    started: float = field(default_factory=time.time)
    recovered: float = 0.0
    folder: Path | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    address: str = ""
    server: Server | None = None
    trusted: frozenset[str] | None = None
    verification: str = "full"

    @property
    def has_recovered(self) -> bool:
        return self.is_up and time.monotonic() >= self.recovered

    def credential(self, alias: str) -> str | None:
        return self.loaded.get(f"cluster.remote.{alias}.credentials")


@dataclass
class ApiKey:
    """Times are epoch milliseconds. Searches find the key from `visible` on; `access` is None for REST keys."""

    id: str
    name: str
    secret: str
    type: str
    creation: int
    visible: int
    owner: str
    realm: str
    realm_type: str
    metadata: dict[str, Any]
    access: dict[str, Any] | None
    expiration: int | None = None
    invalidation: int | None = None
    certificate_identity: str | None = None

    @property
    def is_expired(self) -> bool:
        return self.expiration is not None and self.expiration <= now_ms()

    @property
    def is_valid(self) -> bool:
        return self.invalidation is None and not self.is_expired


@dataclass
class Index:
    """Documents by id; each is (version, sequence number, source)."""

    documents: dict[str, tuple[int, int, dict[str, Any]]] = field(default_factory=dict)
    writes: int = 0


@dataclass
class Follower:
    """What an index of the cluster follows through an alias."""

    alias: str
    leader: str
    is_paused: bool = False


@dataclass
class User:
    password: str = field(repr=False)
    roles: list[str]
    full_name: str | None = None
    email: str | None = None
    metadata: dict[str, Any] = field(default_factory=dict)
    enabled: bool = True


class Cluster:
    """One cluster; `settings` are flat, by "persistent" and "transient"; `trusted` are the CAs (PEM) of its remote cluster client;
    `filter` says who may connect to it, None = everybody; `transport` which nodes of others its nodes talk to with certificates.
    """

    def __init__(self, deployment: ClusterSpec, trusted: frozenset[str]) -> None:
        self.deployment = deployment
        self.version = versions.parse(deployment.version)
        self.uuid = secrets.token_urlsafe(16)
        self.licence_uid = secrets.token_hex(16)
        self.started = now_ms()
        self.nodes = [Node(name, secrets.token_urlsafe(16)) for name in deployment.node_names]
        self.settings: dict[str, dict[str, Any]] = {"persistent": {}, "transient": {}}
        self.indices: dict[str, Index] = {}
        self.followers: dict[str, Follower] = {}
        self.auto_follow_patterns: dict[str, dict[str, Any]] = {}
        self.roles: dict[str, dict[str, Any]] = {}
        self.users: dict[str, User] = {}
        self.keys: dict[str, ApiKey] = {}
        self.trusted = trusted
        self.filter: Filter | None = None
        self.transport = TransportTrust((), ())
        self.lines: list[str] = []

    @property
    def is_licensed(self) -> bool:
        """Whether the licence covers cross-cluster API keys."""
        return self.deployment.licence in _LICENSED

    def trusted_by(self, node: Node) -> frozenset[str]:
        """The CAs (PEM) of the remote cluster client of a node."""
        if node.trusted is None or node.folder is None:
            return self.trusted
        return trusted_now(node.folder, node.settings, node.loaded, node.trusted)

    @property
    def status(self) -> str:
        """The health."""
        if not any(node.is_up for node in self.nodes):
            return "red"
        return "green" if all(node.has_recovered for node in self.nodes) else "yellow"

    def log(self, node: Node, line: str) -> None:
        self.lines.append(f"[{time.strftime('%Y-%m-%dT%H:%M:%S')}][WARN ] [{node.name}] {line}")

    def remote_settings(self) -> dict[str, dict[str, Any]]:
        """The settings of all aliases in effect, by alias and without prefix."""
        found: dict[str, dict[str, Any]] = {}
        for key, value in {**self.settings["persistent"], **self.settings["transient"]}.items():
            if key.startswith("cluster.remote."):
                alias, _dot, name = key.removeprefix("cluster.remote.").partition(".")
                found.setdefault(alias, {})[name] = value
        return found

    def visible_keys(self) -> list[ApiKey]:
        return [key for key in self.keys.values() if key.visible <= now_ms()]


def now_ms() -> int:
    return int(time.time() * 1000)
