# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest


async def test_the_default_trust_of_an_account_is_put_and_patched(bed: Any) -> None:
    async with bed.api("hosted") as api:

        async def trust_all() -> bool:
            return (await api.call("GET", "/account")).body["trust"]["trust_all"]

        assert await trust_all() is True
        await api.call("PATCH", "/account", {"trust": {"trust_all": False}})
        assert await trust_all() is False
        await api.call("PATCH", "/account", {})
        await api.call("PATCH", "/account", {"trust": {}})
        assert await trust_all() is False
        await api.call("PATCH", "/account", {"trust": None})
        assert await trust_all() is True
        await api.call("PUT", "/account", {"trust": {"trust_all": False}})
        assert await trust_all() is False
        await api.call("PUT", "/account", {})
        assert await trust_all() is True
        assert (await api.call("PUT", "/account", {"trust": {"some": 1}})).status == 400


async def test_organizations_exist_on_hosted_only_and_only_ones_own(bed: Any) -> None:
    own, foreign = bed.tenants["hosted"].account, bed.tenants["foreign"].account
    async with bed.api("hosted") as api:
        assert (await api.call("GET", "/organizations")).body["organizations"] == [{"id": own.scope_id, "name": "hosted"}]
        assert (await api.call("GET", f"/organizations/{own.scope_id}")).status == 200
        assert (await api.call("GET", f"/organizations/{foreign.scope_id}")).status == 403
    async with bed.api("berlin") as api:
        assert (await api.call("GET", "/organizations")).status == 404


@pytest.mark.parametrize("prefix", ["", "/regions/ece-region"])
async def test_the_platform_answers_with_and_without_the_region(bed: Any, prefix: str) -> None:
    async with bed.api("berlin") as api:
        assert (await api.call("GET", f"{prefix}/platform")).body["regions"][0]["region_id"] == "ece-region"
        chain = (await api.call("GET", f"{prefix}/platform/configuration/security/tls/proxy")).body["chain"]
        versions = (await api.call("GET", f"{prefix}/stack/versions")).body["stacks"]
    assert chain[-1] == bed.authority.pem and len(chain) == 2
    assert [stack["version"] for stack in versions] == ["8.19.21"]


async def test_unknown_regions_and_services_are_not_found(bed: Any) -> None:
    async with bed.api("berlin") as api:
        for path in ("/regions/mars/platform", "/regions/mars/stack/versions", "/platform/configuration/security/tls/telnet"):
            reply = await api.call("GET", path)
            assert reply.status == 404 and reply.body["errors"]


async def test_the_region_prefix_is_not_taken_by_deployments_and_users(bed: Any) -> None:
    async with bed.api("berlin") as api:
        for path in ("/deployments", "/user", "/account"):
            assert (await api.call("GET", f"/regions/ece-region{path}")).status == 404
