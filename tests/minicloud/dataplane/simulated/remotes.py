# SPDX-License-Identifier: GPL-3.0-or-later
"""``_remote/info`` and ``_resolve/cluster``: what a node believes of its remote clusters, and what is true of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from minicloud.dataplane.simulated import versions
from minicloud.dataplane.simulated.call import Answer, Call
from minicloud.dataplane.simulated.cluster import Cluster
from minicloud.dataplane.simulated.documents import allowed_indices
from minicloud.dataplane.simulated.errors import ElasticsearchError
from minicloud.dataplane.simulated.links import INDEX_PRIVILEGES, RESOLVE, Grant, Invalidated, Link, applicable
from minicloud.dataplane.simulated.patterns import covers, is_pattern
from minicloud.dataplane.simulated.settings import mode_of
from minicloud.dataplane.simulated.subjects import Subject

_LOCAL = "(local)"


async def info(call: Call) -> Answer:
    call.subject.may("cluster:monitor/remote/info")
    return Answer({alias: _shown(call, alias) for alias in call.node.connections})


async def resolve(call: Call) -> Answer:
    expression = call.parameters.get("expression")
    by_alias = split(call, expression or "*:*", RESOLVE)
    return Answer({alias: _resolved(call, alias, names, expression is not None) for alias, names in by_alias.items()})


def split(call: Call, expression: str, action: str) -> dict[str, list[str]]:
    """The indices of an expression by alias; those of the cluster itself under "(local)". Raises ElasticsearchError."""
    found: dict[str, list[str]] = {}
    for part in expression.split(","):
        alias, colon, name = part.partition(":")
        if not colon:
            found.setdefault(_LOCAL, []).append(alias)
            continue
        aliases = [known for known in call.node.connections if covers([alias], known)]
        if not aliases and not is_pattern(alias):
            raise _no_such_remote(call, alias, action)
        for known in aliases:
            found.setdefault(known, []).append(name)
    return found


def link_of(call: Call, alias: str) -> Link:
    return Link(call.network, call.cluster, call.node, alias)


def _shown(call: Call, alias: str) -> dict[str, Any]:
    connection = call.node.connections[alias]
    settings = connection.settings
    if mode_of(settings) == "PROXY":
        kind = {
            "mode": "proxy",
            "proxy_address": settings["proxy_address"],
            "server_name": settings.get("server_name", ""),
            "num_proxy_sockets_connected": connection.sockets,
            "max_proxy_socket_connections": connection.maximum,
        }
    else:
        most = int(settings.get("node_connections", 3))
        kind = {
            "mode": "sniff",
            "seeds": settings["seeds"],
            "num_nodes_connected": int(connection.is_open),
            "max_connections_per_cluster": most,
        }
    credentials = {"cluster_credentials": "::es_redacted::"} if call.node.credential(alias) is not None else {}
    return {
        "connected": connection.is_open,
        **kind,
        "initial_connect_timeout": "30s",
        "skip_unavailable": connection.skip_unavailable,
        **credentials,
    }


def reached(link: Link, subject: Subject, action: str, names: Sequence[str], ignore_unavailable: bool) -> tuple[Cluster, list[str]]:
    """The remote cluster, and its indices that the names stand for: as far as the key allows it or, between nodes that trust each
    other, the roles of the same names there. Raises ElasticsearchError.
    """
    of_subject = [] if link.uses_certificates else applicable(subject, link.alias, action)
    remote, key = link.send(action)
    if key is None:
        definitions = {name: remote.roles[name] for name in subject.roles if name in remote.roles}
        there = replace(subject, definitions=definitions)
        return remote, allowed_indices(remote, there, action, names, ignore_unavailable)
    return remote, Grant(subject, key, action, of_subject).indices(remote, names, ignore_unavailable)


def _resolved(call: Call, alias: str, names: Sequence[str], tells_indices: bool) -> dict[str, Any]:
    if alias == _LOCAL:
        return _resolved_here(call, names)
    link = link_of(call, alias)
    known = {"skip_unavailable": link.connection.skip_unavailable}
    if not link.connection.is_open and call.cluster.version < versions.RESOLVE_WAITS_FOR_CONNECTION:
        link.try_open()
        return {"connected": False, **known}
    try:
        remote, indices = reached(link, call.subject, RESOLVE, names, ignore_unavailable=False)
    except ElasticsearchError as error:
        return _refused(call, error, known)
    matching = {"matching_indices": bool(indices)} if tells_indices else {}
    version = {"version": versions.described(remote.version)} if remote.version >= versions.RESOLVE_CLUSTER else {}
    return {"connected": True, **known, **matching, **version}


def _refused(call: Call, error: ElasticsearchError, known: dict[str, Any]) -> dict[str, Any]:
    """Failures to connect are told without a reason; a missing index says that all else is well."""
    if error.kind == "index_not_found_exception":
        return {"connected": True, **known, "error": error.reason}
    if error.kind != "security_exception":
        return {"connected": False, **known}
    connected = isinstance(error, Invalidated) and call.cluster.version < (8, 15, 0)
    return {"connected": connected, **known, "error": error.reason}


def _resolved_here(call: Call, names: Sequence[str]) -> dict[str, Any]:
    known = {"connected": True, "skip_unavailable": False}
    try:
        indices = allowed_indices(call.cluster, call.subject, RESOLVE, names)
    except ElasticsearchError as error:
        if error.status == 403:
            raise
        return {**known, "error": error.reason}
    return {**known, "matching_indices": bool(indices), "version": versions.described(call.cluster.version)}


def _no_such_remote(call: Call, alias: str, action: str) -> ElasticsearchError:
    cause = {"type": "no_such_remote_cluster_exception", "reason": f"no such remote cluster: [{alias}]"}
    reason = (
        f"action [{action}] is unauthorized for user [{call.subject.username}] with effective roles [{','.join(call.subject.roles)}], "
        f"this action is granted by the index privileges [{','.join(INDEX_PRIVILEGES[action])}]"
    )
    return ElasticsearchError(403, "security_exception", reason, caused_by=cause, root=cause)
