# SPDX-License-Identifier: GPL-3.0-or-later
"""One mini cloud with real Elasticsearch for all scenarios; each test makes links of its own, under aliases of its own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from harness import variables
from harness.cloud import WORLDS, MiniCloud, running
from harness.plays import Play, run_play

LOCAL, REMOTE = "search-prod", "orders-prod"


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MiniCloud]:
    with running(WORLDS / "two_nodes.yml", tmp_path_factory.mktemp("cloud")) as started:
        answer = started.elasticsearch(REMOTE, "PUT", "/orders-2026/_doc/1?refresh=true", {"item": "lantern"})
        assert answer.status_code == 201, answer.text
        yield started


@dataclass(frozen=True)
class Run:
    """A run of a playbook and the writes that the mini cloud saw during it."""

    play: Play
    writes: list[str]

    @property
    def changes(self) -> list[dict[str, Any]]:
        """What was changed, or in check mode what would be."""
        tasks = [self.play.tasks.get(name, {}) for name in ("Make the changes", "Verify and retire")]
        return [change for task in tasks for change in task.get("changes", [])]

    @property
    def planned(self) -> list[dict[str, Any]]:
        return self.play.tasks["Check and plan"]["changes"]

    @property
    def links(self) -> list[dict[str, Any]]:
        return self.play.tasks["Verify and retire"]["links"]

    @property
    def text(self) -> str:
        return self.play.output + self.play.progress


@dataclass(frozen=True)
class Controller:
    """Somebody who runs the collection's playbooks against the mini cloud."""

    cloud: MiniCloud
    folder: Path

    def run(
        self, *links: dict[str, Any], arguments: tuple[str, ...] = (), playbook: str = "ece_to_ech", change: dict[str, Any] | None = None
    ) -> Run:
        """Run a scenario playbook over links. change: variables that replace those of the registry."""
        declared = {**variables.registry(self.cloud), "links_wanted": list(links), "links_wait_timeout": 60, **(change or {})}
        path = variables.write(self.folder / "links.json", declared)
        mark = self.cloud.mark()
        play = run_play(
            f"crosscluster.elastic.{playbook}",
            "-e",
            f"@{path}",
            *arguments,
            environment={**self.cloud.environment, **variables.secrets(self.cloud)},
            record=self.folder / "results.jsonl",
        )
        return Run(play, self.cloud.writes_since(mark))


@pytest.fixture
def controller(cloud: MiniCloud, tmp_path: Path) -> Controller:
    return Controller(cloud, tmp_path)


def link(alias: str, **options: Any) -> dict[str, Any]:
    return {"local": LOCAL, "remote": REMOTE, "alias": alias, "access": {"search": [{"names": ["orders-*"]}]}, **options}


def registry_change(cloud: MiniCloud, kind: str, name: str, **changes: Any) -> dict[str, Any]:
    """The registry with one entry changed, as a ``change`` of Controller.run."""
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


def search(cloud: MiniCloud, alias: str) -> list[dict[str, Any]]:
    answer = cloud.elasticsearch(LOCAL, "GET", f"/{alias}:orders-*/_search")
    assert answer.status_code == 200, answer.text
    return answer.json()["hits"]["hits"]
