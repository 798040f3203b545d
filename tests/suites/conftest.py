# SPDX-License-Identifier: GPL-3.0-or-later
"""Suites that attack what the collection claims, on the simulated data plane."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.cloud import WORLDS, MiniCloud, running
from harness.controller import LOCAL, REMOTE, Controller


@pytest.fixture(scope="session")
def mistakes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MiniCloud]:
    """A mini cloud with clusters that cannot be linked."""
    with running(WORLDS / "bad_input.yml", tmp_path_factory.mktemp("mistakes"), "simulated") as started:
        yield started


@pytest.fixture
def user(mistakes: MiniCloud, tmp_path: Path) -> Controller:
    """Somebody who makes mistakes."""
    return Controller(mistakes, tmp_path)


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MiniCloud]:
    """A mini cloud in which things go wrong; each test makes links of its own, under aliases of its own."""
    with running(WORLDS / "two_nodes.yml", tmp_path_factory.mktemp("cloud"), "simulated") as started:
        fill(started)
        yield started


@pytest.fixture
def controller(cloud: MiniCloud, tmp_path: Path) -> Iterator[Controller]:
    """Somebody who makes links while things go wrong; afterwards nothing does any more."""
    yield Controller(cloud, tmp_path)
    cloud.admin("DELETE", "/faults")
    cloud.admin("POST", f"/deployments/{LOCAL}/delivery", {"delays": None})


def fill(cloud: MiniCloud) -> None:
    """Give the remote cluster something to find."""
    answer = cloud.elasticsearch(REMOTE, "PUT", "/orders-2026/_doc/1?refresh=true", {"item": "lantern"})
    assert answer.status_code == 201, answer.text
