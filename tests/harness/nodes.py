# SPDX-License-Identifier: GPL-3.0-or-later
"""Somebody who runs the roles for nodes on a self-managed cluster of a mini cloud."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from harness import inventory, variables
from harness.cloud import MiniCloud
from harness.plays import Play, run_play


@dataclass(frozen=True)
class Owner:
    """cluster: the name of the cluster. folder: for the files of a run."""

    cloud: MiniCloud
    cluster: str
    folder: Path

    @property
    def nodes(self) -> list[dict[str, Any]]:
        return self.cloud.deployment(self.cluster)["nodes"]

    def run(self, role: str, *arguments: str, tasks_from: str = "main", **more: Any) -> Play:
        """Run one of the roles on all nodes. more: variables of the role, without its name in front, and of ``rolling_restart``."""
        given = {name if name.startswith("rolling_restart_") else f"{role}_{name}": value for name, value in more.items()}
        included = {"name": f"crosscluster.elastic.{role}", "tasks_from": tasks_from}
        task = {"name": "Include", "ansible.builtin.include_role": included, "tags": ["always"]}
        shown = {"name": "Facts", "ansible.builtin.debug": {"var": "remote_cluster_client_common_keystore"}}
        play = {
            "hosts": self.cluster,
            "gather_facts": False,
            "vars": given,
            "tasks": [task, *([shown] if tasks_from == "look" else [])],
        }
        playbook = self.folder / "nodes.json"
        playbook.write_text(json.dumps([play]))
        hosts = inventory.write(self.cloud, self.folder / "inventory.json")
        environment = {**self.cloud.environment, **variables.secrets(self.cloud)}
        return run_play(playbook, "-i", str(hosts), *arguments, environment=environment, record=self.folder / "results.jsonl")

    def ask(self, node: dict[str, Any], method: str, path: str) -> requests.Response | None:
        """A request to one of the nodes; None when it is not there."""
        deployment = self.cloud.deployment(self.cluster)
        with requests.Session() as session:
            session.trust_env = False
            try:
                return session.request(
                    method,
                    node["url"] + path,
                    auth=(deployment["username"], deployment["password"]),
                    verify=deployment["ca_path"],
                    proxies={"https": self.cloud.state["https_proxy"]},
                    timeout=60,
                )
            except requests.ConnectionError:
                return None

    def events(self) -> list[dict[str, Any]]:
        """Restarts of nodes so far: when one went down, came up or failed, and which were down after that."""
        return self.cloud.admin("GET", f"/deployments/{self.cluster}/events")["events"]


def recap(play: Play) -> dict[str, dict[str, int]]:
    """Host -> what Ansible counted: ok, changed, failed and so on."""
    lines = play.output.partition("PLAY RECAP")[2].splitlines()[1:]
    pairs = [line.partition(":") for line in lines if ":" in line]
    return {
        host.strip(): {key: int(value) for key, value in (item.split("=") for item in counts.split())} for host, _colon, counts in pairs
    }
