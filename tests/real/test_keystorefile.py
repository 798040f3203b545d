# SPDX-License-Identifier: GPL-3.0-or-later
"""What is read from a keystore is what Elasticsearch's own tool put there."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from minicloud.dataplane import DataPlaneError
from minicloud.dataplane.distribution import provide
from minicloud.dataplane.keystorefile import read_keystore
from minicloud.dataplane.keystores import Keystore
from minicloud.dataplane.processes import Programs
from real.bed import VERSION


def test_values_read_are_those_that_were_given_and_those_that_the_tool_shows(tmp_path: Path) -> None:
    for name in ("config", "tmp"):
        (tmp_path / name).mkdir()
    programs = Programs(provide(VERSION), tmp_path)
    keystore = Keystore(programs, tmp_path / "config")
    given = {"cluster.remote.a.credentials": "d2l0aDo9PQ==", "bootstrap.password": "hidden!", "cluster.remote.b.credentials": "zweiöß"}
    asyncio.run(keystore.update(given))
    assert asyncio.run(keystore.read()) == {name: value for name, value in given.items() if name != "bootstrap.password"}
    assert asyncio.run(programs.run("elasticsearch-keystore", "show", "cluster.remote.b.credentials")) == "zweiöß"


def test_a_file_that_is_no_keystore_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"something else")
    with pytest.raises(DataPlaneError, match="is not a keystore of a known format"):
        read_keystore(tmp_path / "file")
