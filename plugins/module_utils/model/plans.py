# SPDX-License-Identifier: GPL-3.0-or-later
"""What the Cloud API's ``plan_info`` says about the plan of a resource."""

from __future__ import annotations

from dataclasses import dataclass

PENDING, DONE, FAILED = "pending", "done", "failed"


@dataclass(frozen=True)
class PlanState:
    """kind: pending, done or failed. attempt: id of the attempt. step: last step seen. message: the platform's words on a failure."""

    kind: str
    attempt: str = ""
    step: str = ""
    message: str = ""


def state_of(plan_info: dict) -> PlanState:
    """The state of the newest attempt.

    A failed attempt leaves ``current`` as it was and shows only in ``history``, so the newest of both decides. Only the step
    ``plan-completed`` tells success from failure; errors in earlier steps are retried by the platform and do not count.
    """
    pending = plan_info.get("pending")
    if pending:
        return PlanState(PENDING, _attempt(pending), _last_step(pending))
    newest = _newest(plan_info)
    message = _failure(newest)
    kind = FAILED if message else DONE
    return PlanState(kind, _attempt(newest), _last_step(newest), message)


def _newest(plan_info: dict) -> dict:
    candidates = [plan_info.get("current") or {}, *(plan_info.get("history") or [])]
    return max(candidates, key=lambda plan: plan.get("attempt_end_time") or plan.get("attempt_start_time") or "")


def _attempt(plan: dict) -> str:
    return str(plan.get("plan_attempt_id") or "")


def _last_step(plan: dict) -> str:
    log = plan.get("plan_attempt_log") or []
    return str(log[-1].get("step_id", "")) if log else ""


def _failure(plan: dict) -> str:
    if (plan.get("error") or {}).get("message"):
        return str(plan["error"]["message"])
    log = plan.get("plan_attempt_log") or []
    last = log[-1] if log else {}
    if last.get("step_id") != "plan-completed" or last.get("status") != "error":
        return ""
    details = last.get("info_log") or []
    return str(details[-1].get("message", "")) if details else "the plan ended in an error"
