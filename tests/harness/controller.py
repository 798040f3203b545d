# SPDX-License-Identifier: GPL-3.0-or-later
"""Somebody who runs the collection's playbooks against a mini cloud, and what both sides saw of it."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from harness import inventory, owners, variables
from harness.cloud import MiniCloud
from harness.plays import Invocation, Play, invocation
from harness.scenarios import DEFAULT, Scenario

CHECK, MAKE, VERIFY = "Check and plan", "Make the changes", "Verify and retire"
LOCAL, REMOTE = DEFAULT.local, DEFAULT.remote


@dataclass(frozen=True)
class Run:
    """A run of a playbook and the writes that the mini cloud saw during it."""

    play: Play
    writes: list[str]

    @property
    def changes(self) -> list[dict[str, Any]]:
        """What was changed, or in check mode what would be."""
        tasks = [self.play.tasks.get(name, {}) for name in (MAKE, VERIFY)]
        return [change for task in tasks for change in task.get("changes", [])]

    @property
    def links(self) -> list[dict[str, Any]]:
        return self.play.tasks[VERIFY]["links"]

    @property
    def text(self) -> str:
        return self.play.output + self.play.progress


@dataclass(frozen=True)
class Controller:
    """cloud: what the playbooks talk to. folder: for the files of a run. scenario: which clusters are linked, by which playbook."""

    cloud: MiniCloud
    folder: Path
    scenario: Scenario = DEFAULT

    def run(
        self, *links: dict[str, Any], arguments: tuple[str, ...] = (), playbook: str | None = None, change: dict[str, Any] | None = None
    ) -> Run:
        """Run the scenario's playbook, or another one, over links. change: variables that replace those of the registry."""
        call = self.call(*links, arguments=arguments, playbook=playbook, change=change)
        mark = self.cloud.mark()
        play = call.run()
        return Run(play, self.cloud.writes_since(mark))

    def call(
        self, *links: dict[str, Any], arguments: tuple[str, ...] = (), playbook: str | None = None, change: dict[str, Any] | None = None
    ) -> Invocation:
        """What ``run`` is going to run."""
        declared = {**variables.registry(self.cloud), "links_wanted": list(links), "links_wait_timeout": 90, **(change or {})}
        if self.scenario.private_ca:
            declared.update(owners.server_variables(self.folder, self.cloud.deployment(self.scenario.remote)))
        if self.scenario.public_server:
            declared.update(owners.public_server_variables(self.cloud, self.cloud.deployment(self.scenario.remote)))
        path = variables.write(self.folder / "links.json", declared)
        hosts = inventory.write(self.cloud, self.folder / "inventory.json")
        given = ("-i", str(hosts), "-e", f"@{path}", *arguments)
        return invocation(playbook or self.scenario.playbook, *given, environment=self.environment, record=self.record)

    @property
    def environment(self) -> dict[str, str]:
        """Variables that lead to the mini cloud, its credentials, and its public CA as one that this machine trusts."""
        trusted = {"SSL_CERT_FILE": self.cloud.state["public_ca"]}
        return {**self.cloud.environment, **variables.secrets(self.cloud), **trusted}

    @property
    def record(self) -> Path:
        """Where the results of tasks are recorded."""
        return self.folder / "results.jsonl"

    def link(self, alias: str, **options: Any) -> dict[str, Any]:
        """A link of the scenario; with one socket, since tests make many links between the same nodes."""
        private = {"ca_certificates": [str(owners.ca(self.folder)[0])]} if self.scenario.private_ca else {}
        between = {"local": self.scenario.local, "remote": self.scenario.remote}
        return link(alias, **{**between, **private, **self.scenario.link, **options})

    def local(self, method: str, path: str, body: Any = None) -> requests.Response:
        """A request to the local cluster, as its superuser."""
        return self.cloud.elasticsearch(self.scenario.local, method, path, body)

    def remote(self, method: str, path: str, body: Any = None) -> requests.Response:
        """A request to the remote cluster, as its superuser."""
        return self.cloud.elasticsearch(self.scenario.remote, method, path, body)

    def keystores(self) -> dict[str, dict[str, str]]:
        """What the keystore of each node of the local cluster holds."""
        return self.cloud.admin("GET", f"/deployments/{self.scenario.local}/keystore")

    def delay_secrets(self, delays: list[float] | None) -> None:
        """Seconds after which each node of the local cluster gets what is put into its keystore."""
        self.cloud.admin("POST", f"/deployments/{self.scenario.local}/delivery", {"delays": delays})

    def keys(self) -> dict[str, dict[str, Any]]:
        """All cross-cluster keys of the remote cluster by id, in full."""
        answer = self.remote("GET", "/_security/api_key").json()
        return {key["id"]: key for key in answer["api_keys"] if key["type"] == "cross_cluster"}

    def valid_keys(self, alias: str) -> list[dict[str, Any]]:
        """The keys of a link that can still be used."""
        return [key for key in self.keys().values() if key["metadata"].get("link", "").endswith(f"/{alias}") and not key["invalidated"]]

    def revoke_keys(self, alias: str) -> None:
        """What somebody else may do to a link."""
        ids = [key["id"] for key in self.valid_keys(alias)]
        answer = self.remote("DELETE", "/_security/api_key", {"ids": ids})
        assert answer.json()["invalidated_api_keys"] == ids

    def settings(self) -> dict[str, str]:
        """The persistent settings of the local cluster."""
        return self.local("GET", "/_cluster/settings?flat_settings=true").json()["persistent"]

    def search(self, alias: str) -> list[dict[str, Any]]:
        """The hits of a search through an alias."""
        answer = self.local("GET", f"/{alias}:orders-*/_search")
        assert answer.status_code == 200, answer.text
        return answer.json()["hits"]["hits"]

    def fill(self) -> None:
        """Give the remote cluster something to find."""
        answer = self.remote("PUT", "/orders-2026/_doc/1?refresh=true", {"item": "lantern"})
        assert answer.status_code == 201, answer.text


def link(alias: str, **options: Any) -> dict[str, Any]:
    """A link of the default scenario."""
    defaults = {"access": {"search": [{"names": ["orders-*"]}]}, "settings": {"proxy_socket_connections": 1}}
    return {"local": LOCAL, "remote": REMOTE, "alias": alias, **defaults, **options}


def registry_change(cloud: MiniCloud, kind: str, name: str, **changes: Any) -> dict[str, Any]:
    """The registry with one entry changed, as ``change`` of Controller.run."""
    items = json.loads(json.dumps(variables.registry(cloud)[kind]))
    next(item for item in items if item["name"] == name).update(changes)
    return {kind: items}


def until(true: Callable[[], bool], seconds: float = 60) -> None:
    """Ask again and again."""
    pause = threading.Event()
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"did not become true within {seconds} s"
        pause.wait(0.1)
