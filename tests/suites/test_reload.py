# SPDX-License-Identifier: GPL-3.0-or-later
"""Credentials that nodes of a self-managed local cluster have in their keystores, and were never told to load."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.cloud import MiniCloud, running
from harness.controller import CHECK, Controller
from harness.scenarios import SCENARIOS

SCENARIO = SCENARIOS["self_managed_to_ech"]
ALIAS = "unloaded"
SETTING = f"cluster.remote.{ALIAS}.credentials"
RELOAD = f"POST /_nodes/reload_secure_settings of {SCENARIO.local}"


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MiniCloud]:
    folder = tmp_path_factory.mktemp("cloud")
    with running(SCENARIO.world(folder), folder / "cloud", "simulated") as started:
        Controller(started, folder, SCENARIO).fill()
        yield started


def test_the_next_run_lets_the_nodes_load_what_an_interrupted_one_left_in_their_keystores_and_makes_no_key(
    cloud: MiniCloud, tmp_path: Path
):
    controller = Controller(cloud, tmp_path, SCENARIO)
    _interrupt(controller)
    before = controller.keys()

    repaired = controller.run(controller.link(ALIAS))
    verified = controller.run(controller.link(ALIAS), playbook="crosscluster.elastic.verify")

    assert repaired.play.status == 0, repaired.text
    assert [(change["step"], change["action"]) for change in repaired.play.tasks[CHECK]["changes"]] == [
        ("credentials", "reload"),
        ("connection", "create"),
    ]
    assert repaired.writes == [RELOAD, f"PUT /_cluster/settings of {SCENARIO.local}"]
    assert repaired.links[0]["status"] == "proven"
    assert controller.keys() == before
    assert (verified.play.status, verified.links[0]["status"], verified.writes) == (0, "proven", []), verified.text


def _interrupt(controller: Controller) -> None:
    """Leave what a run leaves that ends after it has put a new key into the keystores."""
    uuid = controller.local("GET", "/").json()["cluster_uuid"]
    mark = {"managed_by": "crosscluster.elastic", "link": f"{uuid}/{ALIAS}", "run": "interrupted"}
    body = {"name": f"remote-cluster-{ALIAS}", "metadata": mark, "access": {"search": [{"names": ["orders-*"]}]}}
    key = controller.remote("POST", "/_security/cross_cluster/api_key", body).json()
    for node in controller.cloud.deployment(SCENARIO.local)["nodes"]:
        subprocess.run([*node["keystore"], "add", "-x", "-f", SETTING], input=f"{key['encoded']}\n", text=True, check=True)
