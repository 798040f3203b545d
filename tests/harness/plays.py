# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs of ansible-playbook, and what came out of them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.checkout import collection_path


@dataclass(frozen=True)
class Play:
    """A finished run. output: stdout; progress: stderr; tasks: the result of each task by its name (json callback only)."""

    status: int
    output: str = field(repr=False)
    progress: str = field(repr=False)
    tasks: Mapping[str, dict[str, Any]] = field(repr=False)

    @property
    def changed(self) -> int:
        return sum(1 for result in self.tasks.values() if result.get("changed"))

    @property
    def messages(self) -> str:
        """The messages of the tasks that failed."""
        return "\n".join(str(result.get("msg", "")) for result in self.tasks.values() if result.get("failed"))


def collections_path() -> str:
    """Where the collection is: the folder that CROSSCLUSTER_COLLECTIONS names, else the link to the checkout."""
    return os.environ.get("CROSSCLUSTER_COLLECTIONS") or str(collection_path())


def ansible_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """A clean Ansible: no configuration of the user, this collection only."""
    kept = {key: value for key, value in environment.items() if not key.startswith("ANSIBLE_")}
    return {
        **kept,
        "ANSIBLE_COLLECTIONS_PATH": collections_path(),
        "ANSIBLE_STDOUT_CALLBACK": "ansible.builtin.default",
        "ANSIBLE_LOCALHOST_WARNING": "false",
        "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
        "ANSIBLE_DEPRECATION_WARNINGS": "false",
        "ANSIBLE_NOCOLOR": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


@dataclass(frozen=True)
class Invocation:
    """How ansible-playbook is called. record: the file in which a callback of the tests puts the result of each task."""

    command: list[str]
    environment: dict[str, str] = field(repr=False)
    record: Path

    def run(self) -> Play:
        """Make the call."""
        done = subprocess.run(self.command, env=self.environment, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
        return self.play(done.returncode, done.stdout, done.stderr)

    def play(self, status: int, output: str, progress: str) -> Play:
        """The run, now that it is over."""
        lines: Sequence[str] = self.record.read_text().splitlines() if self.record.exists() else []
        return Play(status, output, progress, {entry["task"]: entry["result"] for entry in map(json.loads, lines)})


def invocation(playbook: str | Path, *arguments: str, environment: Mapping[str, str], record: Path) -> Invocation:
    """A call that is yet to be made; what an earlier one recorded in the same file is removed."""
    record.unlink(missing_ok=True)
    command = [str(Path(sys.executable).with_name("ansible-playbook")), str(playbook), *arguments]
    env = {
        **ansible_environment({**environment, "CROSSCLUSTER_RECORD": str(record)}),
        "ANSIBLE_CALLBACK_PLUGINS": str(Path(__file__).parent / "callbacks"),
        "ANSIBLE_CALLBACKS_ENABLED": "record_results",
    }
    return Invocation(command, env, record)


def run_play(playbook: str | Path, *arguments: str, environment: Mapping[str, str], record: Path) -> Play:
    """Run a playbook and read the result of each task, which a callback of the tests records in a file."""
    return invocation(playbook, *arguments, environment=environment, record=record).run()
