# SPDX-License-Identifier: GPL-3.0-or-later
"""Handlers: the trust relationships of an ECE environment with others. Its own entry tells what others need."""

from __future__ import annotations

from collections.abc import Mapping
from secrets import token_hex
from typing import Any

from minicloud import tls
from minicloud.clock import now, timestamp
from minicloud.control.call import Answer, Call
from minicloud.control.errors import ApiError, bad_request

_CERTIFICATE = "public_ca_cert"


async def list_all(call: Call) -> Answer:
    wanted = {"local": (True,), "non-local": (False,)}.get(call.query.get("filter", "all"), (True, False))
    found = [each for each in (_own(call), *call.tenant.relationships.values()) if each["local"] in wanted]
    return Answer({"trust_relationships": [_shown(call, each) for each in found]})


async def get(call: Call) -> Answer:
    return Answer(_shown(call, _relationship(call)))


async def create(call: Call) -> Answer:
    """Names need not be unique: each call makes another relationship."""
    made = {"id": token_hex(16), "local": False, "trust_by_default": False, "account_ids": [], **_checked(call)}
    call.tenant.relationships[made["id"]] = {**made, "last_modified": timestamp(now())}
    return Answer(_without(made, _CERTIFICATE), status=201)


async def update(call: Call) -> Answer:
    """Whether what is left out stays or goes is not documented: here it stays."""
    changed = {**_relationship(call), **_checked(call), "last_modified": timestamp(now())}
    call.tenant.relationships[changed["id"]] = changed
    await _tell_nodes(call)
    return Answer(_without(changed, _CERTIFICATE, "last_modified"))


async def delete(call: Call) -> Answer:
    del call.tenant.relationships[_relationship(call)["id"]]
    await _tell_nodes(call)
    return Answer({})


def _own(call: Call) -> dict[str, Any]:
    tenant = call.tenant
    return {
        "id": "local",
        "name": tenant.account.name,
        "local": True,
        "trust_by_default": tenant.trust_all,
        "account_ids": [tenant.account.scope_id],
        "last_modified": timestamp(now()),
        _CERTIFICATE: "".join(tenant.certificates.transport_cas.values()),
    }


def _relationship(call: Call) -> Mapping[str, Any]:
    """The relationship with another environment that the path names. Raises ApiError."""
    found = call.tenant.relationships.get(call.parameters["trust_relationship_id"])
    if found is None:
        raise ApiError(404, "trust_relationships.not_found", "there is no such trust relationship")
    return found


def _checked(call: Call) -> dict[str, Any]:
    """The body, with a certificate that can be read. Raises ApiError."""
    try:
        if _CERTIFICATE in call.body:
            tls.split_chain(call.body[_CERTIFICATE])
    except ValueError as error:
        raise bad_request("the certificate is not readable as PEM", [f"body.{_CERTIFICATE}"]) from error
    return dict(call.body)


def _shown(call: Call, relationship: Mapping[str, Any]) -> dict[str, Any]:
    return dict(relationship) if call.query.get("include_certificate") else _without(relationship, _CERTIFICATE)


def _without(relationship: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in relationship.items() if name not in names}


async def _tell_nodes(call: Call) -> None:
    for deployment in call.tenant.deployments.values():
        await deployment.apply_transport_trust()
