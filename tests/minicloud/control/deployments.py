# SPDX-License-Identifier: GPL-3.0-or-later
"""Handlers: finding and reading deployments."""

from __future__ import annotations

from typing import Any

from minicloud import tls
from minicloud.control import search, views
from minicloud.control.call import Answer, Call
from minicloud.control.errors import bad_request

_DEFAULT_SIZE = 10
_SEARCH_FLAGS = {"show_settings": False, "show_plans": True}


async def list_all(call: Call) -> Answer:
    return Answer({"deployments": [views.listing(deployment) for deployment in call.tenant.deployments.values()]})


async def find(call: Call) -> Answer:
    request: dict[str, Any] = call.body or {}
    size = request.get("size", _DEFAULT_SIZE)
    if size < 0:
        raise bad_request("size must not be negative", ["size"])
    candidates = sorted(call.tenant.deployments.values(), key=search.order(request.get("sort", ["id"])))
    matches = search.predicate(request["query"]) if "query" in request else lambda _: True
    found = [deployment for deployment in candidates if matches(deployment)]
    page = found[:size]
    return Answer(
        {
            "return_count": len(page),
            "match_count": len(found),
            "deployments": [views.full(deployment, call.tenant, _SEARCH_FLAGS) for deployment in page],
        }
    )


async def get(call: Call) -> Answer:
    deployment = call.deployment()
    return Answer(views.full(deployment, call.tenant, call.query), headers=views.versioning(deployment))


async def get_elasticsearch(call: Call) -> Answer:
    return Answer(views.resource(call.resource(), call.tenant.organization_id, call.query))


async def certificate_authority(call: Call) -> Answer:
    deployment = call.deployment()
    pem = call.tenant.certificates.transport_cas[deployment.spec.region]
    return Answer(
        {
            "recommended_trust_restriction": f"*.node.{deployment.cluster_id}.cluster.{call.tenant.account.scope_id}.account",
            "public_certificates": [{"active": True, "pem": pem, "metadata": tls.describe(pem)}],
        }
    )
