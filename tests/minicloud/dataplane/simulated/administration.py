# SPDX-License-Identifier: GPL-3.0-or-later
"""What a cluster says of itself, and its settings."""

from __future__ import annotations

import asyncio
import re
import time
from typing import Any

from minicloud.dataplane.simulated import settings, versions
from minicloud.dataplane.simulated.call import Answer, Call
from minicloud.dataplane.simulated.errors import argument, invalid, parsing
from minicloud.dataplane.simulated.links import rebuild
from minicloud.dataplane.simulated.roles import CLUSTER_PRIVILEGES, unknown_privilege
from minicloud.dataplane.simulated.subjects import described

_STATUSES = ("green", "yellow", "red")
_UNITS = {"ms": 0.001, "s": 1, "m": 60}
_POLL_SECONDS = 0.02


async def root(call: Call) -> Answer:
    call.subject.may("cluster:monitor/main")
    version = {
        **versions.described(call.cluster.version),
        "build_type": "docker",
        "build_hash": "0" * 40,
        "build_date": "2026-01-01T00:00:00.000000000Z",
        "build_snapshot": False,
        "lucene_version": "9.12.2",
    }
    return Answer(
        {
            "name": call.node.name,
            "cluster_name": call.cluster.deployment.cluster_name,
            "cluster_uuid": call.cluster.uuid,
            "version": version,
            "tagline": "You Know, for Search",
        }
    )


async def licence(call: Call) -> Answer:
    call.subject.may("cluster:monitor/xpack/license/get")
    cluster = call.cluster
    expires = {"expiry_date": "2099-01-01T00:00:00.000Z", "expiry_date_in_millis": 4070908800000}
    shown = {
        "status": "active",
        "uid": cluster.licence_uid,
        "type": cluster.deployment.licence,
        "issue_date": "2026-01-01T00:00:00.000Z",
        "issue_date_in_millis": cluster.started,
        **({} if cluster.deployment.licence == "basic" else expires),
        "max_nodes": 1000,
        "max_resource_units": None,
        "issued_to": cluster.deployment.cluster_name,
        "issuer": "elasticsearch",
        "start_date_in_millis": -1,
    }
    return Answer({"license": shown})


async def authenticate(call: Call) -> Answer:
    call.subject.may("cluster:admin/xpack/security/user/authenticate")
    return Answer(described(call.subject))


async def has_privileges(call: Call) -> Answer:
    body = call.body("request body or source parameter is required")
    if not {"cluster", "index", "application"}.intersection(body):
        raise parsing(
            f"failed to parse privileges check [{call.subject.username}/has_privileges]. "
            "All privilege fields [cluster,index,applications] are missing"
        )
    wanted = body.get("cluster", [])
    if unknown := [name for name in wanted if name not in CLUSTER_PRIVILEGES and ":" not in name]:
        raise argument(unknown_privilege(unknown[0]))
    call.subject.may("cluster:admin/xpack/security/user/has_privileges")
    granted = {name: call.subject.has(name) for name in wanted}
    return Answer(
        {
            "username": call.subject.username,
            "has_all_requested": all(granted.values()),
            "cluster": granted,
            "index": {},
            "application": {},
        }
    )


async def health(call: Call) -> Answer:
    """The health, as soon as it is what the caller waits for, or in the end with 408."""
    call.subject.may("cluster:monitor/health")
    deadline = time.monotonic() + _seconds(call.query.get("timeout", "30s"))
    while not (reached := _is_awaited(call)) and time.monotonic() < deadline:
        await asyncio.sleep(_POLL_SECONDS)
    return Answer({**_health(call), "timed_out": not reached}, 200 if reached else 408)


def _is_awaited(call: Call) -> bool:
    status, nodes = call.query.get("wait_for_status", "red"), call.query.get("wait_for_nodes", "0").removeprefix(">=")
    running = sum(node.is_up for node in call.cluster.nodes)
    enough = running >= int(nodes) if call.query.get("wait_for_nodes", ">=").startswith(">=") else running == int(nodes)
    return enough and _STATUSES.index(call.cluster.status) <= _STATUSES.index(status)


def _seconds(text: str) -> float:
    """A time value of Elasticsearch."""
    found = re.fullmatch(r"(\d+)(ms|s|m)", text)
    if found is None:
        raise argument(f"failed to parse setting [timeout] with value [{text}] as a time value: unit is missing or unrecognized")
    return int(found.group(1)) * _UNITS[found.group(2)]


def _health(call: Call) -> dict[str, Any]:
    nodes = sum(node.is_up for node in call.cluster.nodes)
    shards = len(call.cluster.indices)
    idle = (
        "relocating_shards",
        "initializing_shards",
        "unassigned_shards",
        "unassigned_primary_shards",
        "delayed_unassigned_shards",
        "number_of_pending_tasks",
        "number_of_in_flight_fetch",
        "task_max_waiting_in_queue_millis",
    )
    return {
        "cluster_name": call.cluster.deployment.cluster_name,
        "status": call.cluster.status,
        "timed_out": False,
        "number_of_nodes": nodes,
        "number_of_data_nodes": nodes,
        "active_primary_shards": shards,
        "active_shards": shards,
        **dict.fromkeys(idle, 0),
        "active_shards_percent_as_number": 100.0,
    }


async def get_settings(call: Call) -> Answer:
    call.subject.may("cluster:monitor/settings")
    flat = call.flag("flat_settings")
    return Answer({section: settings.shown(dict(sorted(values.items())), flat) for section, values in call.cluster.settings.items()})


async def put_settings(call: Call) -> Answer:
    body = call.body()
    changes = {section: settings.flattened(body.get(section) or {}) for section in ("persistent", "transient")}
    if not any(changes.values()):
        raise invalid(["no settings to update"])
    call.subject.may("cluster:admin/settings/update")
    after = {section: settings.applied(section, call.cluster.settings[section], changed) for section, changed in changes.items()}
    call.cluster.settings = after
    rebuild(call.network, call.cluster)
    flat = call.flag("flat_settings")
    given = {section: {name: value for name, value in changed.items() if value is not None} for section, changed in changes.items()}
    return Answer({"acknowledged": True, **{section: settings.shown(values, flat) for section, values in given.items()}})
