# SPDX-License-Identifier: GPL-3.0-or-later
"""Both data planes answer the same sequence of calls, once for all tests."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from differential import sequence
from differential.recorder import Call, Recorder
from harness.cloud import WORLDS, running

KINDS = ("simulated", "real")


@pytest.fixture(scope="session")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Call]]:
    """The calls of the sequence as each data plane answered them. Both are asked at the same time: most of it is waiting."""
    folders = [tmp_path_factory.mktemp(kind) for kind in KINDS]
    with ThreadPoolExecutor() as pool:
        return dict(zip(KINDS, pool.map(_record, KINDS, folders), strict=True))


def _record(kind: str, folder: Path) -> list[Call]:
    with running(WORLDS / "ece_to_ech.yml", folder, kind) as cloud:
        recorder = Recorder(cloud)
        sequence.run(recorder)
        return recorder.calls
