# SPDX-License-Identifier: GPL-3.0-or-later
"""Links: opening connections to remote clusters, sending requests over them, and what the remote side makes of them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from minicloud.dataplane.simulated import versions
from minicloud.dataplane.simulated.cluster import ApiKey, Cluster, Connection, Node
from minicloud.dataplane.simulated.errors import ElasticsearchError, index_missing, unauthenticated, unauthorized, unlicensed
from minicloud.dataplane.simulated.network import Network
from minicloud.dataplane.simulated.patterns import covers, grants, is_pattern, is_restricted
from minicloud.dataplane.simulated.settings import REBUILDING, is_enabled, mode_of
from minicloud.dataplane.simulated.subjects import Subject, invalidity, split_key, wrong_type

HANDSHAKE = "cluster:internal/remote_cluster/handshake"
RESOLVE = "indices:admin/resolve/cluster"
SEARCH = "indices:data/read/search"
INDEX_PRIVILEGES: Mapping[str, Sequence[str]] = {
    RESOLVE: ("view_index_metadata", "manage", "read", "read_cross_cluster", "all"),
    SEARCH: ("read", "all"),
}
_SECRET_LENGTH = 22


@dataclass(frozen=True)
class Link:
    """An alias on one node of the local cluster."""

    network: Network
    cluster: Cluster
    node: Node
    alias: str

    @property
    def connection(self) -> Connection:
        return self.node.connections[self.alias]

    @property
    def uses_certificates(self) -> bool:
        """Whether nodes trust each other, instead of a key."""
        return self.node.credential(self.alias) is None

    def open(self) -> Cluster:
        """Open the connection; returns the remote cluster. Raises ElasticsearchError and leaves the connection closed."""
        connection = self.connection
        connection.sockets = 0
        remote = self._dial()
        if not self.uses_certificates:
            accept(remote, self.node.credential(self.alias), HANDSHAKE)
        connection.sockets = connection.maximum
        return remote

    def try_open(self) -> None:
        """Open the connection, or write to the log why not."""
        try:
            self.open()
        except ElasticsearchError as error:
            is_proxy = mode_of(self.connection.settings) == "PROXY"
            proxied = f"failed to open any proxy connections to cluster [{self.alias}]"
            what = proxied if is_proxy else f"fetching nodes from external cluster [{self.alias}] failed"
            self.cluster.log(self.node, f"{what} {error.cause}")

    def send(self, action: str) -> tuple[Cluster, ApiKey | None]:
        """Send a request, over a new connection where none is open: the remote cluster and the key, if one is used.

        Raises ElasticsearchError.
        """
        if not self.uses_certificates and not self.cluster.is_licensed:
            raise unlicensed()
        if not self.connection.is_open:
            self.open()
        # An open connection keeps working when only new ones would be refused: neither filter nor certificate is looked at again.
        remote = self._remote_of_open()
        if self.uses_certificates:
            return remote, None
        try:
            return remote, accept(
                remote, self.node.credential(self.alias), action, first=self.connection.sockets == self.connection.maximum
            )
        except Invalidated:
            # The remote closes the connection over which a key came that is no longer valid.
            self.connection.sockets -= 1
            raise

    def _remote_of_open(self) -> Cluster:
        try:
            return self._dial(is_new=False)
        except ElasticsearchError:
            self.connection.sockets = 0
            raise

    def _dial(self, is_new: bool = True) -> Cluster:
        settings = self.connection.settings
        trusted = None if self.uses_certificates else self.cluster.trusted_by(self.node)
        dial = partial(self.network.dial, trusted=trusted, local=self.cluster, is_new=is_new, verification=self.node.verification)
        if mode_of(settings) == "PROXY":
            return dial(self.alias, settings["proxy_address"], settings.get("server_name", ""))
        # The addresses that nodes behind a platform's proxies publish cannot be reached from elsewhere.
        for seed in filter(self.network.is_node, settings["seeds"]):
            with contextlib.suppress(ElasticsearchError):
                return dial(self.alias, seed, "")
        raise ElasticsearchError(500, "no_seed_node_left_exception", f"no seed node left for cluster: [{self.alias}]")


class Invalidated(ElasticsearchError):
    """The key was revoked or has expired."""


def rebuild(network: Network, cluster: Cluster) -> None:
    """Bring the connections of all nodes in line with the settings, as nodes do when settings change."""
    wanted = {alias: settings for alias, settings in cluster.remote_settings().items() if is_enabled(settings)}
    for node in cluster.nodes:
        for alias in set(node.connections) - set(wanted):
            del node.connections[alias]
        for alias, settings in wanted.items():
            _update(Link(network, cluster, node, alias), settings)


def _update(link: Link, settings: Mapping[str, Any]) -> None:
    previous = link.node.connections.get(link.alias)
    before = previous.settings if previous else {}
    skip = previous.skip_unavailable if previous else _default_skip(link.cluster)
    rebuilds = any(before.get(name) != settings.get(name) for name in REBUILDING)
    if rebuilds:
        skip = _default_skip(link.cluster)
    if before.get("skip_unavailable") != settings.get("skip_unavailable"):
        skip = _skip(link.cluster, settings)
    connection = Connection(dict(settings), skip, previous.sockets if previous and not rebuilds else 0)
    link.node.connections[link.alias] = connection
    if rebuilds:
        link.try_open()


def load_credentials(network: Network, cluster: Cluster, node: Node) -> None:
    """Let a running node take over what its keystore holds. Connections whose credential came or went are made anew."""
    before, node.loaded = node.loaded, dict(node.stored)
    for alias, connection in node.connections.items():
        setting = f"cluster.remote.{alias}.credentials"
        if (setting in before) != (setting in node.loaded):
            connection.skip_unavailable = _skip(cluster, connection.settings)
            Link(network, cluster, node, alias).try_open()


def _skip(cluster: Cluster, settings: Mapping[str, Any]) -> bool:
    return settings["skip_unavailable"] == "true" if "skip_unavailable" in settings else _default_skip(cluster)


def _default_skip(cluster: Cluster) -> bool:
    return cluster.version >= versions.SKIP_UNAVAILABLE_DEFAULT


def accept(remote: Cluster, credential: str | None, action: str, first: bool = False) -> ApiKey:
    """The key that a credential stands for. Raises ElasticsearchError with the remote cluster's refusal."""
    if not remote.is_licensed:
        raise unlicensed()
    key_id, secret = split_key(credential or "")
    if not key_id or len(secret) != _SECRET_LENGTH:
        raise _damaged("invalid cross-cluster API key value" if key_id else "invalid ApiKey value")
    key = remote.keys.get(key_id)
    if key is None:
        raise _unknown(key_id)
    refused = f"unable to authenticate user [{key_id}] for action [{action}]"
    if key.secret != secret:
        raise unauthenticated(refused, f"API key: invalid credentials for API key [{key_id}]")
    if key.type != "cross_cluster":
        raise unauthenticated(wrong_type("cross_cluster", key))
    if not key.is_valid:
        error = unauthenticated(invalidity(key)) if first else unauthenticated(refused, f"API key: {invalidity(key)}")
        raise Invalidated(error.status, error.kind, error.reason, fields=error.fields)
    return key


def _damaged(reason: str) -> ElasticsearchError:
    outer = "cross cluster access header [_cross_cluster_access_credentials] value must be a valid API key credential"
    inner = {"type": "illegal_argument_exception", "reason": reason}
    cause = {"type": "illegal_argument_exception", "reason": outer, "caused_by": inner}
    return unauthenticated("error attempting to authenticate request", caused_by=cause)


def _unknown(key_id: str) -> ElasticsearchError:
    header = {"WWW-Authenticate": 'Basic realm="security", charset="UTF-8"'}
    return ElasticsearchError(401, "security_exception", f"unable to find apikey with id {key_id}", fields={"header": header})


def applicable(subject: Subject, alias: str, action: str) -> list[dict[str, Any]]:
    """The index privileges that the caller brings along to a remote cluster. Raises ElasticsearchError when there are none."""
    if subject.is_superuser:
        return [{"names": ["*"], "allow_restricted_indices": True, "privileges": ["all"]}]
    entries = [dict(entry) for entry in subject.entries("remote_indices") if covers(entry["clusters"], alias)]
    if not entries:
        raise unauthorized(
            f"action [{action}] towards remote cluster [{alias}] is unauthorized for user [{subject.username}] with effective roles "
            f"[{','.join(subject.roles)}] because no remote indices privileges apply for the target cluster"
        )
    return entries


@dataclass(frozen=True)
class Grant:
    """What caller and key together may do on the remote cluster: both lists must cover an index."""

    subject: Subject
    key: ApiKey
    action: str
    of_subject: Sequence[Mapping[str, Any]]

    def indices(self, remote: Cluster, names: Iterable[str], ignore_unavailable: bool) -> list[str]:
        """The existing indices that the names stand for. Raises ElasticsearchError for forbidden or missing ones."""
        found: list[str] = []
        wanted = list(names)
        if not self._lists()[0] and (ignore_unavailable or all(map(is_pattern, wanted))):
            raise self._refusal("")
        for name in wanted:
            if is_pattern(name):
                found += [index for index in remote.indices if covers([name], index) and self.covers(index)]
            elif not self.covers(name):
                if not ignore_unavailable:
                    raise self._refusal(f" on {'restricted ' if is_restricted(name) else ''}indices [{name}]")
            elif name in remote.indices:
                found.append(name)
            elif not ignore_unavailable:
                raise index_missing(name)
        return list(dict.fromkeys(found))

    def covers(self, index: str) -> bool:
        return all(grants(entries, index) for entries in self._lists())

    def _lists(self) -> tuple[list[Mapping[str, Any]], list[Mapping[str, Any]]]:
        granting = INDEX_PRIVILEGES[self.action]
        of_subject = [entry for entry in self.of_subject if not set(granting).isdisjoint(entry["privileges"])]
        return (self.key.access or {}).get("search", []), of_subject

    def _refusal(self, where: str) -> ElasticsearchError:
        return unauthorized(
            f"action [{self.action}] towards remote cluster is unauthorized for user [{self.subject.username}] with assigned roles "
            f"[{','.join(self.subject.roles)}] authenticated by API key id [{self.key.id}] of user [{self.key.owner}]{where}, "
            f"this action is granted by the index privileges [{','.join(INDEX_PRIVILEGES[self.action])}]"
        )
