# SPDX-License-Identifier: GPL-3.0-or-later
"""One mini cloud with real Elasticsearch for each scenario; each test makes links of its own, under aliases of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.cloud import MiniCloud, running
from harness.controller import Controller
from harness.preloaded import Pool
from harness.scenarios import Scenario


@pytest.fixture(scope="session", autouse=True)
def quick(preloaded: Pool) -> None:
    """The demonstration and the search for secrets call the command as users do."""


@pytest.fixture(scope="session")
def cloud(scenario: Scenario, tmp_path_factory: pytest.TempPathFactory) -> Iterator[MiniCloud]:
    folder = tmp_path_factory.mktemp("cloud")
    with running(scenario.nodes_world(folder), folder / "cloud") as started:
        Controller(started, folder, scenario).fill()
        yield started


@pytest.fixture
def controller(cloud: MiniCloud, scenario: Scenario, tmp_path: Path) -> Controller:
    return Controller(cloud, tmp_path, scenario)
