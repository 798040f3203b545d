# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults of the data plane: the same rules, at the proxies in front of Elasticsearch."""

from __future__ import annotations

import asyncio
import base64
from pathlib import Path
from typing import Any

import pytest
import requests

from minicloud import worldfile
from minicloud.cloud import running

WORLD = {
    "environments": [
        {"name": "berlin", "deployments": [{"name": "search", "version": "8.19.21", "refresh_seconds": 0}]},
        {"name": "paris", "deployments": [{"name": "orders", "version": "8.19.21"}]},
    ]
}
USER = "/_security/user/jane"
NEW_USER = {"password": "correct horse", "roles": []}


class Client:
    def __init__(self, state: dict[str, Any]) -> None:
        self._state = state

    async def call(self, method: str, path: str, body: Any = None, name: str = "search", timeout: float = 10) -> requests.Response:
        """A request to Elasticsearch."""
        deployment = self._state["deployments"][name]
        return await asyncio.to_thread(
            requests.request,
            method,
            deployment["service_url"] + path,
            json=body,
            auth=(deployment["username"], deployment["password"]),
            proxies={"https": self._state["https_proxy"]},
            verify=deployment["ca_path"],
            timeout=timeout,
        )

    async def admin(self, method: str, path: str, body: Any = None) -> Any:
        reply = await asyncio.to_thread(requests.request, method, self._state["admin_url"] + path, json=body, timeout=10)
        assert reply.status_code == 200, reply.text
        return reply.json()

    async def faults(self, *rules: dict[str, Any]) -> Any:
        return await self.admin("POST", "/faults", {"rules": list(rules)})

    async def entries(self) -> list[dict[str, Any]]:
        return (await self.admin("GET", "/requests"))["requests"]


@pytest.fixture
def cloud(tmp_path: Path) -> Any:
    return running(worldfile.parse(WORLD), tmp_path, "simulated", lambda _: None)


async def test_elasticsearch_can_be_refused_in_the_form_of_its_proxies(cloud: Any) -> None:
    async with cloud as state:
        client = Client(state)
        await client.faults({"plane": "data", "deployment": "search", "action": {"status": 503}})
        refused, other = await client.call("GET", "/"), await client.call("GET", "/", name="orders")
        (entry, _other) = await client.entries()
    assert (refused.status_code, refused.json()["ok"], other.status_code) == (503, False, 200)
    assert (entry["fault"], entry["processed"], entry["who"], entry["deployment"]) == ("status 503", False, "elastic", "search")


@pytest.mark.parametrize(("when", "status"), [("before", 404), ("after", 200)])
async def test_an_answer_of_elasticsearch_can_be_lost_before_or_after_the_effect(cloud: Any, when: str, status: int) -> None:
    async with cloud as state:
        client = Client(state)
        await client.faults({"plane": "data", "method": "PUT", "action": {"drop": when}})
        with pytest.raises(requests.ConnectionError):
            await client.call("PUT", USER, NEW_USER)
        assert (await client.call("GET", USER)).status_code == status
        assert [entry["processed"] for entry in await client.entries()] == [when == "after", True]


async def test_a_delayed_request_takes_effect_even_if_its_client_has_given_up(cloud: Any) -> None:
    async with cloud as state:
        client = Client(state)
        await client.faults({"plane": "data", "method": "PUT", "action": {"delay": 0.5}})
        with pytest.raises(requests.Timeout):
            await client.call("PUT", USER, NEW_USER, timeout=0.2)
        assert (await client.call("GET", USER)).status_code == 404
        async with asyncio.timeout(5):
            while (await client.call("GET", USER)).status_code == 404:
                await asyncio.sleep(0.02)
        assert {(entry["fault"], entry["processed"]) for entry in await client.entries()} == {(None, True), ("delay 0.5 s", True)}


async def test_the_keys_that_were_given_out_can_be_asked_for_even_where_the_answer_was_lost(cloud: Any) -> None:
    async with cloud as state:
        client = Client(state)
        made = (await client.call("POST", "/_security/api_key", {"name": "given"})).json()["encoded"]
        await client.faults({"plane": "data", "method": "POST", "action": {"drop": "after"}})
        with pytest.raises(requests.ConnectionError):
            await client.call("POST", "/_security/api_key", {"name": "lost"})
        given, lost = (await client.admin("GET", "/secrets"))["encoded"]
    assert given == made and base64.b64decode(lost).count(b":") == 1


async def test_an_outage_of_the_data_plane_is_one_of_the_platform_and_of_nothing_else(cloud: Any) -> None:
    async with cloud as state:
        client = Client(state)
        shown = await client.faults({"plane": "data", "platform": "berlin", "times": 1, "action": {"outage": 60, "refuse": True}})
        assert shown["outages"] == [] and shown["rules"][0]["matched"] == 0
        for _attempt in range(2):
            with pytest.raises(requests.ConnectionError):
                await client.call("GET", "/")
        assert (await client.call("GET", "/", name="orders")).status_code == 200
        assert len((await client.admin("GET", "/faults"))["outages"]) == 1
        assert (await client.admin("DELETE", "/faults")) == {"rules": [], "outages": []}
        assert (await client.call("GET", "/")).status_code == 200
        # The second request never came in.
        assert [(entry["fault"], entry["status"]) for entry in await client.entries()] == [("outage", None), (None, 200), (None, 200)]


async def test_a_stale_read_of_elasticsearch_gives_the_answer_from_before_the_write(cloud: Any) -> None:
    async with cloud as state:
        client = Client(state)
        await client.faults({"plane": "data", "path": USER, "action": {"stale": 0.3}})
        before = await client.call("GET", USER)
        await client.call("PUT", USER, NEW_USER)
        stale, unasked = await client.call("GET", USER), await client.call("GET", USER + "?pretty")
        assert (before.status_code, stale.status_code, unasked.status_code) == (404, 404, 200)
        assert (stale.text, stale.headers["Content-Type"]) == (before.text, before.headers["Content-Type"])
        async with asyncio.timeout(5):
            while (await client.call("GET", USER)).status_code == 404:
                await asyncio.sleep(0.02)
        assert [entry["fault"] for entry in await client.entries()][:4] == ["stale 0.3 s", None, "stale 0.3 s", "stale 0.3 s"]


async def test_unusable_rules_are_refused_and_leave_the_others_in_force(cloud: Any) -> None:
    async with cloud as state:
        client = Client(state)
        await client.faults({"action": {"delay": 0}})
        reply = await asyncio.to_thread(requests.post, f"{state['admin_url']}/faults", data="{", timeout=10)
        assert (reply.status_code, reply.text) == (400, "the body must be JSON")
        reply = await asyncio.to_thread(requests.post, f"{state['admin_url']}/faults", json={"rules": [{}]}, timeout=10)
        assert (reply.status_code, reply.text) == (400, "rules[0].action must be an object")
        assert [rule["action"] for rule in (await client.admin("GET", "/faults"))["rules"]] == [{"delay": 0}]
