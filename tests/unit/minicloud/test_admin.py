# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from typing import Any

import pytest

from minicloud.admin import Admin
from minicloud.control.state import Secret


@contextlib.asynccontextmanager
async def admin(bed: Any, serve: Any) -> AsyncIterator[Any]:
    application = Admin(list(bed.tenants.values()), bed.data_plane, bed.log, bed.gate, bed.world.switches, lambda: {"data": "none"})
    async with serve(application.application()) as client:
        yield client


async def test_it_shows_requests_state_keystores_and_logs(bed: Any, serve: Any) -> None:
    async with bed.api("berlin") as api, admin(bed, serve) as client:
        await api.call("GET", "/account")
        shown = await (await client.get("/requests")).json()
        assert [request["path"] for request in shown["requests"]] == ["/api/v1/account"]
        assert (await (await client.get(f"/requests?since={shown['next']}")).json())["requests"] == []
        assert await (await client.get("/state")).json() == {"data": "none"}
        assert await (await client.get("/deployments/search-prod/keystore")).json() == {"instance-0000000000": {"of": "search-prod"}}
        assert await (await client.get("/deployments/search-prod/log")).text() == "log of search-prod"


async def test_it_makes_deliveries_late_and_plans_stay(bed: Any, serve: Any) -> None:
    async with admin(bed, serve) as client:
        for delays in ([0.5, None], None):
            assert (await client.post("/deployments/search-prod/delivery", json={"delays": delays})).status == 200
        assert bed.data_plane.calls == [("delays", "search-prod", [0.5, None]), ("delays", "search-prod", None)]
        await client.post("/deployments/search-prod/plan", json={"hold": True})
        assert bed.search.plans.pending is not None
        await client.post("/deployments/search-prod/plan", json={"hold": False})
        await bed.search.plans.cancel()
        assert bed.search.plans.pending is None


async def test_it_lets_a_setting_vanish_from_platform_and_nodes(bed: Any, serve: Any) -> None:
    bed.search.set_secrets({"a": Secret("x", as_file=False)})
    async with admin(bed, serve) as client:
        assert (await client.post("/deployments/search-prod/keystore/remove", json={"name": "a"})).status == 200
    assert bed.search.secrets == {}
    assert bed.data_plane.calls[-1] == ("deliver", "search-prod", {"a": None})


async def test_it_turns_switches_and_all_others_back(bed: Any, serve: Any) -> None:
    keystore = f"/deployments/{bed.search.id}/elasticsearch/_main/keystore"
    async with bed.api("berlin") as api, admin(bed, serve) as client:
        await api.call("PATCH", keystore, {"secrets": {"a": {"value": "x"}}})
        shown = await (await client.post("/switches", json={"keystore_value": "null", "keystore_delete": ["null_entry"]})).json()
        assert (shown["keystore_value"], shown["keystore_delete"]) == ("null", ["null_entry"])
        assert (await api.call("GET", keystore)).body == {"secrets": {"a": {"as_file": False, "value": None}}}
        await client.post("/switches", json={"keystore_value": "object"})
        assert (await api.call("GET", keystore)).body == {"secrets": {"a": {"as_file": False, "value": {}}}}
        assert (await (await client.get("/switches")).json())["keystore_delete"] == ["null_entry", "empty_object", "empty_value"]


async def test_it_uses_up_the_rate_limit_of_an_organization(bed: Any, serve: Any) -> None:
    async with bed.api("hosted") as api, admin(bed, serve) as client:
        assert (await client.post("/platforms/hosted/rate", json={"limit": 5, "interval": 9, "used": 5})).status == 200
        reply = await api.call("GET", "/account")
    assert (reply.status, reply.headers["x-ratelimit-interval"]) == (429, "9")


async def test_it_tells_the_tokens_that_were_given_out(bed: Any, serve: Any) -> None:
    account = bed.tenants["berlin"].account
    credentials = {"username": account.username, "password": account.password}
    async with bed.api("berlin") as api, admin(bed, serve) as client:
        assert await (await client.get("/secrets")).json() == {"token": [], "encoded": []}
        token = (await api.call("POST", "/users/auth/_login", credentials, authorization=None)).body["token"]
        assert await (await client.get("/secrets")).json() == {"token": [token], "encoded": []}


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/switches", {"gravity": True}, 400),
        ("/switches", [], 400),
        ("/platforms/nobody/rate", {"limit": 1, "interval": 1, "used": 1}, 404),
        ("/platforms/hosted/rate", {"limit": 1, "interval": 1}, 400),
        ("/platforms/hosted/rate", {"limit": 1, "interval": 1, "used": None}, 400),
        ("/deployments/nobody/plan", {"hold": True}, 404),
        ("/deployments/search-prod/plan", {"hold": "yes"}, 400),
        ("/deployments/search-prod/plan", {"halt": True}, 400),
        ("/deployments/search-prod/delivery", {"delays": [1]}, 400),
        ("/deployments/search-prod/delivery", {"delays": [1, -1]}, 400),
        ("/deployments/search-prod/keystore/remove", {"name": 1}, 400),
    ],
)
async def test_it_refuses_what_it_does_not_understand(bed: Any, serve: Any, path: str, body: Any, status: int) -> None:
    async with admin(bed, serve) as client:
        assert (await client.post(path, json=body)).status == status
        assert (await client.get("/requests?since=yesterday")).status == 400
