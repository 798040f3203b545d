# SPDX-License-Identifier: GPL-3.0-or-later
"""Both data planes answer the same sequence of calls, once for all tests."""

from __future__ import annotations

import pytest

from differential import sequence
from differential.recorder import Call, Recorder
from harness.cloud import WORLDS, running


@pytest.fixture(scope="session")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Call]]:
    """The calls of the sequence as each data plane answered them."""
    return {kind: _record(kind, tmp_path_factory) for kind in ("simulated", "real")}


def _record(kind: str, folders: pytest.TempPathFactory) -> list[Call]:
    with running(WORLDS / "ece_to_ech.yml", folders.mktemp(kind), kind) as cloud:
        recorder = Recorder(cloud)
        sequence.run(recorder)
        return recorder.calls
