# SPDX-License-Identifier: GPL-3.0-or-later
"""Somebody who runs the collection's playbooks against a mini cloud, and what both sides saw of it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness import variables
from harness.cloud import MiniCloud
from harness.plays import Play, run_play

CHECK, MAKE, VERIFY = "Check and plan", "Make the changes", "Verify and retire"
LOCAL, REMOTE = "search-prod", "orders-prod"


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
    """cloud: what the playbooks talk to. folder: for the files of a run."""

    cloud: MiniCloud
    folder: Path

    def run(
        self, *links: dict[str, Any], arguments: tuple[str, ...] = (), playbook: str = "ece_to_ech", change: dict[str, Any] | None = None
    ) -> Run:
        """Run a playbook of the collection over links. change: variables that replace those of the registry."""
        path = self.declare(*links, change=change)
        mark = self.cloud.mark()
        play = run_play(
            f"crosscluster.elastic.{playbook}",
            "-e",
            f"@{path}",
            *arguments,
            environment=self.environment,
            record=self.record,
        )
        return Run(play, self.cloud.writes_since(mark))

    def declare(self, *links: dict[str, Any], change: dict[str, Any] | None = None) -> Path:
        """The variables file that declares links. change: variables that replace those of the registry."""
        declared = {**variables.registry(self.cloud), "links_wanted": list(links), "links_wait_timeout": 90, **(change or {})}
        return variables.write(self.folder / "links.json", declared)

    @property
    def environment(self) -> dict[str, str]:
        """Variables that lead to the mini cloud, and its credentials."""
        return {**self.cloud.environment, **variables.secrets(self.cloud)}

    @property
    def record(self) -> Path:
        """Where the results of tasks are recorded."""
        return self.folder / "results.jsonl"


def link(alias: str, **options: Any) -> dict[str, Any]:
    """A link between the two clusters that every world has; with one socket, since tests make many links between the same nodes."""
    defaults = {"access": {"search": [{"names": ["orders-*"]}]}, "settings": {"proxy_socket_connections": 1}}
    return {"local": LOCAL, "remote": REMOTE, "alias": alias, **defaults, **options}


def registry_change(cloud: MiniCloud, kind: str, name: str, **changes: Any) -> dict[str, Any]:
    """The registry with one entry changed, as ``change`` of Controller.run."""
    items = json.loads(json.dumps(variables.registry(cloud)[kind]))
    next(item for item in items if item["name"] == name).update(changes)
    return {kind: items}


def keys_of(cloud: MiniCloud, name: str = REMOTE) -> dict[str, dict[str, Any]]:
    """All cross-cluster keys of a cluster by id, in full."""
    answer = cloud.elasticsearch(name, "GET", "/_security/api_key").json()
    return {key["id"]: key for key in answer["api_keys"] if key["type"] == "cross_cluster"}


def valid_keys_of_link(cloud: MiniCloud, alias: str) -> list[dict[str, Any]]:
    keys = keys_of(cloud).values()
    return [key for key in keys if key["metadata"].get("link", "").endswith(f"/{alias}") and not key["invalidated"]]


def settings_of(cloud: MiniCloud, name: str = LOCAL) -> dict[str, str]:
    return cloud.elasticsearch(name, "GET", "/_cluster/settings?flat_settings=true").json()["persistent"]


def until(true: Callable[[], bool], seconds: float = 60) -> None:
    """Ask again and again; each question takes the mini cloud a moment."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"did not become true within {seconds} s"


def search(cloud: MiniCloud, alias: str) -> list[dict[str, Any]]:
    """The hits of a search through an alias."""
    answer = cloud.elasticsearch(LOCAL, "GET", f"/{alias}:orders-*/_search")
    assert answer.status_code == 200, answer.text
    return answer.json()["hits"]["hits"]
