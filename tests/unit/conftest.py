# SPDX-License-Identifier: GPL-3.0-or-later
"""What all unit tests share: examples that hypothesis draws are the same in each run, and nothing is kept on disk."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "repeatable", derandomize=True, database=None, deadline=None, max_examples=30, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("repeatable")


def pytest_configure(config: pytest.Config) -> None:
    """ansible-test runs with a configuration of its own, which knows none of our markers and refuses those that it does not know."""
    config.addinivalue_line("markers", "proves(*ids): see pytest.ini")
