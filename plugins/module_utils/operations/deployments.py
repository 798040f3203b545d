# SPDX-License-Identifier: GPL-3.0-or-later
"""Finding deployments by id or name, and waiting for their plans."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Callable

from ..api.cloud import CloudClient
from ..api.waiting import Clock, ErrorBudget, looks
from ..model import plans
from ..model.deployment import Deployment, from_api
from ..model.errors import CrossClusterError, PlanFailed, Refused, WaitTimeout

_ID = re.compile(r"^[0-9a-f]{32}$")


def find_many(cloud: CloudClient, wanted: Iterable[str]) -> dict[str, Deployment | CrossClusterError]:
    """Each wanted id or exact name with its deployment, or with the reason why there is none. One call for all names."""
    wanted = list(dict.fromkeys(wanted))
    found: dict[str, Deployment | CrossClusterError] = {}
    names = []
    for text in wanted:
        known = by_id(cloud, text)
        if known:
            found[text] = known
        else:
            names.append(text)
    by_name: dict[str, list[Deployment]] = {name: [] for name in names}
    for answer in cloud.deployments_named(names) if names else []:
        by_name.setdefault(answer.get("name", ""), []).append(from_api(answer))
    return {**found, **{name: _only(cloud, name, by_name[name]) for name in names}}


def find(cloud: CloudClient, wanted: str) -> Deployment:
    """The deployment with this id or exact name; raises Refused when there is none or more than one."""
    result = find_many(cloud, [wanted])[wanted]
    if isinstance(result, CrossClusterError):
        raise result
    return result


def by_id(cloud: CloudClient, text: str) -> Deployment | None:
    """The deployment whose id a text is, None where the credentials may see none with this id."""
    answer = cloud.deployment(text) if _ID.match(text) else None
    return from_api(answer) if answer else None


def refresh(cloud: CloudClient, deployment: Deployment) -> Deployment:
    """The deployment as it is now."""
    answer = cloud.deployment(deployment.id)
    if answer is None:
        raise Refused(f"{cloud.subject}: deployment {deployment.name!r} ({deployment.id}) does not exist any more")
    return from_api(answer)


def wait_until_idle(cloud: CloudClient, deployment: Deployment, timeout: float, clock: Clock, tell: Callable[[str], None]) -> None:
    """Wait until no plan is pending; raises WaitTimeout with the last step seen.

    timeout: seconds. The state of the plans before is no concern of this wait, only that none is under way.
    """
    state = _follow(cloud, deployment, timeout, clock, tell, lambda state, _passed: state.kind != plans.PENDING)
    if state.kind == plans.PENDING:
        raise WaitTimeout(
            f"deployment {deployment.name!r} has had a plan pending for {timeout:.0f} s ({_last_seen(state)})",
            "wait for it to finish or cancel it, or raise wait_timeout",
        )


def wait_for_plan(
    cloud: CloudClient,
    deployment: Deployment,
    before: str,
    timeout: float,
    clock: Clock,
    tell: Callable[[str], None],
    *,
    starts_within: float | None = None,
) -> None:
    """Wait until the plan that followed the attempt ``before`` has ended well; raises PlanFailed or WaitTimeout.

    before: plan attempt id seen before the change; the answer to the change names no attempt.
    timeout: seconds. starts_within: seconds after which a change that may need no plan is taken to have none.
    """

    def done(state: plans.PlanState, passed: float) -> bool:
        none = starts_within is not None and passed >= starts_within
        return state.kind != plans.PENDING and (state.attempt != before or none)

    state = _follow(cloud, deployment, timeout, clock, tell, done)
    if state.kind == plans.FAILED and state.attempt != before:
        raise PlanFailed(
            f"the plan {state.attempt} of deployment {deployment.name!r} failed at step {state.step}: {state.message}",
            "look at the deployment's activity page, then run again",
        )
    if state.kind == plans.PENDING or (state.attempt == before and starts_within is None):
        raise WaitTimeout(
            f"the plan of deployment {deployment.name!r} has not ended within {timeout:.0f} s ({_last_seen(state)})",
            "run again when it has, or raise wait_timeout",
        )


def attempt_of(cloud: CloudClient, deployment: Deployment) -> str:
    """Id of the newest plan attempt."""
    return _plan_state(cloud, deployment).attempt


def _follow(
    cloud: CloudClient,
    deployment: Deployment,
    timeout: float,
    clock: Clock,
    tell: Callable[[str], None],
    done: Callable[[plans.PlanState, float], bool],
) -> plans.PlanState:
    """The state that ended the wait or was seen last; raises the failure when the API answered no single look."""
    budget = ErrorBudget(clock)
    state: plans.PlanState | None = None
    for passed in looks(timeout, clock, first=1.0, longest=10.0):
        seen = budget.read(lambda: _plan_state(cloud, deployment))
        if seen is None:
            tell(f"{deployment.name}: the Cloud API does not answer, still waiting ({passed:.0f} s)")
            continue
        state = seen
        if done(state, passed):
            break
        tell(f"{deployment.name}: plan at step {state.step or 'unknown'} ({passed:.0f} s)")
    if state is None and budget.failure:
        raise budget.failure
    return state or plans.PlanState(plans.PENDING)


def _last_seen(state: plans.PlanState) -> str:
    return f"attempt {state.attempt or 'unknown'}, step {state.step or 'unknown'}"


def _plan_state(cloud: CloudClient, deployment: Deployment) -> plans.PlanState:
    answer = cloud.elasticsearch(deployment.id, deployment.ref_id)
    if answer is None:
        raise Refused(f"{cloud.subject}: deployment {deployment.name!r} ({deployment.id}) does not exist any more")
    return plans.state_of((answer.get("info") or {}).get("plan_info") or {})


def _only(cloud: CloudClient, name: str, matches: list[Deployment]) -> Deployment | CrossClusterError:
    if len(matches) == 1:
        return matches[0]
    if not matches:
        return Refused(
            f"{cloud.subject}: there is no deployment {name!r}", "check its id or exact name, and that the credentials may see it"
        )
    ids = ", ".join(sorted(deployment.id for deployment in matches))
    return Refused(
        f"{cloud.subject}: the name {name!r} is ambiguous, {len(matches)} deployments have it ({ids})", "give the id instead of the name"
    )
