# SPDX-License-Identifier: GPL-3.0-or-later
"""Who follows indices through an alias: enough to see that a link is in use. Nothing is copied.

Written by the API's description and the server's source: the distribution that the real data plane runs has no replication to look at.
"""

from __future__ import annotations

from typing import Any

from minicloud.dataplane.simulated.call import Answer, Call
from minicloud.dataplane.simulated.cluster import Follower, Index
from minicloud.dataplane.simulated.errors import ElasticsearchError, argument, index_missing, invalid
from minicloud.dataplane.simulated.patterns import covers, is_pattern

_PATTERNS = "cluster:admin/xpack/ccr/auto_follow_pattern"
_FOLLOW = "cluster:admin/xpack/ccr/pause_follow"
_ACKNOWLEDGED = Answer({"acknowledged": True})
_PARAMETERS = {
    "max_read_request_operation_count": 5120,
    "max_write_request_operation_count": 5120,
    "max_outstanding_read_requests": 12,
    "max_outstanding_write_requests": 9,
    "max_read_request_size": "32mb",
    "max_write_request_size": "9223372036854775807b",
    "max_write_buffer_count": 2147483647,
    "max_write_buffer_size": "512mb",
    "max_retry_delay": "500ms",
    "read_poll_timeout": "1m",
}


async def auto_follow_patterns(call: Call) -> Answer:
    call.subject.may(f"{_PATTERNS}/get")
    patterns, name = call.cluster.auto_follow_patterns, call.parameters.get("name")
    if name is not None and name not in patterns:
        raise _no_pattern(name)
    return Answer({"patterns": [{"name": key, "pattern": pattern} for key, pattern in patterns.items() if name in (None, key)]})


async def put_auto_follow_pattern(call: Call) -> Answer:
    call.subject.may(f"{_PATTERNS}/put")
    body = call.body()
    alias = _remote_cluster(call, body)
    if not body.get("leader_index_patterns"):
        raise invalid(["[leader_index_patterns] is missing or empty"])
    call.cluster.auto_follow_patterns[call.parameters["name"]] = {
        "active": True,
        "remote_cluster": alias,
        "leader_index_patterns": list(body["leader_index_patterns"]),
        "leader_index_exclusion_patterns": list(body.get("leader_index_exclusion_patterns", [])),
        **{name: body[name] for name in ("follow_index_pattern",) if name in body},
        "max_outstanding_read_requests": body.get("max_outstanding_read_requests", _PARAMETERS["max_outstanding_read_requests"]),
    }
    return _ACKNOWLEDGED


async def delete_auto_follow_pattern(call: Call) -> Answer:
    call.subject.may(f"{_PATTERNS}/delete")
    if call.cluster.auto_follow_patterns.pop(call.parameters["name"], None) is None:
        raise _no_pattern(call.parameters["name"])
    return _ACKNOWLEDGED


async def follow(call: Call) -> Answer:
    call.subject.may(_FOLLOW)
    body = call.body()
    alias, name = _remote_cluster(call, body), call.parameters["index"]
    if not body.get("leader_index"):
        raise invalid(["leader_index is missing"])
    if name in call.cluster.indices:
        raise ElasticsearchError(400, "resource_already_exists_exception", f"index [{name}] already exists")
    call.cluster.indices[name] = Index()
    call.cluster.followers[name] = Follower(alias, body["leader_index"])
    return Answer({"follow_index_created": True, "follow_index_shards_acked": True, "index_following_started": True})


async def info(call: Call) -> Answer:
    call.subject.may("cluster:monitor/ccr/follow_info")
    wanted = ["*" if name == "_all" else name for name in call.parameters["index"].split(",")]
    for name in wanted:
        if not is_pattern(name) and name not in call.cluster.indices:
            raise index_missing(name)
    found = {name: follower for name, follower in call.cluster.followers.items() if covers(wanted, name)}
    return Answer({"follower_indices": [_described(name, follower) for name, follower in found.items()]})


async def pause(call: Call) -> Answer:
    follower = _follower(call)
    if follower.is_paused:
        raise argument(f"no shard follow tasks for [{call.parameters['index']}]")
    follower.is_paused = True
    return _ACKNOWLEDGED


async def unfollow(call: Call) -> Answer:
    """A real node also wants the index to be closed."""
    name = call.parameters["index"]
    if not _follower(call).is_paused:
        raise argument(f"cannot convert the follower index [{name}] to a non-follower, because it has not been paused")
    del call.cluster.followers[name]
    return _ACKNOWLEDGED


def _described(name: str, follower: Follower) -> dict[str, Any]:
    known = {"follower_index": name, "remote_cluster": follower.alias, "leader_index": follower.leader}
    return {**known, "status": "paused"} if follower.is_paused else {**known, "status": "active", "parameters": _PARAMETERS}


def _follower(call: Call) -> Follower:
    """The follower that the path names, for one who may change it. Raises ElasticsearchError."""
    call.subject.may(_FOLLOW)
    name = call.parameters["index"]
    if name not in call.cluster.indices:
        raise index_missing(name)
    if name not in call.cluster.followers:
        raise argument(f"index [{name}] is not a follower index")
    return call.cluster.followers[name]


def _remote_cluster(call: Call, body: dict[str, Any]) -> str:
    """The alias of a body. Raises ElasticsearchError when it is none of this cluster."""
    alias = body.get("remote_cluster")
    if not alias:
        raise invalid(["[remote_cluster] is missing"])
    if alias not in call.node.connections:
        raise ElasticsearchError(404, "no_such_remote_cluster_exception", f"no such remote cluster: [{alias}]")
    return str(alias)


def _no_pattern(name: str) -> ElasticsearchError:
    return ElasticsearchError(404, "resource_not_found_exception", f"auto-follow pattern [{name}] is missing")
