# SPDX-License-Identifier: GPL-3.0-or-later
"""The real keystore of a node, through ``elasticsearch-keystore``; values go by standard input and never into arguments or logs."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from minicloud.dataplane.processes import Programs

_TOOL = "elasticsearch-keystore"
# Elasticsearch's own entries, which no platform knows of.
_INTERNAL = frozenset({"keystore.seed", "bootstrap.password"})


class Keystore:
    """The keystore in `config`, which nobody else writes.

    Each call of the tool costs a JVM and up to two key derivations, some seconds in all: calls are saved where possible.
    """

    def __init__(self, programs: Programs, config: Path) -> None:
        self._programs = programs
        self._file = config / "elasticsearch.keystore"
        self._names: set[str] = set()
        self._content: tuple[int, dict[str, str]] | None = None

    async def update(self, changes: Mapping[str, str | None]) -> None:
        """Set the given settings, remove those whose value is None. Creates the keystore when there is none. Raises DataPlaneError."""
        wanted = {name: value for name, value in changes.items() if value is not None}
        unwanted = self._names.intersection(changes) - set(wanted)
        if wanted:
            await self._programs.run(_TOOL, "add", "-x", "-f", *wanted, lines=list(wanted.values()))
            self._names |= set(wanted)
        if unwanted:
            await self._programs.run(_TOOL, "remove", *sorted(unwanted))
            self._names -= unwanted

    async def read(self) -> dict[str, str]:
        """All settings with their values. Raises DataPlaneError."""
        written = self._file.stat().st_mtime_ns
        if self._content is None or self._content[0] != written:
            names = (await self._programs.run(_TOOL, "list")).split()
            self._content = written, {name: await self._programs.run(_TOOL, "show", name) for name in names if name not in _INTERNAL}
        return dict(self._content[1])

    def copy_from(self, other: Keystore) -> None:
        shutil.copyfile(other._file, self._file)
        self._names = set(other._names)
