# SPDX-License-Identifier: GPL-3.0-or-later
"""ansible-playbook as a process group at which faults can be aimed before it does anything."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from harness.plays import Invocation, Play

Launch = Callable[[Invocation, Path, Callable[[int], object]], Play]
"""As ``launch``."""
KILLED = -9
"""How a run ended that was killed."""

# The shell is the leader of the group until it becomes ansible-playbook; when nobody says go, it ends.
WAITING = 'read -r go && exec "$@" </dev/null'


def launch(call: Invocation, folder: Path, aim: Callable[[int], object] = lambda group: None) -> Play:
    """Run ansible-playbook. aim: is given the process group before the run begins. folder: for its output."""
    output, progress = folder / "stdout", folder / "stderr"
    with output.open("wb") as stdout, progress.open("wb") as stderr:
        process = subprocess.Popen(
            ["sh", "-c", WAITING, "sh", *call.command],
            env=call.environment,
            stdin=subprocess.PIPE,
            stdout=stdout,
            stderr=stderr,
            start_new_session=True,
        )
        try:
            aim(process.pid)
            process.stdin.write(b"go\n")
        finally:
            with suppress(BrokenPipeError):
                process.stdin.close()
            process.wait()
    return call.play(process.returncode, output.read_text(), progress.read_text())
