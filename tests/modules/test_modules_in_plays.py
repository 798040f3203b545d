# SPDX-License-Identifier: GPL-3.0-or-later
"""Each module in a play: predicted, done, left alone the second time; with its connection from the action group's defaults."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from harness import variables
from harness.cloud import MiniCloud
from harness.controller import LOCAL, REMOTE
from harness.plays import Play, run_play

RUNTIME = yaml.safe_load((Path(__file__).resolve().parents[2] / "meta" / "runtime.yml").read_text())
GROUPS = {name: group for group, names in RUNTIME["action_groups"].items() for name in names}


@dataclass(frozen=True)
class Case:
    """module with options that make something, and options that take it away again (None: nothing to take away).

    writes: how many writes each of them is. repeats: whether the second run changes nothing.
    given: modules of the same connection with options, run before.
    """

    module: str
    options: dict[str, Any]
    absent: dict[str, Any] | None = None
    deployment: str = REMOTE
    writes: int = 1
    repeats: bool = True
    given: tuple[tuple[str, dict[str, Any]], ...] = ()


FILTER = {"type": "ip", "region": "us-east-1", "rules": [{"source": "192.0.2.0/28"}]}
STATEFUL = (
    Case("account_trust", {"trust_all": False}, {"trust_all": True}),
    Case(
        "cross_cluster_api_key",
        {"name": "by-play", "access": {"search": [{"names": ["orders-*"]}]}, "metadata": {"team": "orders"}},
        {"name": "by-play", "state": "absent"},
    ),
    Case(
        "deployment_keystore",
        {"deployment": LOCAL, "secrets": [{"name": "bootstrap.second", "value": "s3cret-of-the-play"}]},
        {"deployment": LOCAL, "secrets": [{"name": "bootstrap.second"}], "state": "absent"},
        LOCAL,
    ),
    Case(
        "deployment_trust",
        {"deployment": LOCAL, "name": "by-play", "certificates": ["{{ ca }}"]},
        {"deployment": LOCAL, "name": "by-play", "state": "absent"},
        LOCAL,
    ),
    Case(
        "platform_trust_relationship",
        {"name": "munich", "environment_id": "9" * 32, "certificate": "{{ ca }}"},
        {"name": "munich", "state": "absent"},
        LOCAL,
    ),
    Case(
        "traffic_filter",
        {"name": "by-play", **FILTER},
        {"name": "by-play", "state": "absent"},
    ),
    Case(
        "traffic_filter_association",
        {"traffic_filter": "attached", "deployment": REMOTE, "allow_first": True},
        {"traffic_filter": "attached", "deployment": REMOTE, "allow_last": True, "state": "absent"},
        given=(("traffic_filter", {"name": "attached", **FILTER}),),
    ),
    Case(
        "remote_cluster",
        {"alias": "by_play", "proxy_address": "orders.example.com:9443", "server_name": "orders.example.com"},
        {"alias": "by_play", "state": "absent"},
        LOCAL,
    ),
    Case(
        "security_role",
        {"name": "by-play", "remote_indices": [{"clusters": ["by_play"], "names": ["orders-*"], "privileges": ["read"]}]},
        {"name": "by-play", "state": "absent"},
        LOCAL,
    ),
)
ACTIONS = (
    Case("deployment_restart", {"deployment": LOCAL}, deployment=LOCAL, repeats=False),
    Case("secure_settings_reload", {}, deployment=LOCAL, repeats=False),
)
READERS = (
    Case("cluster_health", {"nodes": 1}, writes=0),
    Case("cross_cluster_api_key_info", {}, writes=0),
    Case("deployment_certificate_authority_info", {"deployment": REMOTE}, writes=0),
    Case("deployment_info", {"deployment": REMOTE}, writes=0),
    Case("elasticsearch_info", {"privileges": ["manage"]}, writes=0),
    Case("elasticsearch_node_info", {}, writes=0),
    Case("platform_certificate_info", {}, deployment=LOCAL, writes=0),
    Case("platform_trust_relationship_info", {}, deployment=LOCAL, writes=0),
    Case("remote_cluster_info", {}, deployment=LOCAL, writes=0),
    Case("traffic_filter_info", {"deployment": REMOTE}, writes=0),
)


def connection(cloud: MiniCloud, case: Case) -> dict[str, Any]:
    """What ``module_defaults`` has for the module's group."""
    deployment = cloud.deployment(case.deployment)
    if GROUPS[case.module] == "cloud":
        platform = cloud.platform(deployment["platform"])
        return {"url": platform["url"], "api_key": variables.lookup(deployment["platform"], "api_key"), "ca_path": platform["ca_path"]}
    password = variables.lookup(case.deployment, "password")
    return {"url": deployment["service_url"], "username": "elastic", "password": password, "ca_path": deployment["ca_path"]}


def run_phases(cloud: MiniCloud, folder: Path, case: Case, phases: list[tuple[str, dict[str, Any], bool]]) -> tuple[Play, dict[str, list]]:
    """Run the module once for each phase (name, options, check mode). Returns the play and the writes of each phase."""
    place = f"lookup('ansible.builtin.url', '{cloud.state['admin_url']}/requests?since=1000000', split_lines=false) | from_json"
    mark = {"ansible.builtin.debug": {"msg": "{{ (" + place + ").next }}"}}
    tasks: list[dict[str, Any]] = [{f"crosscluster.elastic.{module}": options} for module, options in case.given]
    for name, options, check in phases:
        tasks.append({"name": f"mark {name}", **mark})
        tasks.append({"name": name, f"crosscluster.elastic.{case.module}": options, "check_mode": check, "diff": True})
    tasks.append({"name": "mark end", **mark})
    defaults = {f"group/crosscluster.elastic.{GROUPS[case.module]}": connection(cloud, case)}
    play = {"hosts": "localhost", "connection": "local", "gather_facts": False, "module_defaults": defaults, "tasks": tasks}
    play["vars"] = {"ca": Path(cloud.deployment(LOCAL)["ca_path"]).read_text()}
    playbook = folder / "play.yml"
    playbook.write_text(json.dumps([play]))
    # The mini cloud's own interface is not behind its proxy.
    environment = {**cloud.environment, **variables.secrets(cloud), "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
    done = run_play(playbook, environment=environment, record=folder / "results.jsonl")
    assert done.status == 0, done.output
    marks = [int(done.tasks[f"mark {name}"]["msg"]) for name in [*(phase[0] for phase in phases), "end"]]
    log = cloud.requests_since(0)
    writes = {
        phase[0]: [entry for entry in log if entry["write"] and start <= entry["n"] < end]
        for phase, start, end in zip(phases, marks, marks[1:], strict=False)
    }
    return done, writes


@pytest.mark.parametrize("case", STATEFUL, ids=lambda case: case.module)
def test_a_module_predicts_does_and_repeats_without_a_write(cloud: MiniCloud, tmp_path: Path, case: Case):
    assert case.absent is not None
    phases = [
        ("predict", case.options, True),
        ("make", case.options, False),
        ("again", case.options, False),
        ("predict removal", case.absent, True),
        ("remove", case.absent, False),
        ("remove again", case.absent, False),
    ]

    done, writes = run_phases(cloud, tmp_path, case, phases)

    changed = {name: done.tasks[name]["changed"] for name, _options, _check in phases}
    assert changed == {
        "predict": True,
        "make": True,
        "again": False,
        "predict removal": True,
        "remove": True,
        "remove again": False,
    }
    assert {name: len(entries) for name, entries in writes.items()} == {
        "predict": 0,
        "make": case.writes,
        "again": 0,
        "predict removal": 0,
        "remove": case.writes,
        "remove again": 0,
    }
    assert done.tasks["predict"]["diff"] == done.tasks["make"]["diff"]
    assert done.tasks["predict removal"]["diff"] == done.tasks["remove"]["diff"]
    assert "s3cret-of-the-play" not in done.output


@pytest.mark.parametrize("case", ACTIONS, ids=lambda case: case.module)
def test_an_action_acts_each_time_and_never_in_check_mode(cloud: MiniCloud, tmp_path: Path, case: Case):
    done, writes = run_phases(cloud, tmp_path, case, [("predict", case.options, True), ("act", case.options, False)])

    assert (done.tasks["predict"]["changed"], done.tasks["act"]["changed"]) == (True, True)
    assert (len(writes["predict"]), len(writes["act"])) == (0, 1)


@pytest.mark.parametrize("case", READERS, ids=lambda case: case.module)
def test_a_reader_changes_nothing_in_check_mode_or_out_of_it(cloud: MiniCloud, tmp_path: Path, case: Case):
    done, writes = run_phases(cloud, tmp_path, case, [("check", case.options, True), ("read", case.options, False)])

    assert (done.tasks["check"]["changed"], done.tasks["read"]["changed"]) == (False, False)
    assert (writes["check"], writes["read"]) == ([], [])
    shown = {key: value for key, value in done.tasks["read"].items() if not key.startswith("_")}
    assert {key: value for key, value in done.tasks["check"].items() if not key.startswith("_")} == shown


def test_every_module_is_tried():
    assert {case.module for case in (*STATEFUL, *ACTIONS, *READERS)} | {"links"} == set(GROUPS)
