# SPDX-License-Identifier: GPL-3.0-or-later
"""Handlers: accounts, organizations, the ECE platform, its users and certificates, stack versions."""

from __future__ import annotations

import hmac
from datetime import timedelta
from typing import Any

from minicloud import tls
from minicloud.clock import now, timestamp
from minicloud.control.call import Answer, Call
from minicloud.control.errors import ApiError
from minicloud.world import ECE_REGION

_ECE_VERSION = "3.8.2"
_SESSION = timedelta(hours=1)


async def get_account(call: Call) -> Answer:
    return Answer({"id": call.tenant.account.scope_id, "trust": {"trust_all": call.tenant.trust_all}})


async def put_account(call: Call) -> Answer:
    """The default for deployments made later. Absent and null mean the default of the default."""
    trust_all = (call.body.get("trust") or {}).get("trust_all")
    call.tenant.trust_all = True if trust_all is None else trust_all
    return await get_account(call)


async def patch_account(call: Call) -> Answer:
    """A JSON merge patch: absent means unchanged."""
    if "trust" not in call.body or (call.body["trust"] is not None and "trust_all" not in call.body["trust"]):
        return await get_account(call)
    return await put_account(call)


async def list_organizations(call: Call) -> Answer:
    return Answer({"organizations": [_organization(call)]})


async def get_organization(call: Call) -> Answer:
    if call.parameters["organization_id"] != call.tenant.account.scope_id:
        raise ApiError(403, "organization.invalid_access", "the caller is no member of this organization")
    return Answer(_organization(call))


async def get_platform(call: Call) -> Answer:
    _check_region(call)
    return Answer(
        {
            "version": _ECE_VERSION,
            "eula_accepted": True,
            "phone_home_enabled": False,
            "services": [],
            "unreachable_regions": [],
            "regions": [_region(len(call.tenant.deployments))],
        }
    )


async def get_tls_chain(call: Call) -> Answer:
    _check_region(call)
    service = call.parameters["service_name"]
    chain = call.tenant.certificates.chains.get(service)
    if chain is None:
        known = ", ".join(sorted(call.tenant.certificates.chains))
        raise ApiError(404, "tls.service_not_found", f"there is no service {service}; known are {known}")
    if service == "proxy" and not call.tenant.switches.proxy_chain_root:
        chain = chain[:-1]
    status = {"expiration_date": min(tls.describe(pem)["valid_to"] for pem in chain), "first_certificate_to_expire": chain[0]}
    return Answer({"user_supplied": False, "api_managed": True, "chain": list(chain), "chain_status": status})


async def login(call: Call) -> Answer:
    account = call.tenant.account
    given = (call.body["username"], call.body["password"])
    if not all(hmac.compare_digest(a.encode(), str(b).encode()) for a, b in zip(given, (account.username, account.password), strict=True)):
        raise ApiError(401, "root.unauthenticated", "user name or password is wrong")
    return await refresh_token(call)


async def refresh_token(call: Call) -> Answer:
    return Answer({"token": call.tenant.login(), "session_expiration_time": timestamp(now() + _SESSION)})


async def get_user(call: Call) -> Answer:
    builtin = call.user == call.tenant.account.username
    return Answer(
        {"user_name": call.user, "builtin": builtin, "security": {"enabled": True, "roles": ["ece_platform_admin"], "permissions": []}}
    )


async def stack_versions(call: Call) -> Answer:
    _check_region(call)
    versions = sorted({deployment.spec.version for deployment in call.tenant.deployments.values()})
    return Answer({"stacks": [_stack(version) for version in versions]})


def _check_region(call: Call) -> None:
    region = call.parameters.get("region")
    if region is not None and region not in call.tenant.account.regions:
        raise ApiError(404, "root.region_not_found", f"there is no region {region}")


def _organization(call: Call) -> dict[str, Any]:
    return {"id": call.tenant.account.scope_id, "name": call.tenant.account.name}


def _stack(version: str) -> dict[str, Any]:
    return {
        "version": version,
        "upgradable_to": [],
        "accessible": True,
        "deleted": False,
        "elasticsearch": {
            "blacklist": [],
            "default_plugins": [],
            "plugins": [],
            "docker_image": f"docker.elastic.co/cloud-assets/elasticsearch:{version}",
        },
        "kibana": {"blacklist": [], "docker_image": f"docker.elastic.co/cloud-assets/kibana:{version}"},
        "template": {},
    }


def _region(deployments: int) -> dict[str, Any]:
    counts = {"account_count": 1, "available_count": 1, "minimum_available_count": 0, "missing_count": 0, "used_count": deployments}
    return {
        "region_id": ECE_REGION,
        "allocators": {"healthy": True, "zone_summaries": []},
        "constructors": {"constructors": []},
        "container_sets_status": {
            "healthy": True,
            "healthy_container_sets_count": 1,
            "unhealthy_container_sets_count": 0,
            "unhealthy_container_sets": [],
        },
        "coordinators": {"coordinators": []},
        "proxies": {"healthy": True, "expected_proxies_count": 1, "proxies_count": 1, "proxies": []},
        "resources": {"healthy": True, **counts},
        "runners": {
            "healthy": True,
            "connected_runners": 1,
            "healthy_runners": 1,
            "total_runners": 1,
            "connected_capacity": 0,
            "containers_count": 0,
            "max_available_capacity": 0,
        },
        "zookeeper_states": {"states": []},
    }
