# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

from minicloud.control.ratelimit import RateLimit


async def test_hosted_takes_api_keys_and_nothing_else(bed: Any, basic_auth: Any) -> None:
    account = bed.tenants["hosted"].account
    async with bed.api("hosted") as api:
        assert (await api.call("GET", "/account")).body["id"] == account.scope_id
        for refused in (None, "ApiKey wrong", f"Bearer {account.api_key}", basic_auth("admin", account.api_key)):
            reply = await api.call("GET", "/account", authorization=refused)
            assert reply.status == 401
            assert reply.body["errors"][0]["code"] == reply.headers["x-cloud-error-codes"]
            assert reply.headers["x-cloud-error-codes"] in ("root.unauthenticated", "root.unauthorized")


async def test_an_environment_takes_api_key_password_and_login_token(bed: Any, basic_auth: Any) -> None:
    account = bed.tenants["berlin"].account
    async with bed.api("berlin") as api:
        credentials = {"username": account.username, "password": account.password}
        token = (await api.call("POST", "/users/auth/_login", credentials, authorization=None)).body["token"]
        for taken in (f"ApiKey {account.api_key}", basic_auth(account.username, account.password), f"Bearer {token}"):
            assert (await api.call("GET", "/account", authorization=taken)).status == 200
        for refused in (None, "ApiKey wrong", "Bearer wrong", basic_auth("admin", "wrong"), "Basic %%%"):
            assert (await api.call("GET", "/account", authorization=refused)).status == 401
        renewed = (await api.call("POST", "/users/auth/_refresh", authorization=f"Bearer {token}")).body["token"]
        assert (await api.call("GET", "/user", authorization=f"Bearer {renewed}")).body["user_name"] == "admin"


async def test_a_login_with_a_wrong_password_is_refused(bed: Any) -> None:
    async with bed.api("berlin") as api:
        reply = await api.call("POST", "/users/auth/_login", {"username": "admin", "password": "wrong"}, authorization=None)
    assert (reply.status, reply.headers["x-cloud-error-codes"]) == (401, "root.unauthenticated")


async def test_foreign_and_unknown_deployments_look_alike_on_hosted(bed: Any) -> None:
    async with bed.api("hosted") as api:
        replies = [await api.call("GET", f"/deployments/{name}") for name in (bed.foreign.id, "0" * 32)]
    assert [(reply.status, reply.headers["x-cloud-error-codes"]) for reply in replies] == [(403, "root.permission_denied")] * 2


async def test_an_unknown_deployment_is_not_found_in_an_environment(bed: Any) -> None:
    async with bed.api("berlin") as api:
        reply = await api.call("GET", f"/deployments/{'0' * 32}")
    assert (reply.status, reply.headers["x-cloud-error-codes"]) == (404, "deployments.deployment_not_found")


async def test_every_answer_to_a_key_tells_when_the_key_expires(bed: Any) -> None:
    async with bed.api("berlin") as api:
        assert "X-Elastic-Api-Key-Expiration" in (await api.call("GET", "/platform")).headers
        assert "X-Elastic-Api-Key-Expiration" in (await api.call("GET", "/deployments/none")).headers


async def test_hosted_counts_requests_and_refuses_those_over_the_limit(bed: Any) -> None:
    bed.tenants["hosted"].rate = RateLimit(limit=2)
    async with bed.api("hosted") as api:
        replies = [await api.call("GET", "/account") for _attempt in range(3)]
    assert [reply.status for reply in replies] == [200, 200, 429]
    assert [reply.headers["x-ratelimit-remaining"] for reply in replies] == ["1", "0", "0"]
    assert 0 < int(replies[2].headers["Retry-After"]) <= 60


def test_the_rate_limit_begins_anew_after_its_interval() -> None:
    limit = RateLimit(1, 0.0)
    assert [limit.use(), limit.use()] == [None, None]


async def test_an_environment_has_no_rate_limit(bed: Any) -> None:
    async with bed.api("berlin") as api:
        assert "x-ratelimit-limit" not in (await api.call("GET", "/account")).headers


async def test_the_log_names_callers_and_deployments_but_no_secret(bed: Any, basic_auth: Any) -> None:
    account = bed.tenants["berlin"].account
    async with bed.api("berlin") as api:
        await api.call("GET", f"/deployments/{bed.search.id}", show_plans=False)
        await api.call("GET", "/account", authorization=basic_auth(account.username, account.password))
        await api.call("GET", "/account", authorization=None)
    first, second, third = bed.logged()
    assert first | {"user_agent": ""} == {
        "n": 0,
        "plane": "control",
        "platform": "berlin",
        "deployment": "search-prod",
        "who": "api_key",
        "method": "GET",
        "path": f"/api/v1/deployments/{bed.search.id}",
        "query": "show_plans=false",
        "status": 200,
        "write": False,
        "user_agent": "",
        "violation": None,
        "fault": None,
        "processed": True,
    }
    assert first["user_agent"].startswith("Python")
    assert (second["who"], third["who"], third["status"]) == ("admin", "anonymous", 401)
    assert account.api_key not in str(bed.logged()) and account.password not in str(bed.logged())


async def test_the_log_can_be_read_on_from_where_one_stopped(bed: Any) -> None:
    async with bed.api("berlin") as api:
        await api.call("GET", "/account")
        mark = bed.log.since(0)["next"]
        await api.call("GET", "/platform")
    assert [request["path"] for request in bed.log.since(mark)["requests"]] == ["/api/v1/platform"]
