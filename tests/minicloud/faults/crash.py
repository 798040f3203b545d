# SPDX-License-Identifier: GPL-3.0-or-later
"""Killing a client as a power cut would: all of it, at once, with nothing left that could still send something. Linux only."""

from __future__ import annotations

import contextlib
import os
import select
import signal
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

_DEATH_MILLISECONDS = 5000


@dataclass(frozen=True)
class _Process:
    pid: int
    parent: int
    group: int


def may_kill(group: int) -> bool:
    """Whether this is a process group with living members, and killing it would not kill the mini cloud too."""
    family = _family(group)
    return bool(family) and os.getpid() not in family


def kill(group: int) -> None:
    """Kill a process group and all descendants of its members, also those which made groups of their own. Returns when all are dead.

    The workers of ansible-playbook are such: each is the leader of a session.
    """
    stopped: dict[int, int] = {}
    with contextlib.ExitStack() as stack:
        # What is stopped cannot have further children, so this comes to an end.
        while new := _family(group) - stopped.keys():
            for pid in new:
                with contextlib.suppress(ProcessLookupError):
                    stopped[pid] = os.pidfd_open(pid)
                    stack.callback(os.close, stopped[pid])
                    signal.pidfd_send_signal(stopped[pid], signal.SIGSTOP)
        for descriptor in stopped.values():
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(descriptor, signal.SIGKILL)
        _await_death(stopped.values())


def _await_death(descriptors: Collection[int]) -> None:
    """Wait until the processes have ended, whoever reaps them. Their connections are closed by then."""
    for descriptor in descriptors:
        death = select.poll()
        death.register(descriptor, select.POLLIN)
        if not death.poll(_DEATH_MILLISECONDS):
            raise TimeoutError("a killed process does not end")


def _family(group: int) -> set[int]:
    """The living members of a process group, and their living descendants."""
    processes = _living()
    family = {process.pid for process in processes if process.group == group}
    while born := {process.pid for process in processes if process.parent in family} - family:
        family |= born
    return family


def _living() -> list[_Process]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            with contextlib.suppress(OSError):
                # The name of the program comes in parentheses and may contain any character.
                state, parent, group = (entry / "stat").read_text().rpartition(")")[2].split()[:3]
                if state not in ("Z", "X"):
                    found.append(_Process(int(entry.name), int(parent), int(group)))
    return found
