# SPDX-License-Identifier: GPL-3.0-or-later
"""Simulated clusters: a link works exactly when the state of both sides says so, by the rules of each version."""

from __future__ import annotations

import asyncio
import functools
import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from minicloud import tls, worldfile
from minicloud.admission import Filter
from minicloud.dataplane.simulated import links
from minicloud.dataplane.simulated.api import Request, answer
from minicloud.dataplane.simulated.cluster import Cluster
from minicloud.dataplane.simulated.network import Network
from minicloud.transport import TransportTrust
from minicloud.world import Account, PlatformSpec

ALIAS = "cluster.remote.orders"
ACCESS = {"search": [{"names": ["orders-*"]}]}


class Pair:
    """A local and a remote cluster on platforms of their own, the remote's proxies with a certificate of a public or private CA."""

    def __init__(self, folder: Path, local: dict[str, Any] | None = None, remote: dict[str, Any] | None = None, ca: str = "public") -> None:
        deployments = [{"name": "search", "version": "8.19.21", "nodes": 2, "refresh_seconds": 0, **(local or {})}]
        remotes = [{"name": "orders", "version": "8.19.21", "refresh_seconds": 0, **(remote or {})}]
        environments = [
            {"name": "here", "proxy_ca": "public", "deployments": deployments},
            {"name": "there", "proxy_ca": ca, "deployments": remotes},
        ]
        self.authorities = {kind: tls.Authority(f"{kind} CA", folder / kind) for kind in ("public", "private")}
        world = worldfile.parse({"environments": environments})
        trusted = frozenset([self.authorities["public"].pem])
        self.local, self.remote = (Cluster(deployment, trusted) for deployment in world.deployments)
        self.network = Network([self._platform(account, folder) for account in world.accounts], [self.local, self.remote])
        self.call(self.remote, "PUT", "/orders-2026/_doc/1", {"number": "a1"})

    def call(self, cluster: Cluster, method: str, path: str, body: Any = None, user: str = "elastic", node: int = 0) -> tuple[int, Any]:
        password = cluster.deployment.password if user == "elastic" else "horse-staple"
        headers = {"Authorization": aiohttp.encode_basic_auth(user, password)}
        bare, _mark, rest = path.partition("?")
        query = dict(part.split("=") for part in rest.split("&") if part)
        content = b"" if body is None else json.dumps(body).encode()
        found = asyncio.run(answer(self.network, cluster, cluster.nodes[node], Request(method, bare, query, headers, content)))
        return found.status, found.body

    def key(self, **fields: Any) -> dict[str, Any]:
        status, key = self.call(self.remote, "POST", "/_security/cross_cluster/api_key", {"name": "k", "access": ACCESS, **fields})
        assert status == 200, key
        return key

    def load(self, encoded: str, *nodes: int) -> None:
        """Bring a credential to the keystores of nodes (all by default), loaded."""
        for number in nodes or range(len(self.local.nodes)):
            self.local.nodes[number].stored[f"{ALIAS}.credentials"] = encoded
            links.load_credentials(self.network, self.local, self.local.nodes[number])

    def connect(self, **settings: Any) -> None:
        endpoint = self.remote.deployment.endpoint
        wanted = {"mode": "proxy", "proxy_address": f"{endpoint}:9443", "server_name": endpoint, "skip_unavailable": False, **settings}
        status, body = self.call(
            self.local, "PUT", "/_cluster/settings", {"persistent": {f"{ALIAS}.{name}": value for name, value in wanted.items()}}
        )
        assert status == 200, body

    def linked(self) -> dict[str, Any]:
        """Make a whole link; returns the key."""
        key = self.key()
        self.load(key["encoded"])
        self.connect()
        return key

    def trust(self, cluster: Cluster, other: Cluster) -> None:
        """Let nodes talk to those of another cluster with certificates."""
        pattern = f"*.node.{other.deployment.cluster_id}.cluster.*.account"
        cluster.transport = TransportTrust((self.authorities["private"].pem,), (pattern,))

    def resolved(self, index: str = "orders-*", node: int = 0) -> dict[str, Any]:
        return self.call(self.local, "GET", f"/_resolve/cluster/orders:{index}", node=node)[1]["orders"]

    def searched(self, node: int = 0, user: str = "elastic") -> tuple[int, Any]:
        return self.call(self.local, "GET", "/orders:orders-*/_search", user=user, node=node)

    def _platform(self, account: Account, folder: Path) -> PlatformSpec:
        certificate = self.authorities[account.proxy_ca].issue(account.name, account.proxy_names)
        return PlatformSpec(
            name=account.name,
            type=account.type,
            address="127.9.9.9" if account.name == "there" else "127.9.9.8",
            domain=f"{account.name}.minicloud.test",
            regions=account.regions,
            scope_id=account.scope_id,
            https_port=9243,
            proxy_certificate=certificate.certificate,
            proxy_key=certificate.key,
            transport_cas=dict.fromkeys(account.regions, self.authorities["private"].files),
            egress=account.egress,
        )


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    return Pair(tmp_path)


def test_a_search_through_a_whole_link_finds_the_document_of_the_remote_cluster(pair: Pair) -> None:
    pair.linked()
    status, body = pair.searched()
    assert (status, body["hits"]["hits"][0]["_index"]) == (200, "orders:orders-2026")
    assert body["_clusters"]["details"]["orders"]["status"] == "successful"
    assert pair.resolved() == {
        "connected": True,
        "skip_unavailable": False,
        "matching_indices": True,
        "version": pair.resolved()["version"],
    }


@pytest.mark.parametrize(
    "settings",
    [
        {"proxy_address": "127.9.9.9:9400"},
        {"proxy_address": "nobody.there.minicloud.test:9443"},
        {"proxy_address": "127.9.9.8:9443"},
        {"server_name": "nobody.there.minicloud.test"},
    ],
)
def test_a_wrong_port_host_platform_or_server_name_keeps_the_link_from_connecting(pair: Pair, settings: dict[str, str]) -> None:
    pair.load(pair.key()["encoded"])
    pair.connect(**settings)
    assert pair.resolved() == {"connected": False, "skip_unavailable": False}
    assert pair.searched()[0] >= 400


def test_without_a_key_each_side_must_trust_the_certificates_of_the_other(pair: Pair) -> None:
    def refused() -> str:
        pair.connect(proxy_address=f"{pair.remote.deployment.endpoint}:9400", proxy_socket_connections=next(numbers))
        assert not pair.resolved()["connected"]
        return pair.local.lines[-1]

    numbers = itertools.count(1)
    assert "unable to find valid certification path" in refused()
    pair.trust(pair.local, pair.remote)
    assert "bad_certificate" in refused()
    pair.trust(pair.remote, pair.local)
    assert pair.searched()[1]["hits"]["hits"][0]["_index"] == "orders:orders-2026"


def test_without_a_key_the_roles_of_the_remote_decide(pair: Pair) -> None:
    pair.trust(pair.local, pair.remote)
    pair.trust(pair.remote, pair.local)
    pair.connect(proxy_address=f"{pair.remote.deployment.endpoint}:9400")
    pair.call(pair.local, "PUT", "/_security/user/reader", {"password": "horse-staple", "roles": ["readers"]})
    assert pair.searched(user="reader")[0] == 403
    pair.call(pair.remote, "PUT", "/_security/role/readers", {"indices": [{"names": ["orders-*"], "privileges": ["read"]}]})
    assert pair.searched(user="reader")[0] == 200


def test_sniff_mode_does_not_work_behind_the_proxies_of_a_platform(pair: Pair) -> None:
    pair.load(pair.key()["encoded"])
    pair.connect(mode="sniff", seeds=[f"{pair.remote.deployment.endpoint}:9443"], proxy_address=None, server_name=None)
    assert pair.resolved() == {"connected": False, "skip_unavailable": False}


def test_without_server_name_the_host_of_the_address_is_asked_for(pair: Pair) -> None:
    pair.load(pair.key()["encoded"])
    pair.connect(server_name=None)
    assert pair.searched()[0] == 200


def test_a_private_ca_must_be_trusted_and_is_looked_at_for_new_connections_only(tmp_path: Path) -> None:
    pair = Pair(tmp_path, ca="private")
    pair.linked()
    assert "unable to find valid certification path" in str(pair.searched())
    pair.local.trusted |= {pair.authorities["private"].pem}
    assert pair.searched()[0] == 200
    pair.local.trusted -= {pair.authorities["private"].pem}
    assert pair.searched()[0] == 200


@pytest.mark.parametrize(
    ("wanted", "admitted"),
    [
        (Filter(), False),
        (Filter(frozenset({"100.64.0.0/24"})), True),
        (Filter(frozenset({"100.64.1.0/24"})), False),
        (Filter(clusters=frozenset({("", "the local cluster")})), False),
    ],
    ids=["nobody", "its addresses", "other addresses", "its cluster id, on another installation"],
)
def test_a_filtered_cluster_is_reached_by_whom_its_rules_admit(pair: Pair, wanted: Filter, admitted: bool) -> None:
    clusters = frozenset((scope_id, pair.local.deployment.cluster_id) for scope_id, _name in wanted.clusters)
    pair.remote.filter = Filter(wanted.networks, clusters)
    pair.linked()
    assert (pair.searched()[0] == 200) is admitted
    assert "Connection closed" in pair.local.lines[-1] if pair.local.lines else admitted
    pair.remote.filter = None
    assert pair.searched()[0] == 200


def test_a_filter_is_looked_at_for_new_connections_only(pair: Pair) -> None:
    pair.linked()
    assert pair.searched()[0] == 200
    pair.remote.filter = Filter()
    assert pair.searched()[0] == 200


def test_the_credential_counts_on_each_node_for_itself(pair: Pair) -> None:
    first = pair.key()
    pair.load(first["encoded"], 0)
    pair.connect()
    assert [pair.searched(node)[0] for node in (0, 1)] == [200, 500]
    second = pair.key()
    pair.load(second["encoded"], 1)
    assert [second["id"] in pair.resolved("outside", node)["error"] for node in (0, 1)] == [False, True]


def test_a_revoked_key_is_refused_although_remote_info_says_connected(pair: Pair) -> None:
    key = pair.linked()
    pair.call(pair.remote, "DELETE", "/_security/api_key", {"ids": [key["id"]]})
    assert pair.call(pair.local, "GET", "/_remote/info")[1]["orders"]["connected"] is True
    assert pair.resolved()["error"] == f"api key [{key['id']}] has been invalidated"
    assert pair.resolved()["error"].startswith(f"unable to authenticate user [{key['id']}]")
    assert pair.searched()[0] == 401


def test_each_refusal_costs_a_revoked_key_a_socket_until_the_connection_is_lost(pair: Pair) -> None:
    key = pair.linked()
    pair.call(pair.remote, "DELETE", "/_security/api_key", {"ids": [key["id"]]})
    for _refusal in range(18):
        pair.resolved()
    assert pair.call(pair.local, "GET", "/_remote/info")[1]["orders"]["connected"] is False
    assert "remote_cluster/handshake" in pair.resolved()["error"]


def test_skip_unavailable_hides_that_a_link_is_broken(pair: Pair) -> None:
    key = pair.linked()
    pair.connect(skip_unavailable=True)
    pair.call(pair.remote, "DELETE", "/_security/api_key", {"ids": [key["id"]]})
    status, body = pair.searched()
    assert (status, body["hits"]["total"]["value"]) == (200, 0)
    assert body["_clusters"]["details"]["orders"]["status"] == "skipped"


def test_a_rebuilt_connection_forgets_skip_unavailable_until_that_setting_changes(pair: Pair) -> None:
    pair.linked()
    pair.connect(proxy_socket_connections=5)
    assert pair.resolved()["skip_unavailable"] is True
    pair.connect(proxy_socket_connections=5, skip_unavailable=True)
    pair.connect(proxy_socket_connections=5, skip_unavailable=False)
    assert pair.resolved()["skip_unavailable"] is False


def test_a_changed_credential_is_used_without_a_new_connection_and_no_search_fails(pair: Pair) -> None:
    first = pair.linked()
    second = pair.key()
    pair.load(second["encoded"])
    assert second["id"] in pair.resolved("outside")["error"]
    pair.call(pair.remote, "DELETE", "/_security/api_key", {"ids": [first["id"]]})
    assert pair.searched()[0] == 200


def test_a_remote_that_is_down_is_unreachable_and_found_again_when_it_is_up(pair: Pair) -> None:
    pair.linked()
    pair.remote.nodes[0].is_up = False
    assert pair.resolved() == {"connected": False, "skip_unavailable": False}
    pair.remote.nodes[0].is_up = True
    assert pair.resolved()["connected"] is True


def test_a_reload_makes_a_credential_effective_from_8_13_on(tmp_path: Path) -> None:
    for version, status in (("8.12.2", 500), ("8.13.0", 200)):
        pair = Pair(tmp_path / version, local={"version": version}, remote={"version": "8.14.3"})
        pair.connect()
        for node in pair.local.nodes:
            node.stored[f"{ALIAS}.credentials"] = pair.key()["encoded"]
        assert pair.call(pair.local, "POST", "/_nodes/reload_secure_settings")[1]["_nodes"]["failed"] == 0
        assert pair.searched()[0] == status


def test_manage_alone_cannot_reload_credentials_before_8_15_2(tmp_path: Path) -> None:
    for version, fails in (("8.15.1", True), ("8.15.2", False)):
        pair = Pair(tmp_path / version, local={"version": version})
        pair.call(pair.local, "PUT", "/_security/role/manager", {"cluster": ["manage"]})
        pair.call(pair.local, "PUT", "/_security/user/manager", {"password": "horse-staple", "roles": ["manager"]})
        answered = pair.call(pair.local, "POST", "/_nodes/reload_secure_settings", user="manager")[1]
        assert ["reload_exception" in node for node in answered["nodes"].values()] == [fails, fails]


def test_resolve_cluster_is_unknown_before_8_13(tmp_path: Path) -> None:
    pair = Pair(tmp_path, local={"version": "8.12.2"}, remote={"version": "8.12.2"})
    status, body = pair.call(pair.local, "GET", "/_resolve/cluster/orders:*")
    assert (status, body["error"]) == (400, "no handler found for uri [/_resolve/cluster/orders:*] and method [GET]")


def test_older_versions_answer_that_they_are_not_connected_and_connect_afterwards(tmp_path: Path) -> None:
    pair = Pair(tmp_path, local={"version": "8.14.3"}, remote={"version": "8.14.3"})
    pair.linked()
    pair.local.nodes[0].connections["orders"].sockets = 0
    assert [pair.resolved()["connected"] for _attempt in range(2)] == [False, True]


@pytest.mark.parametrize(("version", "skips"), [("8.14.3", False), ("8.15.0", True), ("9.2.0", True)])
def test_the_default_of_skip_unavailable_depends_on_the_version(tmp_path: Path, version: str, skips: bool) -> None:
    pair = Pair(tmp_path, local={"version": version}, remote={"version": version})
    pair.connect(skip_unavailable=None)
    assert pair.call(pair.local, "GET", "/_remote/info")[1]["orders"]["skip_unavailable"] is skips


def test_clusters_of_versions_too_far_apart_do_not_connect(tmp_path: Path) -> None:
    pair = Pair(tmp_path, local={"version": "9.2.0"}, remote={"version": "8.18.0"})
    pair.linked()
    assert "unsupported version" in str(pair.searched())


@pytest.mark.parametrize("licence", ["basic", "platinum"])
@pytest.mark.parametrize("side", ["local", "remote"])
def test_a_licence_that_does_not_cover_it_is_refused_on_either_side(tmp_path: Path, side: str, licence: str) -> None:
    pair = Pair(tmp_path, **{side: {"licence": licence}})
    if side == "remote":
        status, body = pair.call(pair.remote, "POST", "/_security/cross_cluster/api_key", {"name": "k", "access": ACCESS})
    else:
        pair.linked()
        status, body = pair.searched()
    assert (status, body["error"]["reason"]) == (403, "current license is non-compliant for [advanced-remote-cluster-security]")


def test_a_new_key_is_found_only_after_a_refresh(tmp_path: Path) -> None:
    pair = Pair(tmp_path, remote={"refresh_seconds": 0.2})
    seen = {}

    async def create_and_look() -> None:
        request = ("POST", "/_security/cross_cluster/api_key", {"name": "orphan", "access": ACCESS})
        creation = asyncio.create_task(asyncio.to_thread(pair.call, pair.remote, *request))
        while not pair.remote.keys:
            await asyncio.sleep(0.01)
        look = ("POST", "/_security/_query/api_key", {"query": {"match_all": {}}})
        seen["before"] = (await asyncio.to_thread(pair.call, pair.remote, *look))[1]["total"]
        await creation
        seen["after"] = (await asyncio.to_thread(pair.call, pair.remote, *look))[1]["total"]

    asyncio.run(create_and_look())
    assert seen == {"before": 0, "after": 1}


def test_a_key_identity_can_be_given_from_9_3_on(tmp_path: Path) -> None:
    for version, status in (("9.2.0", 400), ("9.4.3", 200)):
        pair = Pair(tmp_path / version, remote={"version": version})
        body = {"name": "k", "access": ACCESS, "certificate_identity": "CN=.*"}
        assert pair.call(pair.remote, "POST", "/_security/cross_cluster/api_key", body)[0] == status


def test_followers_and_auto_follow_patterns_tell_their_alias_until_they_are_gone(pair: Pair) -> None:
    pair.connect()
    call = functools.partial(pair.call, pair.local)
    assert call("PUT", "/copy/_ccr/follow", {"remote_cluster": "orders", "leader_index": "orders-2026"})[0] == 200
    ((follower,),) = call("GET", "/*/_ccr/info")[1].values()
    assert (follower["follower_index"], follower["remote_cluster"], follower["leader_index"]) == ("copy", "orders", "orders-2026")
    assert follower["status"] == "active"
    assert call("POST", "/copy/_ccr/unfollow")[0] == 400
    assert call("POST", "/copy/_ccr/pause_follow")[0] == 200
    assert call("GET", "/copy/_ccr/info")[1]["follower_indices"][0]["status"] == "paused"
    assert call("POST", "/copy/_ccr/unfollow")[0] == 200
    assert call("GET", "/_all/_ccr/info") == (200, {"follower_indices": []})

    assert call("PUT", "/_ccr/auto_follow/copies", {"remote_cluster": "orders", "leader_index_patterns": ["orders-*"]})[0] == 200
    ((pattern,),) = call("GET", "/_ccr/auto_follow")[1].values()
    assert (pattern["name"], pattern["pattern"]["remote_cluster"], pattern["pattern"]["active"]) == ("copies", "orders", True)
    assert call("DELETE", "/_ccr/auto_follow/copies")[0] == 200
    assert call("GET", "/_ccr/auto_follow") == (200, {"patterns": []})


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "reason"),
    [
        ("GET", "/nosuch/_ccr/info", None, 404, "no such index [nosuch]"),
        ("PUT", "/copy/_ccr/follow", {"remote_cluster": "nope", "leader_index": "a"}, 404, "no such remote cluster: [nope]"),
        ("PUT", "/copy/_ccr/follow", {"leader_index": "a"}, 400, "[remote_cluster] is missing"),
        ("POST", "/nosuch/_ccr/pause_follow", None, 404, "no such index [nosuch]"),
        ("GET", "/_ccr/auto_follow/nosuch", None, 404, "auto-follow pattern [nosuch] is missing"),
        ("DELETE", "/_ccr/auto_follow/nosuch", None, 404, "auto-follow pattern [nosuch] is missing"),
    ],
)
def test_replication_is_refused_with_what_is_missing(pair: Pair, method: str, path: str, body: Any, status: int, reason: str) -> None:
    found, answered = pair.call(pair.local, method, path, body)
    assert (found, reason in answered["error"]["reason"]) == (status, True)


def test_reading_auto_follow_patterns_needs_a_privilege_that_reading_followers_does_not(pair: Pair) -> None:
    pair.call(pair.local, "PUT", "/_security/role/low", {"cluster": ["monitor"]})
    pair.call(pair.local, "PUT", "/_security/user/low", {"password": "horse-staple", "roles": ["low"]})
    assert pair.call(pair.local, "GET", "/_all/_ccr/info", user="low")[0] == 200
    assert pair.call(pair.local, "GET", "/_ccr/auto_follow", user="low")[0] == 403
