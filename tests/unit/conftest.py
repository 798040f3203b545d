# SPDX-License-Identifier: GPL-3.0-or-later
"""What all unit tests share: examples that hypothesis draws are the same in each run, and nothing is kept on disk."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

settings.register_profile(
    "repeatable", derandomize=True, database=None, deadline=None, max_examples=30, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("repeatable")
