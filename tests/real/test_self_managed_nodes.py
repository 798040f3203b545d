# SPDX-License-Identifier: GPL-3.0-or-later
"""Self-managed clusters of real nodes, as their owners have them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml

from harness.cloud import WORLDS, MiniCloud, running
from minicloud.dataplane.simulated import keystoretool
from real.bed import eventually

SETTING = "cluster.remote.stock.credentials"


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MiniCloud]:
    with running(WORLDS / "self_managed_to_self_managed.yml", tmp_path_factory.mktemp("cloud")) as started:
        yield started


def _node(cloud: MiniCloud, number: int = 0) -> dict[str, Any]:
    return cloud.deployment("billing")["nodes"][number]


def _keystore(command: list[str], *arguments: str, given: str = "", config: Path | None = None) -> tuple[int, str, str]:
    """Status, output and errors of a keystore tool, without stack traces and the place of the keystore."""
    environment = {"ES_PATH_CONF": str(config)} if config else {}
    done = subprocess.run([*command, *arguments], input=given, capture_output=True, text=True, check=False, env=environment)
    errors = [line.replace(str(config), "CONFIG") for line in done.stderr.splitlines() if not line.startswith("\tat ")]
    return done.returncode, done.stdout.replace(str(config), "CONFIG"), "\n".join(errors)


def test_the_keystore_tool_of_simulated_nodes_speaks_like_the_real_one(cloud: MiniCloud, tmp_path: Path) -> None:
    real, lookalike = _node(cloud)["keystore"], [sys.executable, "-I", keystoretool.__file__]
    folders = {"real": tmp_path / "real", "lookalike": tmp_path / "lookalike"}
    for folder in folders.values():
        folder.mkdir()
        folder.chmod(0o777)
    moved = [f"ES_PATH_CONF={folders['real']}" if part.startswith("ES_PATH_CONF=") else part for part in real]
    for arguments, given in (
        (["list"], ""),
        (["add", "-x", "-f", SETTING], "first\n"),
        (["add", "-x", SETTING], "n\n"),
        (["show", SETTING], ""),
        (["add", "-xf", "a b"], "value\n"),
        (["remove", "absent"], ""),
    ):
        expected = _keystore(moved, *arguments, given=given, config=folders["real"])
        assert _keystore(lookalike, *arguments, given=given, config=folders["lookalike"]) == expected


def test_two_nodes_are_one_cluster(cloud: MiniCloud) -> None:
    health = cloud.elasticsearch("billing", "GET", "/_cluster/health").json()
    assert health["number_of_nodes"] == 2
    names = {node["name"] for node in cloud.elasticsearch("billing", "GET", "/_nodes").json()["nodes"].values()}
    assert names == {"billing-0", "billing-1"}


def test_a_link_to_a_private_ca_works_once_a_node_has_ca_and_key_and_the_other_node_answers_meanwhile(cloud: MiniCloud) -> None:
    cloud.elasticsearch("billing", "PUT", "/own/_doc/1?refresh=true", {"found": "it"}).raise_for_status()
    eventually(lambda: cloud.elasticsearch("billing", "GET", "/_cluster/health").json()["status"] == "green")
    cloud.elasticsearch("stock", "PUT", "/stock-1/_doc/1?refresh=true", {"found": "it"}).raise_for_status()
    access = {"name": "k", "access": {"search": [{"names": ["stock-*"]}]}}
    key = cloud.elasticsearch("stock", "POST", "/_security/cross_cluster/api_key", access).json()
    wanted = {"mode": "proxy", "proxy_address": cloud.deployment("stock")["remote_address"], "skip_unavailable": False}
    persistent = {f"cluster.remote.stock.{name}": value for name, value in wanted.items()}
    cloud.elasticsearch("billing", "PUT", "/_cluster/settings", {"persistent": persistent}).raise_for_status()
    _trust_stock(cloud, key["encoded"])
    subprocess.run(_node(cloud)["restart"], check=True)
    with pytest.raises(requests.exceptions.ProxyError):
        cloud.elasticsearch("billing", "GET", "/")
    assert cloud.elasticsearch("billing", "GET", "/own/_search", node=1).json()["hits"]["total"]["value"] == 1
    eventually(lambda: _events(cloud)[-1]["event"] != "down")
    assert [(event["node"], event["event"], event["down"]) for event in _events(cloud)] == [
        ("billing-0", "down", ["billing-0"]),
        ("billing-0", "up", []),
    ]
    assert cloud.admin("GET", "/deployments/billing/keystore") == {"billing-0": {SETTING: key["encoded"]}, "billing-1": {}}
    assert eventually(lambda: _found(cloud))


def _trust_stock(cloud: MiniCloud, encoded: str) -> None:
    """Give the first node the key and the CA of the remote cluster."""
    node = _node(cloud)
    assert _keystore(node["keystore"], "add", "-x", "-f", SETTING, given=f"{encoded}\n") == (0, "", "")
    config = Path(node["config"])
    (config / "certs" / "remotes.crt").write_text(Path(cloud.deployment("stock")["remote_ca_path"]).read_text())
    settings = yaml.safe_load((config / "elasticsearch.yml").read_text())
    settings["xpack.security.remote_cluster_client.ssl.certificate_authorities"] = ["certs/remotes.crt"]
    (config / "elasticsearch.yml").write_text(yaml.safe_dump(settings))


def _events(cloud: MiniCloud) -> list[dict[str, Any]]:
    return cloud.admin("GET", "/deployments/billing/events")["events"]


def _found(cloud: MiniCloud) -> bool:
    """Whether a search through the alias answers; it provokes a reconnect when not."""
    cloud.elasticsearch("billing", "GET", "/_resolve/cluster/stock:*")
    answer = cloud.elasticsearch("billing", "GET", "/stock:stock-*/_search")
    return answer.status_code == 200 and answer.json()["hits"]["total"]["value"] == 1
