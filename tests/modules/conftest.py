# SPDX-License-Identifier: GPL-3.0-or-later
"""Modules in plays, against a mini cloud with a simulated data plane."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from harness.cloud import WORLDS, MiniCloud, running
from harness.preloaded import Pool


@pytest.fixture(scope="session", autouse=True)
def quick(preloaded: Pool) -> None:
    """Here, too, many playbooks are run."""


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MiniCloud]:
    with running(WORLDS / "ece_to_ech.yml", tmp_path_factory.mktemp("cloud"), "simulated") as started:
        yield started
