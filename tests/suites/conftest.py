# SPDX-License-Identifier: GPL-3.0-or-later
"""Suites that attack what the collection claims, on the simulated data plane."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.cloud import WORLDS, MiniCloud, running
from harness.controller import Controller


@pytest.fixture(scope="session")
def mistakes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MiniCloud]:
    """A mini cloud with clusters that cannot be linked."""
    with running(WORLDS / "bad_input.yml", tmp_path_factory.mktemp("mistakes"), "simulated") as started:
        yield started


@pytest.fixture
def user(mistakes: MiniCloud, tmp_path: Path) -> Controller:
    """Somebody who makes mistakes."""
    return Controller(mistakes, tmp_path)
