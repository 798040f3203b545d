# SPDX-License-Identifier: GPL-3.0-or-later
"""Running Elasticsearch's own programs: in a clean environment, never as root, never outliving this process."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Sequence
from pathlib import Path

from minicloud.dataplane import DataPlaneError
from minicloud.dataplane.distribution import Distribution

UNPRIVILEGED = 65534
# Elasticsearch refuses to run as root. Under another uid, root's capabilities over files let it use
# what only root may enter (a checkout below /root, a temporary folder of mode 0700).
_AS_NOBODY = (
    f"--reuid={UNPRIVILEGED}",
    f"--regid={UNPRIVILEGED}",
    "--clear-groups",
    "--inh-caps=-all,+dac_override,+fowner",
    "--ambient-caps=-all,+dac_override,+fowner",
    # access(2), by which Java asks whether a file is readable, otherwise disregards capabilities.
    "--securebits=+no_setuid_fixup",
)


class Programs:
    """The programs of a distribution, bound to the configuration in `folder`/config."""

    def __init__(self, distribution: Distribution, folder: Path) -> None:
        self._distribution = distribution
        self._folder = folder

    async def run(self, program: str, *arguments: str, lines: Sequence[str] = ()) -> str:
        """Run a command line tool with `lines` on its standard input and return its standard output. Raises DataPlaneError."""
        process = await asyncio.create_subprocess_exec(
            *self._command(program, *arguments),
            env=self._environment(),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
        try:
            output, errors = await process.communicate("".join(f"{line}\n" for line in lines).encode())
        finally:
            await end(process, grace=0)
        if process.returncode != 0:
            raise DataPlaneError(f"{program} {' '.join(arguments)} failed with status {process.returncode}: {errors.decode().strip()}")
        return output.decode()

    async def spawn(self, program: str, log: Path) -> asyncio.subprocess.Process:
        """Start a server in a process group of its own, its output appended to `log`."""
        with log.open("ab") as output:
            return await asyncio.create_subprocess_exec(
                *self._command(program),
                env=self._environment(),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=asyncio.subprocess.STDOUT,
                start_new_session=True,
            )

    def command_line(self, program: str) -> list[str]:
        """The beginning of a command line that runs a tool like this from anywhere, with its environment in it."""
        environment = [f"{name}={value}" for name, value in self._environment().items()]
        return [*as_unprivileged(), "env", "-i", *environment, str(self._distribution.home / "bin" / program)]

    def _command(self, program: str, *arguments: str) -> list[str]:
        # The signal at the parent's death stops the launcher, and that stops the server in good order.
        guard = ["setpriv", "--pdeathsig", "TERM", "--no-new-privs"]
        return [*as_unprivileged(), *guard, str(self._distribution.home / "bin" / program), *arguments]

    def _environment(self) -> dict[str, str]:
        temporary = self._folder / "tmp"
        return {
            "PATH": "/usr/bin:/bin",
            "HOME": str(self._folder),
            "LANG": "C.UTF-8",
            "ES_JAVA_HOME": str(self._distribution.java_home),
            "ES_PATH_CONF": str(self._folder / "config"),
            "ES_TMPDIR": str(temporary),
            "CLI_JAVA_OPTS": f"-Xmx32m -XX:TieredStopAtLevel=1 -XX:-UsePerfData -Djava.io.tmpdir={temporary}",
        }


def as_unprivileged() -> list[str]:
    """What to put before a command so that it does not run as root."""
    return ["setpriv", *_AS_NOBODY] if os.geteuid() == 0 else []


async def end(process: asyncio.subprocess.Process, grace: float) -> None:
    """Stop a process and all of its process group: politely, and after `grace` seconds by force."""
    if process.returncode is None:
        process.terminate()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), grace)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    await process.wait()
