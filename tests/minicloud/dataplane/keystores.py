# SPDX-License-Identifier: GPL-3.0-or-later
"""The real keystore of a node, changed through ``elasticsearch-keystore``; values go by standard input, never into arguments or logs."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from minicloud.dataplane.keystorefile import read_keystore
from minicloud.dataplane.processes import Programs

TOOL = "elasticsearch-keystore"
# Elasticsearch's own entries, which no platform knows of.
INTERNAL = frozenset({"keystore.seed", "bootstrap.password"})


class Keystore:
    """The keystore in the folder `config`. A call of the tool takes seconds, so changes go in together."""

    def __init__(self, programs: Programs, config: Path) -> None:
        self._programs = programs
        self._file = config / "elasticsearch.keystore"

    async def update(self, changes: Mapping[str, str | None]) -> None:
        """Set the given settings, remove those whose value is None. Creates the keystore when there is none. Raises DataPlaneError."""
        wanted = {name: value for name, value in changes.items() if value is not None}
        unwanted = set(changes) - set(wanted)
        if wanted:
            await self._programs.run(TOOL, "add", "-x", "-f", *wanted, lines=list(wanted.values()))
        # The tool refuses to remove what is not there.
        if present := unwanted and unwanted.intersection(await self.read()):
            await self._programs.run(TOOL, "remove", *sorted(present))

    async def read(self) -> dict[str, str]:
        """All settings with their values, as they are on disk. Raises DataPlaneError."""
        content = await asyncio.to_thread(read_keystore, self._file)
        return {name: value for name, value in content.items() if name not in INTERNAL}

    def copy_from(self, other: Keystore) -> None:
        """Begin with the content of another node's keystore."""
        shutil.copyfile(other._file, self._file)
        # The tool refuses to replace a file that is not its user's.
        owner = other._file.stat()
        os.chown(self._file, owner.st_uid, owner.st_gid)
