# SPDX-License-Identifier: GPL-3.0-or-later
"""Plans: how a deployment gets from one configuration to the next, in steps that take time."""

from __future__ import annotations

import asyncio
import copy
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from minicloud.clock import now, timestamp
from minicloud.dataplane import DataPlaneError
from minicloud.exchange import Conditions

Work = Callable[[], Awaitable[None]]

_NORMAL = Conditions()
_PREPARATIONS = ("plan-validator", "log-initial-plan-data", "resolve-constructor", "validate-plan-prerequisites")
_WORK = "apply-plan-configuration"
_END = "plan-completed"


@dataclass
class Step:
    """One entry of a plan's log; `status` is "pending", "success" or "error"."""

    id: str
    started: datetime
    messages: list[tuple[datetime, str]]
    ended: datetime | None = None
    status: str = "pending"


@dataclass
class Attempt:
    """One attempt to apply a plan. `action` is what asked for it; `activity` the status of the cluster meanwhile; `error` why it failed."""

    action: str
    user: str
    activity: str
    plan: dict[str, Any]
    number: int
    id: str = field(default_factory=lambda: secrets.token_hex(16))
    started: datetime = field(default_factory=now)
    ended: datetime | None = None
    error: str | None = None
    steps: list[Step] = field(default_factory=list)

    def begin(self, step_id: str) -> None:
        self.steps.append(Step(step_id, now(), [(now(), f"Step {step_id} began")]))

    def finish(self, error: str | None = None) -> None:
        step = self.steps[-1]
        step.ended, step.status = now(), "error" if error else "success"
        step.messages.append((now(), error or f"Step {step.id} ended"))


class Plans:
    """The plans of one deployment: at most one is pending; a failed one leaves `current` as it is. `history` has the newest last."""

    def __init__(self, plan: dict[str, Any], seconds: float) -> None:
        self._seconds = seconds
        self._task: asyncio.Task[None] | None = None
        self._released = asyncio.Event()
        self._released.set()
        created = Attempt("deployments.create-deployment", "operator", "initializing", plan, 0)
        for step_id in (*_PREPARATIONS, _WORK, _END):
            created.begin(step_id)
            created.finish()
        created.ended = now()
        self.current = created
        self.pending: Attempt | None = None
        self.history = [created]

    def hold(self, held: bool) -> None:
        """Keep plans from going on to their work, or let them go."""
        if held:
            self._released.clear()
        else:
            self._released.set()

    def start(self, action: str, user: str, activity: str, plan: dict[str, Any], work: Work, conditions: Conditions = _NORMAL) -> Attempt:
        """Begin a plan, which runs by itself. The caller has made sure that none is pending."""
        self.pending = Attempt(action, user, activity, plan, len(self.history))
        self._task = asyncio.create_task(self._run(self.pending, work, conditions))
        return self.pending

    def snapshot(self) -> Plans:
        """The plans as they are now, for reading only."""
        # Attempts that have ended do not change any more.
        record = copy.copy(self)
        record.pending, record.history = copy.deepcopy(self.pending), list(self.history)
        return record

    async def cancel(self) -> None:
        """End the pending plan, if any; it counts as failed."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self, attempt: Attempt, work: Work, conditions: Conditions) -> None:
        error = "The plan ended unexpectedly"
        try:
            for step_id in _PREPARATIONS:
                attempt.begin(step_id)
                await asyncio.sleep(self._seconds / len(_PREPARATIONS))
                attempt.finish()
            attempt.begin(_WORK)
            await self._released.wait()
            await asyncio.sleep(conditions.plan_delay)
            if conditions.plan_failure is not None:
                raise DataPlaneError(conditions.plan_failure)
            await work()
            attempt.finish()
            error = ""
        except DataPlaneError as failure:
            error = str(failure)
        except asyncio.CancelledError:
            error = "The plan was cancelled"
            raise
        finally:
            self._complete(attempt, error)

    def _complete(self, attempt: Attempt, error: str) -> None:
        if error:
            attempt.finish(error)
            attempt.error = error
        attempt.begin(_END)
        attempt.finish(error or None)
        attempt.ended = now()
        self.pending = None
        self.history.append(attempt)
        if not error:
            self.current = attempt


def render(attempt: Attempt, logs: bool, clear_transient: bool) -> dict[str, Any]:
    """An attempt as the API shows it."""
    shown: dict[str, Any] = {
        "plan_attempt_id": attempt.id,
        "plan_attempt_name": f"attempt-{attempt.number:010d}",
        "attempt_start_time": timestamp(attempt.started),
        "healthy": attempt.error is None,
        "plan": {key: value for key, value in attempt.plan.items() if not (clear_transient and key == "transient")},
        "plan_attempt_log": [_render_step(step) for step in attempt.steps] if logs else [],
        "source": {
            "action": attempt.action,
            "date": timestamp(attempt.started),
            "facilitator": "adminconsole",
            "user_id": attempt.user,
        },
        "warnings": [],
    }
    if attempt.ended is not None:
        shown["attempt_end_time"] = shown["plan_end_time"] = timestamp(attempt.ended)
        if attempt.error is not None:
            shown["error"] = {
                "message": attempt.error,
                "failure_type": "ClusterFailure",
                "details": {},
                "timestamp": shown["attempt_end_time"],
            }
    return shown


def _render_step(step: Step) -> dict[str, Any]:
    done = step.ended is not None
    shown: dict[str, Any] = {
        "step_id": step.id,
        "started": timestamp(step.started),
        "stage": "completed" if done else "in_progress",
        "status": step.status,
        "info_log": [
            {"message": message, "timestamp": timestamp(moment), "stage": "completed" if done else "in_progress", "details": {}}
            for moment, message in step.messages
        ],
    }
    if step.ended is not None:
        shown["completed"] = timestamp(step.ended)
        shown["duration_in_millis"] = int((step.ended - step.started).total_seconds() * 1000)
    return shown
