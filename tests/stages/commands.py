# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs with a time limit, of which nothing is left running afterwards."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

TIME_LIMIT = 1200.0

_running: set[subprocess.Popen[str]] = set()
_lock = Lock()


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
    with _lock:
        _running.add(process)
    try:
        stdout, stderr = process.communicate(timeout=TIME_LIMIT)
        return Finished(process.returncode, stdout, stderr or "")
    except subprocess.TimeoutExpired:
        _kill(process)
        stdout, stderr = process.communicate()
        return Finished(None, stdout, stderr or "")
    finally:
        with _lock:
            _running.discard(process)
        _kill(process)


def kill_all() -> None:
    """End every program that is still running, with all that it started."""
    with _lock:
        processes = list(_running)
    for process in processes:
        _kill(process)


def _kill(process: subprocess.Popen[str]) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
