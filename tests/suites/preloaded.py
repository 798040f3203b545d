# SPDX-License-Identifier: GPL-3.0-or-later
"""ansible-playbook without the time that it takes to load: a process that has loaded it forks for each call.

The fork is the leader of a process group of its own and does from there what the command does.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NoReturn

from harness.plays import Invocation, Play

GO = b"go\n"


class Preloaded:
    """For calls with one environment, one after the other."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "suites.preloaded"],
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
        self._say(json.dumps([call.command, str(output), str(progress)]).encode() + b"\n")
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


def serve() -> None:
    """For each call on stdin, say which process group it has and, when it is over, with which status it ended."""
    import cryptography  # noqa: F401 - what the collection's tasks would load
    import requests  # noqa: F401 - as before
    from ansible.cli.playbook import main

    for line in sys.stdin:
        if child := os.fork():
            _child, status = os.waitpid(child, 0)
            print(os.waitstatus_to_exitcode(status), flush=True)
        else:
            _run(main, *json.loads(line))


def _run(main: Callable[[list[str]], object], command: list[str], output: str, progress: str) -> NoReturn:
    os.setsid()
    print(os.getpid(), flush=True)
    if os.read(0, len(GO)) != GO:
        os._exit(1)
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
