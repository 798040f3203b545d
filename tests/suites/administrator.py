# SPDX-License-Identifier: GPL-3.0-or-later
"""Somebody who works by hand on what a run works on, between two requests of that run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event

from harness.cloud import MiniCloud
from harness.controller import Controller

PAUSE = 0.02
HOLD = {"times": 1, "action": {"hold": True}}
"""The next write of anybody waits; those that come while it does are not held."""


@dataclass(frozen=True)
class Work:
    """One thing that can be done by hand, told apart by a number. do: returns what is to stay; found: what there is of it."""

    name: str
    do: Callable[[Controller, int], object]
    found: Callable[[Controller, int], object]


def store(controller: Controller, setting: str, value: str) -> str:
    change = {"secrets": {setting: {"value": value}}}
    answer = controller.cloud.control(controller.scenario.local, "PATCH", "/elasticsearch/_main/keystore", change)
    assert answer.status_code == 200, answer.text
    return value


def stored(controller: Controller, setting: str) -> object:
    """What all nodes have in their keystores."""
    values = {entries.get(setting) for entries in controller.keystores().values()}
    return values.pop() if len(values) == 1 else values


def connect(controller: Controller, number: int) -> str:
    address = f"hand{number}.minicloud.test:9443"
    settings = {"mode": "proxy", "proxy_address": address}
    answer = controller.local("PUT", "/_cluster/settings", {"persistent": {f"cluster.remote.hand-{number}": settings}})
    assert answer.status_code == 200, answer.text
    return address


def limit_recovery(controller: Controller, _number: int) -> str:
    answer = controller.local("PUT", "/_cluster/settings", {"persistent": {"indices.recovery.max_bytes_per_sec": "50mb"}})
    assert answer.status_code == 200, answer.text
    return "50mb"


def allow(controller: Controller, number: int) -> list[str]:
    entry = {"clusters": [f"hand-{number}"], "names": ["logs-*"], "privileges": ["read"]}
    answer = controller.local("PUT", f"/_security/role/hand-{number}", {"cluster": ["monitor"], "remote_indices": [entry]})
    assert answer.status_code == 200, answer.text
    return [f"hand-{number}"]


def allowed(controller: Controller, number: int) -> object:
    role = controller.local("GET", f"/_security/role/hand-{number}").json()[f"hand-{number}"]
    return [alias for entry in role["remote_indices"] for alias in entry["clusters"]]


WORK = [
    Work(
        "a foreign secure setting",
        lambda controller, number: store(controller, f"s3.client.hand{number}.secret_key", f"secret {number}"),
        lambda controller, number: stored(controller, f"s3.client.hand{number}.secret_key"),
    ),
    Work(
        "the credential of another alias",
        lambda controller, number: store(controller, f"cluster.remote.hand-{number}.credentials", f"credential {number}"),
        lambda controller, number: stored(controller, f"cluster.remote.hand-{number}.credentials"),
    ),
    Work("another alias", connect, lambda controller, number: controller.settings()[f"cluster.remote.hand-{number}.proxy_address"]),
    Work("another setting", limit_recovery, lambda controller, _number: controller.settings()["indices.recovery.max_bytes_per_sec"]),
    Work("another role", allow, allowed),
]


class Administrator:
    """Does all of it again and again, and remembers what is to stay."""

    def __init__(self, controller: Controller) -> None:
        self._controller = controller
        self.done = 0
        self._expected: dict[tuple[str, int], object] = {}

    def work(self) -> None:
        for work in WORK:
            self._expected[work.name, self.done] = work.do(self._controller, self.done)
        self.done += 1

    def lost(self) -> list[str]:
        """What is not there any more as it was made."""
        found = {(work.name, number): work.found(self._controller, number) for work in WORK for number in range(self.done)}
        return [f"{name} {number}: {found[name, number]}" for name, number in found if found[name, number] != self._expected[name, number]]


@contextmanager
def before_each_write(cloud: MiniCloud, act: Callable[[], None]) -> Iterator[None]:
    """While the block lasts, each write waits until somebody has acted: what it was based on has been read by then."""
    ended = Event()

    def watch() -> None:
        try:
            while not ended.wait(PAUSE):
                if cloud.admin("GET", "/faults")["rules"][0]["applied"]:
                    act()
                    cloud.admin("POST", "/faults", {"rules": [HOLD]})
        finally:
            cloud.admin("DELETE", "/faults")

    cloud.admin("POST", "/faults", {"rules": [HOLD]})
    with ThreadPoolExecutor(1) as pool:
        watching = pool.submit(watch)
        try:
            yield
        finally:
            ended.set()
        watching.result()
