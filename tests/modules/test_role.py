# SPDX-License-Identifier: GPL-3.0-or-later
"""The role ``links``: its tasks, tags and flat variables."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness import variables
from harness.cloud import MiniCloud
from harness.controller import CHECK, LOCAL, MAKE, REMOTE, VERIFY, Controller, Run, link
from harness.plays import Play, run_play


@pytest.fixture
def controller(cloud: MiniCloud, tmp_path: Path) -> Controller:
    return Controller(cloud, tmp_path)


@pytest.fixture(scope="module")
def connected(cloud: MiniCloud, tmp_path_factory: pytest.TempPathFactory) -> tuple[Controller, Run]:
    """A link with a role, and the run that made it."""
    controller = Controller(cloud, tmp_path_factory.mktemp("connected"))
    further = {"proxy_socket_connections": 2, "transport.ping_schedule": "30s"}
    run = controller.run(link("connected", settings=further, roles=[{"name": "readers-of-connected"}]))
    assert run.play.status == 0, run.text
    return controller, run


@pytest.mark.proves("R111", "R112", "R113", "R114", "R115", "R118", "R119")
def test_an_alias_leads_to_the_endpoint_of_the_remote_deployment_and_port_9443(connected: tuple[Controller, Run]):
    controller, _run = connected
    endpoint = controller.cloud.deployment(REMOTE)["endpoint"]

    have = {name: value for name, value in controller.settings().items() if name.startswith("cluster.remote.connected.")}

    assert have == {
        "cluster.remote.connected.mode": "proxy",
        "cluster.remote.connected.proxy_address": f"{endpoint}:9443",
        "cluster.remote.connected.server_name": endpoint,
        "cluster.remote.connected.skip_unavailable": "false",
        "cluster.remote.connected.proxy_socket_connections": "2",
        "cluster.remote.connected.transport.ping_schedule": "30s",
    }


@pytest.mark.proves("R121", "R122", "R133", "R137")
def test_a_link_takes_a_key_on_the_remote_and_all_else_on_the_local_cluster_by_the_apis_alone(connected: tuple[Controller, Run]):
    controller, run = connected
    local = controller.cloud.deployment(LOCAL)

    assert run.writes == [
        f"POST /_security/cross_cluster/api_key of {REMOTE}",
        f"PATCH /api/v1/deployments/{local['id']}/elasticsearch/{local['ref_id']}/keystore of {LOCAL}",
        f"PUT /_cluster/settings of {LOCAL}",
        f"PUT /_security/role/readers-of-connected of {LOCAL}",
    ]


@pytest.mark.proves("R151")
def test_a_link_that_is_proven_is_connected_with_the_api_key_model(connected: tuple[Controller, Run]):
    controller, run = connected
    (key,) = controller.valid_keys("connected")

    state = controller.local("GET", "/_remote/info").json()["connected"]

    assert (state["connected"], state["cluster_credentials"]) == (True, "::es_redacted::")
    assert (run.links[0]["status"], run.links[0]["proof"]["key"]) == ("proven", key["id"])


def flat(cloud: MiniCloud) -> dict[str, Any]:
    """One link as a survey and injected credentials give it."""
    answers: dict[str, Any] = {"links_search": "orders-*, stock-*", "links_expiration": "", "links_wait_timeout": 60}
    for side, name in (("local", LOCAL), ("remote", REMOTE)):
        platform = cloud.deployment(name)["platform"]
        answers.update(
            {
                f"links_{side}_platform_url": cloud.platform(platform)["url"],
                f"links_{side}_platform_api_key": variables.lookup(platform, "api_key"),
                f"links_{side}_platform_ca_path": cloud.platform(platform)["ca_path"],
                f"links_{side}_deployment": name,
                f"links_{side}_username": "elastic",
                f"links_{side}_password": variables.lookup(name, "password"),
            }
        )
    return answers


def run_flat(cloud: MiniCloud, folder: Path, **answers: Any) -> Play:
    path = variables.write(folder / "survey.json", {**flat(cloud), **answers})
    environment = {**cloud.environment, **variables.secrets(cloud)}
    return run_play("crosscluster.elastic.ece_to_ech", "-e", f"@{path}", environment=environment, record=folder / "results.jsonl")


def test_the_answers_of_a_survey_make_a_link(cloud: MiniCloud, tmp_path: Path):
    done = run_flat(cloud, tmp_path, links_alias="surveyed")

    assert done.status == 0, done.output
    (made,) = done.tasks[VERIFY]["links"]
    assert (made["alias"], made["status"]) == ("surveyed", "proven")
    key = done.tasks[MAKE]["changes"][0]["after"]
    assert key["access"]["search"][0]["names"] == ["orders-*", "stock-*"]
    assert key["expiration"] is None, "an empty answer is none"


def test_the_alias_of_a_survey_without_one_is_the_name_of_the_remote_deployment(cloud: MiniCloud, tmp_path: Path):
    done = run_flat(cloud, tmp_path)

    assert done.tasks[VERIFY]["links"][0]["alias"] == REMOTE


@pytest.mark.parametrize(("missing", "words"), [("links_remote_deployment", "deployment is empty"), ("links_search", "access is empty")])
def test_an_incomplete_survey_is_told_what_is_missing(cloud: MiniCloud, tmp_path: Path, missing: str, words: str):
    mark = cloud.mark()
    done = run_flat(cloud, tmp_path, **{missing: ""})

    assert done.status != 0
    assert cloud.writes_since(mark) == []
    assert words in done.messages


def test_the_tag_of_the_first_task_only_looks(controller: Controller):
    done = controller.run(link("looked_at"), arguments=("--tags", "links_check"))

    assert done.play.status == 0, done.text
    assert done.writes == []
    assert [change["action"] for change in done.play.tasks[CHECK]["changes"]] == ["create", "create"]
    assert done.play.changed == 0
    assert MAKE not in done.play.tasks


def test_a_role_without_any_link_changes_nothing(controller: Controller):
    done = controller.run()

    assert done.play.status == 0, done.text
    assert (done.changes, done.writes) == ([], [])


def test_progress_is_on_stderr_and_the_result_on_stdout(controller: Controller):
    done = controller.run(link("told"))

    assert "links: search-prod -> orders-prod (alias told): works" in done.play.progress
    assert "links: " not in done.play.output
