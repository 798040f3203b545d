# SPDX-License-Identifier: GPL-3.0-or-later
"""What the platform reads from a keystore and writes to it is what Elasticsearch's own tool puts there and shows."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from minicloud.dataplane import DataPlaneError
from minicloud.dataplane.distribution import provide
from minicloud.dataplane.keystorefile import read_keystore
from minicloud.dataplane.keystores import TOOL, Keystore
from minicloud.dataplane.processes import Programs
from real.bed import VERSION


@pytest.fixture
def programs(tmp_path: Path) -> Programs:
    """The tools of a node's owner."""
    for name in ("config", "tmp"):
        (tmp_path / name).mkdir()
    return Programs(provide(VERSION), tmp_path)


def test_the_tool_shows_and_changes_what_the_platform_has_put_there(programs: Programs, tmp_path: Path) -> None:
    keystore = Keystore(tmp_path / "config")
    given = {"cluster.remote.a.credentials": "d2l0aDo9PQ==", "bootstrap.password": "hidden!", "cluster.remote.b.credentials": "zweiöß"}
    asyncio.run(keystore.update(given))
    assert asyncio.run(programs.run(TOOL, "list")).split() == [*sorted(given), "keystore.seed"]
    assert asyncio.run(programs.run(TOOL, "show", "cluster.remote.b.credentials")) == "zweiöß"

    asyncio.run(programs.run(TOOL, "add", "-x", "-f", "cluster.remote.c.credentials", lines=["drei"]))
    asyncio.run(programs.run(TOOL, "remove", "cluster.remote.a.credentials"))

    assert asyncio.run(keystore.read()) == {"cluster.remote.b.credentials": "zweiöß", "cluster.remote.c.credentials": "drei"}


def test_a_file_that_is_no_keystore_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"something else")
    with pytest.raises(DataPlaneError, match="is not a keystore of a known format"):
        read_keystore(tmp_path / "file")
