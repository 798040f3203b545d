# SPDX-License-Identifier: GPL-3.0-or-later
"""One request on its way through the mini cloud: what both planes and the faults between them say to each other."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web


@dataclass(frozen=True)
class Subject:
    """What is known of a request before anything is done with it.

    `plane` is "control" or "data"; `deployment` its name in the world file; `who` a user name, "api_key" or "anonymous"; `write` what
    the route table of the plane says.
    """

    plane: str
    platform: str | None
    deployment: str | None
    who: str
    write: bool


@dataclass(frozen=True)
class Conditions:
    """Under which a request is processed.

    `lag`: a read shows what was true so many seconds ago. `plan_delay`: a plan that the request starts takes so many seconds longer;
    `plan_failure`: such a plan fails with this message.
    """

    lag: float = 0.0
    plan_delay: float = 0.0
    plan_failure: str | None = None


@dataclass(frozen=True)
class Outcome:
    """What became of a request.

    `response` is None when none was made; `sent` False when the client gets none, but a closed connection; `processed` False when the
    request had no effect because of a fault; `violation` why the answer broke the contract.
    """

    response: web.Response | None
    violation: str | None = None
    processed: bool = True
    sent: bool = True


DROPPED = Outcome(None, processed=False, sent=False)

Process = Callable[[Conditions], Awaitable[Outcome]]
