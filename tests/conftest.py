# SPDX-License-Identifier: GPL-3.0-or-later
"""Let every test import the collection by its full name and the test packages by theirs."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import pytest

from harness.checkout import collection_path
from harness.plays import Invocation, Play
from harness.preloaded import Pool
from harness.scenarios import DEFAULT, Scenario

if str(collection_path()) not in sys.path:
    sys.path.insert(0, str(collection_path()))


@pytest.fixture(scope="session")
def scenario(request: pytest.FixtureRequest) -> Scenario:
    """What a test is about: the first scenario, or those that it is parametrised with (indirectly)."""
    return getattr(request, "param", DEFAULT)


@pytest.fixture(scope="session")
def preloaded() -> Iterator[Pool]:
    """Calls of ansible-playbook begin where it has been loaded already, which is half of what a short one takes."""
    with Pool() as pool, pytest.MonkeyPatch.context() as patch:

        def run(call: Invocation) -> Play:
            return pool.run(call)

        patch.setattr(Invocation, "run", run)
        yield pool
