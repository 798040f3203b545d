# SPDX-License-Identifier: GPL-3.0-or-later
"""The route table of a simulated node, as data, and the way from a request to its answer."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from minicloud.dataplane.simulated import administration, api_keys, documents, nodes, remotes, replication, roles, search, versions
from minicloud.dataplane.simulated.call import Answer, Call
from minicloud.dataplane.simulated.cluster import Cluster, Node
from minicloud.dataplane.simulated.errors import ElasticsearchError
from minicloud.dataplane.simulated.network import Network
from minicloud.dataplane.simulated.subjects import authenticate
from minicloud.dataplane.simulated.versions import Version

Handler = Callable[[Call], Awaitable[Answer]]
_ALWAYS: Version = (0, 0, 0)


@dataclass(frozen=True)
class Route:
    """`since` is the first version that has it."""

    method: str
    path: str
    handler: Handler
    since: Version = _ALWAYS

    @property
    def pattern(self) -> re.Pattern[str]:
        return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", self.path) + "/?")


ROUTES = (
    Route("GET", "/", administration.root),
    Route("HEAD", "/", administration.root),
    Route("GET", "/_license", administration.licence),
    Route("GET", "/_cluster/health", administration.health),
    Route("GET", "/_cluster/settings", administration.get_settings),
    Route("PUT", "/_cluster/settings", administration.put_settings),
    Route("GET", "/_nodes", nodes.info),
    Route("GET", "/_nodes/http", nodes.http),
    Route("GET", "/_nodes/{node}/http", nodes.http),
    Route("GET", "/_nodes/settings", nodes.file_settings),
    Route("GET", "/_nodes/{node}/settings", nodes.file_settings),
    Route("GET", "/_nodes/{node}/jvm", nodes.jvm),
    Route("POST", "/_nodes/reload_secure_settings", nodes.reload_secure_settings),
    Route("POST", "/_nodes/{node}/reload_secure_settings", nodes.reload_secure_settings),
    Route("GET", "/_remote/info", remotes.info),
    Route("GET", "/_resolve/cluster", remotes.resolve, versions.RESOLVE_WITHOUT_EXPRESSION),
    Route("GET", "/_resolve/cluster/{expression}", remotes.resolve, versions.RESOLVE_CLUSTER),
    Route("GET", "/_security/_authenticate", administration.authenticate),
    Route("POST", "/_security/user/_has_privileges", administration.has_privileges),
    Route("POST", "/_security/cross_cluster/api_key", api_keys.create_cross_cluster, versions.CROSS_CLUSTER_KEYS),
    Route("PUT", "/_security/cross_cluster/api_key/{id}", api_keys.update_cross_cluster, versions.CROSS_CLUSTER_KEYS),
    Route("POST", "/_security/api_key", api_keys.create_rest),
    Route("GET", "/_security/api_key", api_keys.get),
    Route("DELETE", "/_security/api_key", api_keys.invalidate),
    Route("POST", "/_security/_query/api_key", api_keys.query),
    Route("GET", "/_security/role", roles.get_role),
    Route("GET", "/_security/role/{name}", roles.get_role),
    Route("PUT", "/_security/role/{name}", roles.put_role),
    Route("DELETE", "/_security/role/{name}", roles.delete_role),
    Route("GET", "/_security/user/{name}", roles.get_user),
    Route("PUT", "/_security/user/{name}", roles.put_user),
    Route("DELETE", "/_security/user/{name}", roles.delete_user),
    Route("GET", "/_ccr/auto_follow", replication.auto_follow_patterns),
    Route("GET", "/_ccr/auto_follow/{name}", replication.auto_follow_patterns),
    Route("PUT", "/_ccr/auto_follow/{name}", replication.put_auto_follow_pattern),
    Route("DELETE", "/_ccr/auto_follow/{name}", replication.delete_auto_follow_pattern),
    Route("GET", "/{index}/_ccr/info", replication.info),
    Route("PUT", "/{index}/_ccr/follow", replication.follow),
    Route("POST", "/{index}/_ccr/pause_follow", replication.pause),
    Route("POST", "/{index}/_ccr/unfollow", replication.unfollow),
    Route("GET", "/_search", search.search),
    Route("POST", "/_search", search.search),
    Route("GET", "/{index}/_search", search.search),
    Route("POST", "/{index}/_search", search.search),
    Route("POST", "/{index}/_doc", documents.index_document),
    Route("PUT", "/{index}/_doc/{id}", documents.index_document),
    Route("GET", "/{index}/_doc/{id}", documents.get_document),
    Route("DELETE", "/{index}/_doc/{id}", documents.delete_document),
)
_COMPILED = tuple((route, route.pattern) for route in ROUTES)


@dataclass(frozen=True)
class Request:
    """A request as it arrives at a node; `path` is not decoded."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    content: bytes


async def answer(network: Network, cluster: Cluster, node: Node, request: Request) -> Answer:
    """What the node answers, refusals included."""
    try:
        subject = authenticate(cluster, request.headers, request.path)
        known = [(route, pattern.fullmatch(request.path)) for route, pattern in _COMPILED if route.since <= cluster.version]
        matching = [(route, found) for route, found in known if found]
        for route, found in matching:
            if route.method == request.method:
                parameters = {name: unquote(value) for name, value in found.groupdict().items()}
                return await route.handler(Call(network, cluster, node, subject, request.content, parameters, request.query))
    except ElasticsearchError as error:
        return Answer(error.body, error.status)
    return _unknown(request, sorted({route.method for route, _found in matching}))


def _unknown(request: Request, allowed: list[str]) -> Answer:
    if allowed:
        reason = f"Incorrect HTTP method for uri [{request.path}] and method [{request.method}], allowed: [{', '.join(allowed)}]"
        return Answer({"error": reason, "status": 405}, 405)
    return Answer({"error": f"no handler found for uri [{request.path}] and method [{request.method}]"}, 400)
