# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads that are behind show what was true before a write, as far as somebody has asked then."""

from __future__ import annotations

import pytest
from aiohttp import web

from minicloud.dataplane import lag

QUESTION = ("GET", "/_cluster/settings")


@pytest.fixture
def clock(monkeypatch):
    """What time it is, in a list of one."""
    now = [0.0]
    monkeypatch.setattr(lag.time, "monotonic", lambda: now[0])
    return now


def recalled(*events, at, clock):
    """What a read 3 s behind is told. events: (moment, text of an answer) or (moment, None) for a write."""
    memory = lag.Memory()
    for moment, text in events:
        clock[0] = moment
        if text is None:
            memory.note_write("search")
        else:
            memory.keep("search", QUESTION, web.Response(text=text))
    clock[0] = at
    answer = memory.recall("search", QUESTION, 3)
    return answer and answer.body.decode()


@pytest.mark.parametrize(
    ("events", "told"),
    [
        ([(1, "old"), (2, None)], None),
        ([(1, "older"), (1.5, None), (2, "old"), (9, None)], "old"),
        ([(7.5, None), (8, "old"), (9, None)], "old"),
        ([(7.5, "older"), (8, None), (8.5, "old"), (9, None)], "older"),
    ],
    ids=["written long ago", "before the last write", "asked between two writes", "before two writes"],
)
def test_the_answer_from_before_a_recent_write_is_given_again(clock, events, told):
    assert recalled(*events, at=10, clock=clock) == told


@pytest.mark.parametrize("events", [[], [(9, None)], [(9, None), (9.5, "new")], [(1, "old")]])
def test_what_is_true_is_told_where_nobody_asked_before_a_write(clock, events):
    assert recalled(*events, at=10, clock=clock) is None
