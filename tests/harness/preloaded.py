# SPDX-License-Identifier: GPL-3.0-or-later
"""ansible-playbook without the time that it takes to load: a process that has loaded it forks for each call.

The fork is the leader of a process group of its own and does from there what the command does.
"""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Lock
from typing import NoReturn

from harness.plays import Invocation, Play

GO = b"go\n"
ACTIONS = ("crosscluster.elastic.links", "ansible.builtin.include_role", "ansible.builtin.assert", "ansible.builtin.set_fact")
Loaded = frozenset[tuple[str, str]]
"""The variables that count while Ansible is loaded."""


class Preloaded:
    """For calls that were loaded alike, one after the other."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "harness.preloaded"],
            env={**environment, "PYTHONPATH": str(Path(__file__).parents[1])},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def __enter__(self) -> Preloaded:
        return self

    def __exit__(self, *_error: object) -> None:
        self._process.communicate()

    def launch(self, call: Invocation, folder: Path, aim: Callable[[int], object]) -> Play:
        """As ``suites.launches.launch``."""
        output, progress = folder / "stdout", folder / "stderr"
        self._say(json.dumps([call.command, call.environment, str(output), str(progress)]).encode() + b"\n")
        group = self._hear()
        go = b"\n"
        try:
            aim(group)
            go = GO
        finally:
            self._say(go)
            status = self._hear()
        return call.play(status, output.read_text(), progress.read_text())

    def _say(self, line: bytes) -> None:
        self._process.stdin.write(line)
        self._process.stdin.flush()

    def _hear(self) -> int:
        return int(self._process.stdout.readline())


class Pool:
    """As many preloaded processes as calls go on at the same time, for each way in which Ansible is loaded."""

    def __init__(self) -> None:
        self._idle: dict[Loaded, list[Preloaded]] = {}
        self._stack = ExitStack()
        self._lock = Lock()

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *_error: object) -> None:
        self._stack.close()

    def run(self, call: Invocation) -> Play:
        """As ``Invocation.run``."""
        return self.launch(call, call.record.parent)

    def launch(self, call: Invocation, folder: Path, aim: Callable[[int], object] = lambda group: None) -> Play:
        """As ``suites.launches.launch``."""
        with self._one(call.environment) as preloaded:
            return preloaded.launch(call, folder, aim)

    @contextmanager
    def _one(self, environment: Mapping[str, str]) -> Iterator[Preloaded]:
        matters = {name: value for name, value in environment.items() if name.startswith("ANSIBLE_") or name in ("HOME", "TMPDIR")}
        loaded = frozenset(matters.items())
        with self._lock:
            idle = self._idle.setdefault(loaded, [])
            preloaded = idle.pop() if idle else self._stack.enter_context(Preloaded(environment))
        yield preloaded
        with self._lock:
            idle.append(preloaded)


def load() -> Callable[[list[str]], object]:
    """Load what every run would: Ansible, its plugins for templates and tasks, and the collection, which Python never finds compiled."""
    from ansible import cli
    from ansible.cli.playbook import main
    from ansible.plugins.loader import action_loader, filter_loader, init_plugin_loader, test_loader

    init_plugin_loader()
    cli.init_plugin_loader = lambda _paths: None  # the collections of the environment are the only ones
    for plugins in (filter_loader, test_loader):
        list(plugins.all())
    for name in ACTIONS:
        action_loader.get(name, class_only=True)
    gc.freeze()
    return main


def serve() -> None:
    """For each call on stdin, say which process group it has and, when it is over, with which status it ended."""
    main = load()
    for line in sys.stdin:
        if child := os.fork():
            _child, status = os.waitpid(child, 0)
            print(os.waitstatus_to_exitcode(status), flush=True)
        else:
            _run(main, *json.loads(line))


def _run(main: Callable[[list[str]], object], command: list[str], environment: dict[str, str], output: str, progress: str) -> NoReturn:
    os.setsid()
    print(os.getpid(), flush=True)
    if os.read(0, len(GO)) != GO:
        os._exit(1)
    os.environ.clear()
    os.environ.update(environment)
    for descriptor, path, flags in (
        (0, os.devnull, os.O_RDONLY),
        (1, output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC),
        (2, progress, os.O_WRONLY | os.O_CREAT | os.O_TRUNC),
    ):
        os.dup2(os.open(path, flags), descriptor)
    status = 0
    try:
        main(command)
    except SystemExit as end:
        status = int(end.code or 0)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)  # without what the process that has loaded does at its end: its temporary folder is still needed


if __name__ == "__main__":
    serve()
