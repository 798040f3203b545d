# SPDX-License-Identifier: GPL-3.0-or-later
"""A mini cloud as a child process, and what one can ask it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

TESTS = Path(__file__).resolve().parents[1]
WORLDS = TESTS / "minicloud" / "worlds"


class StartFailed(RuntimeError):
    """The mini cloud did not come up; the text says why, in its own words."""


@dataclass(frozen=True)
class MiniCloud:
    """A running mini cloud. state: the content of its state.json."""

    state: dict[str, Any]
    directory: Path

    @property
    def environment(self) -> dict[str, str]:
        """The variables that lead HTTP clients to the mini cloud's names, and to nothing else by accident."""
        proxies = dict.fromkeys(("HTTPS_PROXY", "https_proxy"), self.state["https_proxy"])
        return {**{key: value for key, value in os.environ.items() if not key.lower().endswith("_proxy")}, **proxies}

    def deployment(self, name: str) -> dict[str, Any]:
        return self.state["deployments"][name]

    def platform(self, name: str) -> dict[str, Any]:
        return self.state["platforms"][name]

    def elasticsearch(
        self, name: str, method: str, path: str, body: Any = None, auth: tuple[str, str] | None = None, node: int = 0
    ) -> requests.Response:
        """A request to Elasticsearch of a deployment, as its superuser unless ``auth`` says otherwise; of a self-managed cluster to one
        of its nodes.
        """
        deployment = self.deployment(name)
        url = deployment["nodes"][node]["url"] if deployment.get("self_managed") else deployment["service_url"]
        with requests.Session() as session:
            session.trust_env = False
            return session.request(
                method,
                url + path,
                json=body,
                auth=auth or (deployment["username"], deployment["password"]),
                verify=deployment["ca_path"],
                proxies={"https": self.state["https_proxy"]},
                timeout=60,
            )

    def control(self, name: str, method: str, path: str, body: Any = None) -> requests.Response:
        """A request to the Cloud API about a deployment. path: below that of the deployment."""
        deployment = self.deployment(name)
        return self.api(deployment["platform"], method, f"/deployments/{deployment['id']}{path}", body)

    def api(self, name: str, method: str, path: str, body: Any = None) -> requests.Response:
        """A request to the Cloud API of a platform. path: below /api/v1."""
        platform = self.platform(name)
        with requests.Session() as session:
            session.trust_env = False
            return session.request(
                method,
                f"{platform['url']}/api/v1{path}",
                json=body,
                headers={"Authorization": f"ApiKey {platform['api_key']}"},
                verify=platform["ca_path"],
                proxies={"https": self.state["https_proxy"]},
                timeout=60,
            )

    def admin(self, method: str, path: str, body: Any = None) -> Any:
        """A request to the mini cloud's own interface."""
        with requests.Session() as session:
            session.trust_env = False
            answer = session.request(method, self.state["admin_url"] + path, json=body, timeout=60)
        answer.raise_for_status()
        return answer.json() if "json" in answer.headers.get("Content-Type", "") else answer.text

    def mark(self) -> int:
        """A place in the request log."""
        return self.admin("GET", "/requests")["next"]

    def requests_since(self, mark: int) -> list[dict[str, Any]]:
        return self.admin("GET", f"/requests?since={mark}")["requests"]

    def writes_since(self, mark: int) -> list[str]:
        """The writes since a place in the log, as "METHOD path of deployment"; the mini cloud says what a write is."""
        return [f"{entry['method']} {entry['path']} of {entry['deployment']}" for entry in self.requests_since(mark) if entry["write"]]


@contextmanager
def running(world: Path, directory: Path, data: str = "real", tell: Callable[[str], object] = lambda line: None) -> Iterator[MiniCloud]:
    """Start a mini cloud, wait until it says that it is ready, stop it and everything it started in the end.

    What it says of its own troubles meanwhile goes into a file, and to standard error once it was of use.
    """
    directory.mkdir(parents=True, exist_ok=True)
    troubles = directory / "stderr"
    # With setpriv it ends even when this process is killed.
    command = ["setpriv", "--pdeathsig", "TERM", sys.executable, "-m", "minicloud", str(world), "--state", str(directory), "--data", data]
    with troubles.open("wb") as stderr:
        process = subprocess.Popen(
            command,
            env={**os.environ, "PYTHONPATH": str(TESTS)},
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
            start_new_session=True,
        )
    try:
        if not _is_ready(process, tell):
            raise StartFailed(troubles.read_text().rstrip() or "the mini cloud ended without a word")
        yield MiniCloud(json.loads((directory / "state.json").read_text()), directory)
        sys.stderr.write(troubles.read_text())
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)


def _is_ready(process: subprocess.Popen[str], tell: Callable[[str], object]) -> bool:
    """Pass on what the mini cloud says until it is ready; False when it ended before."""
    for line in process.stdout or ():
        if line.rstrip() == "ready":
            return True
        tell(line.rstrip())
    return False
