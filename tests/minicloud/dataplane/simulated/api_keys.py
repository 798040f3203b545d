# SPDX-License-Identifier: GPL-3.0-or-later
"""The API of API keys: create, update, read, query, invalidate."""

from __future__ import annotations

import asyncio
import base64
import secrets
from collections.abc import Mapping
from typing import Any

from minicloud.dataplane.simulated.call import Answer, Call
from minicloud.dataplane.simulated.cluster import ApiKey, now_ms
from minicloud.dataplane.simulated.errors import ElasticsearchError, argument, invalid, unlicensed
from minicloud.dataplane.simulated.keys import changes, matches, new_key, shown
from minicloud.dataplane.simulated.patterns import covers
from minicloud.dataplane.simulated.subjects import refuse_api_key

_CROSS_CLUSTER = "cluster:admin/xpack/security/cross_cluster/api_key"
_INVALIDATE = "invalidate_api_key"
_WINDOW = 10_000
_DEFAULT_SIZE = 10


async def create_cross_cluster(call: Call) -> Answer:
    wanted = new_key(call.body(), call.cluster.version)
    call.subject.may(f"{_CROSS_CLUSTER}/create")
    refuse_api_key(call.subject, "An API key cannot be used to create a cross-cluster API key")
    if not call.cluster.is_licensed:
        raise unlicensed()
    return await _created(call, wanted, "cross_cluster")


async def create_rest(call: Call) -> Answer:
    body = call.body()
    call.subject.may("cluster:admin/xpack/security/api_key/create")
    return await _created(call, {"name": body.get("name", ""), "metadata": body.get("metadata")}, "rest")


async def update_cross_cluster(call: Call) -> Answer:
    wanted = changes(call.body(), call.cluster.version)
    call.subject.may(f"{_CROSS_CLUSTER}/update")
    refuse_api_key(call.subject, "only the owner user can update an API key")
    if not call.cluster.is_licensed:
        raise unlicensed()
    key = _own(call, call.parameters["id"])
    before = (key.access, key.metadata, key.certificate_identity)
    key.access = wanted.get("access", key.access)
    key.metadata = dict(wanted.get("metadata", key.metadata))
    key.certificate_identity = wanted.get("certificate_identity", key.certificate_identity)
    if wanted["expiration"] is not None:
        key.expiration = now_ms() + wanted["expiration"]
    updated = wanted["expiration"] is not None or before != (key.access, key.metadata, key.certificate_identity)
    return Answer({"updated": updated})


async def get(call: Call) -> Answer:
    call.subject.may("cluster:admin/xpack/security/api_key/get")
    wanted_id, wanted_name = call.query.get("id"), call.query.get("name")
    found = [
        shown(key)
        for key in call.cluster.visible_keys()
        if wanted_id in (None, key.id) and (wanted_name is None or covers([wanted_name], key.name))
    ]
    return Answer({"api_keys": found}, 404 if wanted_id is not None and not found else 200)


async def query(call: Call) -> Answer:
    body = call.optional_body()
    call.subject.may("cluster:admin/xpack/security/api_key/query")
    start, size = body.get("from", 0), body.get("size", _DEFAULT_SIZE)
    if start + size > _WINDOW:
        raise argument(f"Result window is too large, from + size must be less than or equal to: [{_WINDOW}] but was [{start + size}].")
    found = [key for key in call.cluster.visible_keys() if matches(key, body.get("query"))]
    page = [shown(key) for key in found[start : start + size]]
    return Answer({"total": len(found), "count": len(page), "api_keys": page})


async def invalidate(call: Call) -> Answer:
    body = call.body()
    _check_invalidation(body)
    call.subject.may("cluster:admin/xpack/security/api_key/invalidate")
    ids = [body["ids"]] if isinstance(body.get("ids"), str) else body.get("ids")
    keys = [
        key
        for key in call.cluster.visible_keys()
        if key.invalidation is None and (ids is None or key.id in ids) and body.get("name") in (None, key.name)
    ]
    allowed = [key for key in keys if key.type == "rest" or call.subject.has("manage_security")]
    for key in allowed:
        key.invalidation = now_ms()
    refused = [_not_invalidated(key) for key in keys if key not in allowed]
    answer = {"invalidated_api_keys": [key.id for key in allowed], "previously_invalidated_api_keys": [], "error_count": len(refused)}
    return Answer({**answer, **({"error_details": refused} if refused else {})})


async def _created(call: Call, wanted: Mapping[str, Any], kind: str) -> Answer:
    """Make a key. As with real nodes the answer waits until searches find it; whoever does not get the answer leaves an orphan."""
    wait = call.cluster.deployment.refresh_seconds
    now = now_ms()
    subject = call.subject
    expiration = wanted.get("expiration")
    key = ApiKey(
        id=secrets.token_urlsafe(15),
        name=wanted["name"],
        secret=secrets.token_urlsafe(16),
        type=kind,
        creation=now,
        visible=now + int(wait * 1000),
        owner=subject.username,
        realm=subject.realm,
        realm_type=subject.realm_type,
        metadata=dict(wanted.get("metadata") or {}),
        access=wanted.get("access"),
        expiration=None if expiration is None else now + expiration,
        certificate_identity=wanted.get("certificate_identity"),
    )
    call.cluster.keys[key.id] = key
    await asyncio.sleep(wait)
    encoded = base64.b64encode(f"{key.id}:{key.secret}".encode()).decode()
    expires = {} if key.expiration is None else {"expiration": key.expiration}
    return Answer({"id": key.id, "name": key.name, **expires, "api_key": key.secret, "encoded": encoded})


def _own(call: Call, key_id: str) -> ApiKey:
    key = call.cluster.keys.get(key_id)
    if key is None or (key.owner, key.realm) != (call.subject.username, call.subject.realm):
        reason = f"no API key owned by requesting user found for ID [{key_id}]"
        raise ElasticsearchError(404, "resource_not_found_exception", reason)
    if key.type != "cross_cluster":
        raise argument(f"cannot update API key of type [{key.type}] while expected type is [cross_cluster]")
    if not key.is_valid:
        raise argument(f"cannot update {'expired' if key.invalidation is None else 'invalidated'} API key [{key_id}]")
    return key


def _check_invalidation(body: Mapping[str, Any]) -> None:
    if unknown := [name for name in body if name not in ("ids", "name", "username", "realm_name", "owner")]:
        raise ElasticsearchError(400, "x_content_parse_exception", f"[1:2] [{_INVALIDATE}] unknown field [{unknown[0]}]")
    ids = body.get("ids")
    if ids == []:
        raise _unbuildable("Field [ids] cannot be an empty array")
    if blank := [position for position, key_id in enumerate(ids if isinstance(ids, list) else []) if not str(key_id).strip()]:
        raise _unbuildable(f"Field [ids] must not contain blank id, but got blank id at index position: [{blank[0]}]")
    if not any(body.get(name) for name in ("ids", "name", "username", "realm_name", "owner")):
        raise invalid(["One of [api key id(s), api key name, username, realm name] must be specified if [owner] flag is false"])
    if ids and body.get("name"):
        raise invalid(["only one of [api key id(s), api key name] can be specified"])


def _unbuildable(problem: str) -> ElasticsearchError:
    reason = f"Failed to build [{_INVALIDATE}] after last required field arrived"
    return ElasticsearchError(400, "x_content_parse_exception", reason, caused_by=invalid([problem]).cause)


def _not_invalidated(key: ApiKey) -> dict[str, Any]:
    reason = (
        f"Cannot invalidate cross-cluster API key [{key.id}]. This requires [manage_security] cluster privilege or higher "
        "even if the API key belongs to the user"
    )
    return {"type": "illegal_argument_exception", "reason": reason}
