# SPDX-License-Identifier: GPL-3.0-or-later
"""Suites that attack what the collection claims, on the simulated data plane."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.cloud import WORLDS, MiniCloud, running
from harness.controller import Controller, until
from harness.preloaded import Pool
from harness.scenarios import Scenario
from suites.state import lost, others, plant_others


@pytest.fixture(scope="session", autouse=True)
def quick(preloaded: Pool) -> None:
    """The suites run playbooks by the hundred."""


@pytest.fixture(scope="session")
def mistakes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MiniCloud]:
    """A mini cloud with clusters that cannot be linked."""
    folder = tmp_path_factory.mktemp("mistakes")
    with running(WORLDS / "bad_input.yml", folder, "simulated") as started:
        Controller(started, folder).fill()
        yield started


@pytest.fixture
def user(mistakes: MiniCloud, tmp_path: Path) -> Controller:
    """Somebody who makes mistakes."""
    return Controller(mistakes, tmp_path)


@pytest.fixture(scope="session")
def cloud(scenario: Scenario, tmp_path_factory: pytest.TempPathFactory) -> Iterator[MiniCloud]:
    """A mini cloud in which things go wrong; each test makes links of its own, under aliases of its own."""
    folder = tmp_path_factory.mktemp("cloud")
    with running(scenario.nodes_world(folder), folder / "cloud", "simulated") as started:
        made = Controller(started, folder, scenario)
        made.fill()
        plant_others(made)
        yield started


def delivered(controller: Controller) -> bool:
    """Whether the nodes of the local cluster have what an earlier test has put into their keystores, and no longer what it took out."""
    if controller.scenario.local_nodes:
        return True
    stored = controller.cloud.control(controller.scenario.local, "GET", "/elasticsearch/_main/keystore").json()["secrets"]
    return all(entries.keys() == stored.keys() for entries in controller.keystores().values())


@pytest.fixture
def controller(cloud: MiniCloud, scenario: Scenario, tmp_path: Path) -> Iterator[Controller]:
    """Somebody who makes links while things go wrong; afterwards nothing does any more, and others have what they had."""
    made = Controller(cloud, tmp_path, scenario)
    until(lambda: delivered(made))
    before = others(made, ())
    yield made
    cloud.admin("DELETE", "/faults")
    if not scenario.local_nodes:
        made.delay_secrets(None)
    assert lost(before, others(made, ())) == []
