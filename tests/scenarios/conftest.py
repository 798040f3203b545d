# SPDX-License-Identifier: GPL-3.0-or-later
"""One mini cloud with real Elasticsearch for all scenarios; each test makes links of its own, under aliases of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.cloud import WORLDS, MiniCloud, running
from harness.controller import REMOTE, Controller


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MiniCloud]:
    with running(WORLDS / "two_nodes.yml", tmp_path_factory.mktemp("cloud")) as started:
        answer = started.elasticsearch(REMOTE, "PUT", "/orders-2026/_doc/1?refresh=true", {"item": "lantern"})
        assert answer.status_code == 201, answer.text
        yield started


@pytest.fixture
def controller(cloud: MiniCloud, tmp_path: Path) -> Controller:
    return Controller(cloud, tmp_path)
