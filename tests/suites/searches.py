# SPDX-License-Identifier: GPL-3.0-or-later
"""Somebody who searches through links all the time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

from harness.controller import Controller

SEARCH_EVERY = 0.02


@contextmanager
def searching(*through: tuple[Controller, str]) -> Iterator[list[str]]:
    """Search through aliases, one after the other; yields what went wrong, by and by."""
    ended, wrong, done = Event(), [], []

    def work() -> None:
        while not ended.wait(SEARCH_EVERY):
            controller, alias = through[len(done) % len(through)]
            answer = controller.local("GET", f"/{alias}:orders-*/_search")
            done.append(answer.status_code)
            if answer.status_code != 200 or not answer.json()["hits"]["hits"]:
                wrong.append(f"{alias}: {answer.text}")

    thread = Thread(target=work)
    thread.start()
    try:
        yield wrong
    finally:
        ended.set()
        thread.join()
    assert len(done) >= len(through), "there were searches through each"
