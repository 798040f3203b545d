# SPDX-License-Identifier: GPL-3.0-or-later
"""Real clusters are slow to boot: the tests of a run share one pair, each test with aliases and indices of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from real.bed import Bed, two_clusters


@pytest.fixture(scope="session")
def bed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bed]:
    with Bed(two_clusters(), tmp_path_factory.mktemp("bed")) as running:
        yield running
