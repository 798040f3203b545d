# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs on the host of a node: run without a shell, never waiting for a keyboard, with secrets on standard input only."""

from __future__ import annotations

import os
import pwd
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..model.errors import NodeFailed


@dataclass(frozen=True)
class Finished:
    """status: of the exit. output, errors: what was written to standard output and standard error."""

    status: int
    output: str
    errors: str


def run(command: Sequence[str], lines: Sequence[str], environment: Mapping[str, str], user: int | None = None) -> Finished:
    """Run a program with lines on its standard input, environment added to that of this process.

    user: uid as which to run it; None for that of this process. Raises NodeFailed when there is no such program.
    """
    try:
        done = subprocess.run(  # noqa: S603 - without a shell, as the user of the task configured it
            list(command),
            input="".join(f"{line}\n" for line in lines).encode(),
            capture_output=True,
            env={**os.environ, **environment},
            cwd="/",
            check=False,
            **_identity(user),
        )
    except FileNotFoundError as error:
        raise NodeFailed(f"there is no program {command[0]} on this host", "check home or command") from error
    except PermissionError as error:
        raise NodeFailed(f"it is not permitted to run {command[0]}", _OTHER_USER) from error
    except OSError as error:
        raise NodeFailed(f"{command[0]} cannot be run ({error.strerror})", "check home or command") from error
    return Finished(done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace"))


_OTHER_USER = "run the task as root or as the user to whom Elasticsearch's configuration belongs (become)"


def _identity(user: int | None) -> dict[str, Any]:
    if user is None:
        return {}
    try:
        entry = pwd.getpwuid(user)
    except KeyError:
        return {"user": user, "group": user, "extra_groups": []}
    return {"user": user, "group": entry.pw_gid, "extra_groups": os.getgrouplist(entry.pw_name, entry.pw_gid)}
