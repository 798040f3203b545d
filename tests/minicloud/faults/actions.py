# SPDX-License-Identifier: GPL-3.0-or-later
"""What a fault does to a request."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import ClassVar, Protocol

from aiohttp import web

from minicloud.exchange import DROPPED, Conditions, Outcome, Process, Subject
from minicloud.pages import html_page


@dataclass(frozen=True)
class Passage:
    """A request that a fault got hold of, and what the fault may do.

    `process` lets it take effect; `break_down(seconds, refuse)` puts what it was sent to out of order; `kill(group)` ends its client;
    `replaced` waits until other rules are in force.
    """

    subject: Subject
    process: Process
    break_down: Callable[[float, bool], None]
    kill: Callable[[int], None]
    replaced: Callable[[], Awaitable[object]]


class Action(Protocol):
    """`writes`: True for an action that concerns writes only, False for one of reads, None for any request."""

    writes: ClassVar[bool | None]

    @property
    def label(self) -> str:
        """What the request log says."""

    async def around(self, passage: Passage) -> Outcome:
        """Do it, and let the request take effect before, afterwards or not at all."""


@dataclass(frozen=True)
class Refuse:
    """Answer with an error; the request is not processed."""

    status: int
    retry_after: int | None = None
    as_html: bool = False
    writes: ClassVar[bool | None] = None

    @property
    def label(self) -> str:
        return f"status {self.status}"

    async def around(self, passage: Passage) -> Outcome:
        return self.outcome(passage.subject.plane)

    def outcome(self, plane: str) -> Outcome:
        response = html_page(self.status) if self.as_html else web.json_response(_error(plane, self.status), status=self.status)
        if self.retry_after is not None:
            response.headers["Retry-After"] = str(self.retry_after)
        return Outcome(response, processed=False)


@dataclass(frozen=True)
class Delay:
    """Let the request wait before it is processed."""

    seconds: float
    writes: ClassVar[bool | None] = None

    @property
    def label(self) -> str:
        return f"delay {self.seconds:g} s"

    async def around(self, passage: Passage) -> Outcome:
        await asyncio.sleep(self.seconds)
        return await passage.process(Conditions())


@dataclass(frozen=True)
class Hold:
    """Let a write wait before it is processed until somebody sets other rules."""

    writes: ClassVar[bool | None] = True
    label: ClassVar[str] = "hold"

    async def around(self, passage: Passage) -> Outcome:
        await passage.replaced()
        return await passage.process(Conditions())


@dataclass(frozen=True)
class Drop:
    """Close the connection instead of answering, `when` the request has taken effect ("after") or without processing it ("before")."""

    when: str
    writes: ClassVar[bool | None] = None

    @property
    def label(self) -> str:
        return f"drop {self.when}"

    async def around(self, passage: Passage) -> Outcome:
        return DROPPED if self.when == "before" else replace(await passage.process(Conditions()), sent=False)


@dataclass(frozen=True)
class BreakDown:
    """Put the API, or the proxies of the platform, out of order for some seconds, beginning with this request."""

    seconds: float
    refuse: bool
    writes: ClassVar[bool | None] = None
    label: ClassVar[str] = "outage"

    async def around(self, passage: Passage) -> Outcome:
        passage.break_down(self.seconds, self.refuse)
        return outage_outcome(passage.subject.plane, self.refuse)


@dataclass(frozen=True)
class Lag:
    """Answer a read with what was true some seconds ago."""

    seconds: float
    writes: ClassVar[bool | None] = False

    @property
    def label(self) -> str:
        return f"stale {self.seconds:g} s"

    async def around(self, passage: Passage) -> Outcome:
        return await passage.process(Conditions(lag=self.seconds))


@dataclass(frozen=True)
class TroublePlan:
    """Process the request, but make the plan that it starts late by `seconds`, or fail it with a message."""

    seconds: float = 0.0
    failure: str | None = None
    writes: ClassVar[bool | None] = True

    @property
    def label(self) -> str:
        return "plan slow" if self.failure is None else "plan fail"

    async def around(self, passage: Passage) -> Outcome:
        return await passage.process(Conditions(plan_delay=self.seconds, plan_failure=self.failure))


@dataclass(frozen=True)
class Kill:
    """Kill the client, a process group, `when` the request has taken effect ("after") or before it does; it gets no answer."""

    when: str
    group: int
    writes: ClassVar[bool | None] = None

    @property
    def label(self) -> str:
        return f"kill {self.when}"

    async def around(self, passage: Passage) -> Outcome:
        outcome = DROPPED if self.when == "before" else replace(await passage.process(Conditions()), sent=False)
        passage.kill(self.group)
        return outcome


def outage_outcome(plane: str, refuse: bool) -> Outcome:
    """What happens to a request during an outage."""
    return DROPPED if refuse else Refuse(503, as_html=True).outcome(plane)


def _error(plane: str, status: int) -> dict[str, object]:
    phrase = HTTPStatus(status).phrase
    if plane == "control":
        return {"errors": [{"code": f"root.{phrase.lower().replace(' ', '_')}", "message": f"{phrase} (on purpose)"}]}
    return {"ok": False, "message": f"{phrase} (on purpose)"}
