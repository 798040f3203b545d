# SPDX-License-Identifier: GPL-3.0-or-later
"""Roles and users of a cluster."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from minicloud.dataplane.simulated import versions
from minicloud.dataplane.simulated.call import Answer, Call
from minicloud.dataplane.simulated.cluster import User
from minicloud.dataplane.simulated.errors import ElasticsearchError, argument, invalid, parsing
from minicloud.dataplane.simulated.subjects import SUPERUSER

CLUSTER_PRIVILEGES = frozenset(
    {
        "all",
        "cross_cluster_replication",
        "cross_cluster_search",
        "grant_api_key",
        "manage",
        "manage_api_key",
        "manage_ccr",
        "manage_ilm",
        "manage_index_templates",
        "manage_own_api_key",
        "manage_security",
        "monitor",
        "monitor_enrich",
        "monitor_stats",
        "none",
        "read_ccr",
        "read_security",
        "transport_client",
    }
)
_INDEX_PRIVILEGES = frozenset(
    {
        "all",
        "auto_configure",
        "create",
        "create_doc",
        "create_index",
        "cross_cluster_replication",
        "cross_cluster_replication_internal",
        "delete",
        "delete_index",
        "index",
        "maintenance",
        "manage",
        "manage_follow_index",
        "manage_ilm",
        "manage_leader_index",
        "monitor",
        "none",
        "read",
        "read_cross_cluster",
        "view_index_metadata",
        "write",
    }
)
_FIELDS = ("cluster", "indices", "index", "applications", "run_as", "metadata", "remote_indices", "remote_cluster", "global", "description")
_LAST = "or a pattern over one of the available"
_SHORTEST_PASSWORD = 6
_SUPERUSER = {
    "cluster": ["all"],
    "indices": [{"names": ["*"], "privileges": ["all"], "allow_restricted_indices": False}],
    "applications": [{"application": "*", "privileges": ["*"], "resources": ["*"]}],
    "run_as": ["*"],
    "metadata": {"_reserved": True},
    "transient_metadata": {},
    "remote_indices": [{"names": ["*"], "privileges": ["all"], "allow_restricted_indices": False, "clusters": ["*"]}],
    "remote_cluster": [{"privileges": ["monitor_enrich", "monitor_stats"], "clusters": ["*"]}],
    "description": "Grants full access to cluster management and data indices.",
}


async def get_role(call: Call) -> Answer:
    call.subject.may("cluster:admin/xpack/security/role/get")
    known = {**call.cluster.roles, SUPERUSER: _SUPERUSER}
    wanted = call.parameters.get("name")
    found = known if wanted is None else {name: known[name] for name in wanted.split(",") if name in known}
    return Answer(found, 200 if found else 404)


async def put_role(call: Call) -> Answer:
    name = call.parameters["name"]
    role = _role(name, call.body(), call.cluster.version)
    if problems := _privilege_problems(name, role):
        raise invalid(problems)
    call.subject.may("cluster:admin/xpack/security/role/put")
    created = name not in call.cluster.roles
    call.cluster.roles[name] = role
    return Answer({"role": {"created": created}})


async def delete_role(call: Call) -> Answer:
    call.subject.may("cluster:admin/xpack/security/role/delete")
    name = call.parameters["name"]
    if name == SUPERUSER:
        raise argument(f"role [{name}] is reserved and cannot be deleted")
    found = call.cluster.roles.pop(name, None) is not None
    return Answer({"found": found}, 200 if found else 404)


async def get_user(call: Call) -> Answer:
    call.subject.may("cluster:admin/xpack/security/user/get")
    name = call.parameters["name"]
    user = call.cluster.users.get(name)
    return Answer({name: _shown(name, user)} if user else {}, 200 if user else 404)


async def put_user(call: Call) -> Answer:
    name = call.parameters["name"]
    body = call.body()
    if "roles" not in body:
        raise invalid(["roles are missing"])
    present = call.cluster.users.get(name)
    password = body.get("password", present.password if present else None)
    if password is None:
        raise _unacceptable("password must be specified unless you are updating an existing user")
    if len(password) < _SHORTEST_PASSWORD:
        raise _unacceptable(f"passwords must be at least [{_SHORTEST_PASSWORD}] characters long")
    call.subject.may("cluster:admin/xpack/security/user/put")
    call.cluster.users[name] = User(
        password, list(body["roles"]), body.get("full_name"), body.get("email"), body.get("metadata") or {}, body.get("enabled", True)
    )
    return Answer({"created": present is None})


async def delete_user(call: Call) -> Answer:
    call.subject.may("cluster:admin/xpack/security/user/delete")
    found = call.cluster.users.pop(call.parameters["name"], None) is not None
    return Answer({"found": found}, 200 if found else 404)


def unknown_privilege(name: str) -> str:
    """What Elasticsearch says of a cluster privilege that it does not have."""
    known = ",".join(sorted(CLUSTER_PRIVILEGES))
    return (
        f"unknown cluster privilege [{name}]. a privilege must be either one of the predefined cluster privilege names [{known}] "
        f"{_LAST} cluster actions"
    )


def _role(name: str, body: Mapping[str, Any], version: versions.Version) -> dict[str, Any]:
    known = set(_FIELDS) - (set() if version >= versions.REMOTE_CLUSTER_PRIVILEGES else {"remote_cluster", "description"})
    if unknown := [item for item in body if item not in known]:
        raise parsing(f"failed to parse role [{name}]. unexpected field [{unknown[0]}]")
    remote_indices = [_entry(name, "remote indices", entry, ("clusters", "names")) for entry in body.get("remote_indices", ())]
    remote_cluster = [_cluster_entry(name, entry) for entry in body.get("remote_cluster", ())]
    return {
        "cluster": list(body.get("cluster", ())),
        "indices": [_entry(name, "indices", entry, ("names",)) for entry in body.get("indices", body.get("index", ()))],
        "applications": body.get("applications", []),
        "run_as": list(body.get("run_as", ())),
        "metadata": body.get("metadata", {}),
        "transient_metadata": {"enabled": True},
        **({"remote_indices": remote_indices} if remote_indices else {}),
        **({"remote_cluster": remote_cluster} if remote_cluster else {}),
        **({"description": body["description"]} if body.get("description") else {}),
    }


def _entry(role: str, what: str, entry: Mapping[str, Any], required: tuple[str, ...]) -> dict[str, Any]:
    if missing := [name for name in (*required, "privileges") if name not in entry]:
        raise parsing(f"failed to parse {what} privileges for role [{role}]. missing required [{missing[0]}] field")
    query = entry.get("query")
    return {
        "names": _listed(entry["names"]),
        "privileges": _listed(entry["privileges"]),
        **({"field_security": entry["field_security"]} if entry.get("field_security") else {}),
        **({"query": query if isinstance(query, str) else json.dumps(query, separators=(",", ":"))} if query else {}),
        "allow_restricted_indices": bool(entry.get("allow_restricted_indices")),
        **({"clusters": _listed(entry["clusters"])} if "clusters" in required else {}),
    }


def _cluster_entry(role: str, entry: Mapping[str, Any]) -> dict[str, Any]:
    privileges = _listed(entry.get("privileges", ()))
    if unknown := [name for name in privileges if name not in ("monitor_enrich", "monitor_stats")]:
        raise parsing(
            f"failed to parse remote_cluster for role [{role}]. [monitor_enrich, monitor_stats] are the only values allowed for "
            f"[privileges] within [remote_cluster]. Found [{', '.join(unknown)}]"
        )
    return {"privileges": privileges, "clusters": _listed(entry.get("clusters", ()))}


def _privilege_problems(name: str, role: Mapping[str, Any]) -> list[str]:
    problems = [f"Role [{name}] is reserved and may not be used."] if name == SUPERUSER else []
    problems += [unknown_privilege(item) for item in role["cluster"] if item not in CLUSTER_PRIVILEGES and ":" not in item]
    entries = [*role["indices"], *role.get("remote_indices", ())]
    wrong = [item for entry in entries for item in entry["privileges"] if item not in _INDEX_PRIVILEGES and ":" not in item]
    known = ",".join(f"{item}=[{item}]" for item in sorted(_INDEX_PRIVILEGES))
    return problems + [
        f"unknown index privilege [{item}]. a privilege must be either one of the predefined fixed indices privileges [{known}] "
        f"{_LAST} index actions"
        for item in wrong
    ]


def _shown(name: str, user: User) -> dict[str, Any]:
    return {
        "username": name,
        "roles": user.roles,
        "full_name": user.full_name,
        "email": user.email,
        "metadata": user.metadata,
        "enabled": user.enabled,
    }


def _unacceptable(problem: str) -> ElasticsearchError:
    return ElasticsearchError(400, "validation_exception", f"Validation Failed: 1: {problem};")


def _listed(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)
