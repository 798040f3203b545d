# SPDX-License-Identifier: GPL-3.0-or-later
"""The keystore of a real node, as the platform changes it."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping
from pathlib import Path

from minicloud.dataplane.keystorefile import read_keystore, write_keystore

TOOL = "elasticsearch-keystore"
_SEED = "keystore.seed"
# Elasticsearch's own entries, which no platform knows of.
INTERNAL = frozenset({_SEED, "bootstrap.password"})


class Keystore:
    """The keystore in the folder `config`."""

    def __init__(self, config: Path) -> None:
        self._file = config / "elasticsearch.keystore"

    async def update(self, changes: Mapping[str, str | None]) -> None:
        """Set the given settings, remove those whose value is None. Creates the keystore when there is none. Raises DataPlaneError."""
        await asyncio.to_thread(self._update, changes)

    async def read(self) -> dict[str, str]:
        """All settings with their values, as they are on disk. Raises DataPlaneError."""
        content = await asyncio.to_thread(read_keystore, self._file)
        return {name: value for name, value in content.items() if name not in INTERNAL}

    def _update(self, changes: Mapping[str, str | None]) -> None:
        before = read_keystore(self._file) if self._file.exists() else {_SEED: secrets.token_urlsafe(15)}
        after = {name: value for name, value in {**before, **changes}.items() if value is not None}
        if after != before:
            write_keystore(self._file, after)
