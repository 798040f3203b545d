# SPDX-License-Identifier: GPL-3.0-or-later
"""A run that is killed leaves nothing that the next run does not put in order, also where the nodes are real Elasticsearch.

A sample: after each write. Before a write all is as it was after the one before, and every other point is tried on simulated nodes.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from harness.controller import Controller
from suites.crashes import SITUATIONS, Situation, points_of, record, summary, try_points
from suites.state import plant_others

SAMPLE = {"first", "revoked"}
SLOW = [2, 2.5]
"""Seconds. A credential that meets the settings of its alias makes a node lose the alias, and runs make another write."""


@pytest.fixture
def slow(controller: Controller) -> Iterator[Controller]:
    """Somebody whose local cluster has nodes that get a new credential at different times."""
    plant_others(controller)
    controller.delay_secrets(SLOW)
    yield controller
    controller.delay_secrets(None)


@pytest.mark.parametrize("situation", [each for each in SITUATIONS if each.name in SAMPLE], ids=lambda situation: situation.name)
def test_after_a_run_that_was_killed_after_a_write_the_next_one_leaves_a_working_link_with_one_key(
    situation: Situation, slow: Controller, capsys: pytest.CaptureFixture
):
    recorded = record(situation, slow)

    sample = [point for point in points_of(recorded) if point.writes and point.moment == "after"]
    attempts = try_points(situation, sample, slow, len(recorded))

    with capsys.disabled():
        print("\n" + summary(situation, slow, attempts))
    assert [str(attempt) for attempt in attempts if attempt.problems] == []
    assert len(attempts) == sum(request["write"] for request in recorded) > 0
