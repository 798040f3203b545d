# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs with a time limit, of which nothing is left running afterwards."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import RLock

TIME_LIMIT = 3000.0
GRACE = 30.0
"""Seconds for a program to clean up after an interrupt, as pytest ends what its fixtures started."""

_running: set[subprocess.Popen[str]] = set()
_starting = RLock()


@dataclass(frozen=True)
class Finished:
    """What a program left: its exit status, or None when it was ended at the time limit, and what it wrote."""

    status: int | None
    stdout: str
    stderr: str

    @property
    def text(self) -> str:
        late = f"\nended after {TIME_LIMIT:.0f} s\n" if self.status is None else ""
        return self.stdout + self.stderr + late


def run(*command: str | Path, cwd: Path, env: Mapping[str, str], merge: bool = True) -> Finished:
    """Run a program without input. With `merge` its error output stands in `stdout`, in the order of writing."""
    with _starting:
        process = subprocess.Popen(
            [str(part) for part in command],
            cwd=cwd,
            env=dict(env),
            text=True,
            errors="replace",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT if merge else subprocess.PIPE,
            start_new_session=True,
        )
        _running.add(process)
    try:
        return _finish(process)
    finally:
        _signal(process, signal.SIGKILL)
        with _starting:
            _running.discard(process)


def end_all() -> None:
    """End every program that is running, for a process that ends next: no other program starts any more."""
    _starting.acquire()
    for process in _running:
        _signal(process, signal.SIGINT)
    deadline = time.monotonic() + GRACE
    for process in _running:
        with suppress(subprocess.TimeoutExpired):
            process.wait(max(0.0, deadline - time.monotonic()))
        _signal(process, signal.SIGKILL)


def _finish(process: subprocess.Popen[str]) -> Finished:
    try:
        stdout, stderr = process.communicate(timeout=TIME_LIMIT)
        return Finished(process.returncode, stdout, stderr or "")
    except subprocess.TimeoutExpired:
        _signal(process, signal.SIGINT)
    try:
        stdout, stderr = process.communicate(timeout=GRACE)
    except subprocess.TimeoutExpired:
        _signal(process, signal.SIGKILL)
        stdout, stderr = process.communicate()
    return Finished(None, stdout, stderr or "")


def _signal(process: subprocess.Popen[str], number: signal.Signals) -> None:
    """Send a signal to the program and everything it started that did not leave its process group."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)
