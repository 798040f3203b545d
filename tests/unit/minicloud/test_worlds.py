# SPDX-License-Identifier: GPL-3.0-or-later
"""Links in the worlds of the scenarios, made by hand through the interfaces that everybody has, on simulated clusters."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import pytest
import requests

from minicloud import worldfile
from minicloud.cloud import running

WORLDS = Path(worldfile.__file__).parent / "worlds"
LOCAL, REMOTE = "search-prod", "orders-prod"
RULESETS = "/deployments/traffic-filter/rulesets"

T = TypeVar("T")


@dataclass(frozen=True)
class World:
    """A running mini cloud. Its HTTP clients block: they are called through `aside`."""

    state: dict[str, Any]

    def elasticsearch(self, name: str, method: str, path: str, body: Any = None) -> requests.Response:
        deployment = self.state["deployments"][name]
        auth = (deployment["username"], deployment["password"])
        return self._request(method, deployment["service_url"] + path, body, deployment["ca_path"], auth=auth)

    def cloud(self, platform: str, method: str, path: str, body: Any = None) -> requests.Response:
        entry = self.state["platforms"][platform]
        headers = {"Authorization": f"ApiKey {entry['api_key']}"}
        return self._request(method, f"{entry['url']}/api/v1{path}", body, entry["ca_path"], headers=headers)

    def platform_of(self, name: str) -> str:
        return self.state["deployments"][name]["platform"]

    def link(self) -> None:
        """Everything that a link needs but trust and filters."""
        self.elasticsearch(REMOTE, "PUT", "/orders-2026/_doc/1?refresh=true", {"number": 1}).raise_for_status()
        key = {"name": "link", "access": {"search": [{"names": ["orders-*"]}]}}
        encoded = self.elasticsearch(REMOTE, "POST", "/_security/cross_cluster/api_key", key).json()["encoded"]
        keystore = f"/deployments/{self.state['deployments'][LOCAL]['id']}/elasticsearch/_main/keystore"
        secrets = {"secrets": {"cluster.remote.orders.credentials": {"value": encoded}}}
        self.cloud(self.platform_of(LOCAL), "PATCH", keystore, secrets).raise_for_status()
        endpoint = self.state["deployments"][REMOTE]["endpoint"]
        settings = {"mode": "proxy", "proxy_address": f"{endpoint}:9443", "server_name": endpoint, "skip_unavailable": False}
        persistent = {f"cluster.remote.orders.{name}": value for name, value in settings.items()}
        self.elasticsearch(LOCAL, "PUT", "/_cluster/settings", {"persistent": persistent}).raise_for_status()

    def searched(self) -> requests.Response:
        return self.elasticsearch(LOCAL, "GET", "/orders:orders-*/_search")

    def trust(self, certificates: list[str]) -> None:
        """Add a trust entry of type proxy to the local deployment."""
        path = f"/deployments/{self.state['deployments'][LOCAL]['id']}"
        resource = self.cloud(self.platform_of(LOCAL), "GET", f"{path}?show_settings=true").json()["resources"]["elasticsearch"][0]
        info = resource["info"]
        pems = [{"pem": pem} for pem in certificates]
        entry = {"name": "the other side", "type": "proxy", "trust_all": False, "certificates": pems}
        trust = {"accounts": info["settings"]["trust"]["accounts"], "external": [], "direct": [entry]}
        plan = info["plan_info"]["current"]["plan"]
        payload = {"ref_id": resource["ref_id"], "region": resource["region"], "plan": plan, "settings": {"trust": trust}}
        body = {"prune_orphans": False, "resources": {"elasticsearch": [payload]}}
        self.cloud(self.platform_of(LOCAL), "PUT", path, body).raise_for_status()

    def filter(self, kind: str, *rules: dict[str, Any]) -> None:
        """Associate the remote deployment with a new rule set."""
        remote = self.state["deployments"][REMOTE]
        body = {"name": "x", "type": kind, "region": remote["region"], "include_by_default": False, "rules": rules}
        ruleset = self.cloud(self.platform_of(REMOTE), "POST", RULESETS, body).json()["id"]
        association = {"entity_type": "deployment", "id": remote["id"]}
        self.cloud(self.platform_of(REMOTE), "POST", f"{RULESETS}/{ruleset}/associations", association).raise_for_status()

    def _request(self, method: str, url: str, body: Any, ca: str, **credentials: Any) -> requests.Response:
        proxies = {"https": self.state["https_proxy"]}
        return requests.request(method, url, json=body, proxies=proxies, verify=ca, timeout=10, **credentials)


@contextlib.asynccontextmanager
async def world_of(name: str, folder: Path) -> AsyncIterator[World]:
    description = replace(worldfile.load(WORLDS / f"{name}.yml"), plan_seconds=0.05)
    async with running(description, folder, "simulated", lambda _line: None) as state:
        yield World(state)


async def aside(blocking: Callable[..., T], *arguments: Any) -> T:
    return await asyncio.to_thread(blocking, *arguments)


async def until(check: Callable[[], requests.Response], seconds: float = 10) -> requests.Response:
    """The first answer that is a success."""
    async with asyncio.timeout(seconds):
        while (answer := await aside(check)).status_code != 200:
            await asyncio.sleep(0.05)
        return answer


async def test_a_link_to_proxies_with_a_private_certificate_needs_a_trust_entry_with_their_root(tmp_path: Path) -> None:
    async with world_of("ece_to_other_ece", tmp_path) as world:
        await aside(world.link)
        refused = await aside(world.searched)
        assert refused.status_code == 500 and "unable to find valid certification path" in refused.text
        path = "/platform/configuration/security/tls/proxy"
        own, other = [(await aside(world.cloud, platform, "GET", path)).json()["chain"][-1] for platform in ("berlin", "munich")]
        await aside(world.trust, [own])
        await settled(world)
        assert (await aside(world.searched)).status_code == 500
        await aside(world.trust, [own, other])
        await until(world.searched)


async def settled(world: World) -> None:
    path = f"/deployments/{world.state['deployments'][LOCAL]['id']}"
    async with asyncio.timeout(10):
        while True:
            shown = (await aside(world.cloud, world.platform_of(LOCAL), "GET", path)).json()
            if "pending" not in shown["resources"]["elasticsearch"][0]["info"]["plan_info"]:
                return
            await asyncio.sleep(0.05)


@pytest.mark.parametrize(
    ("name", "is_one_installation"),
    [("ech_to_ech", True), ("ech_to_other_organization", True), ("ece_to_ech", False), ("ece_to_other_ece_public", False)],
)
async def test_a_filtered_remote_is_reached_by_identity_within_an_installation_and_by_address_from_elsewhere(
    tmp_path: Path, name: str, is_one_installation: bool
) -> None:
    # All of these have proxies with a public certificate, so that no trust is needed.
    async with world_of(name, tmp_path) as world:
        local, platform = world.state["deployments"][LOCAL], world.state["platforms"][world.platform_of(LOCAL)]
        own_id = (await aside(world.cloud, local["platform"], "GET", "/account")).json()["id"]
        await aside(world.filter, "ip", {"source": "192.0.2.1"})
        await aside(world.link)
        assert (await aside(world.searched)).status_code == 500
        await aside(world.filter, "remote_cluster", {"remote_cluster_org_id": own_id, "remote_cluster_id": local["cluster_id"]})
        assert ((await aside(world.searched)).status_code == 200) is is_one_installation
        await aside(world.filter, "ip", *({"source": address} for address in platform["egress"]))
        await until(world.searched)


@pytest.mark.parametrize(("name", "status"), [("ech_to_other_organization", 403), ("ece_to_other_ece", 404)])
async def test_the_credentials_of_one_account_show_nothing_of_another(tmp_path: Path, name: str, status: int) -> None:
    async with world_of(name, tmp_path) as world:
        for mine, theirs in ((LOCAL, REMOTE), (REMOTE, LOCAL)):
            platform = world.platform_of(mine)
            listed = (await aside(world.cloud, platform, "GET", "/deployments")).json()["deployments"]
            assert [deployment["name"] for deployment in listed] == [mine]
            found = (await aside(world.cloud, platform, "POST", "/deployments/_search", {})).json()
            assert [deployment["name"] for deployment in found["deployments"]] == [mine]
            path = f"/deployments/{world.state['deployments'][theirs]['id']}"
            for part in ("", "/certificate-authority", "/elasticsearch/_main", "/elasticsearch/_main/keystore"):
                assert (await aside(world.cloud, platform, "GET", path + part)).status_code == status
        keys = [platform["api_key"] for platform in world.state["platforms"].values()]
        assert len(set(keys)) == 2
