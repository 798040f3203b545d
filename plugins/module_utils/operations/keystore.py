# SPDX-License-Identifier: GPL-3.0-or-later
"""Secure settings of a deployment. Their values never come back, so only names can be compared.

Whether a change of the keystore is a plan, and how a removal is spelled, is not documented well enough to rely on one answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Callable

from ..api.cloud import REMOVALS, CloudClient
from ..api.waiting import Clock
from ..model.change import Change
from ..model.deployment import Deployment
from ..model.errors import Conflict, Refused
from . import deployments

HIDDEN = "(hidden)"


def observe(cloud: CloudClient, deployment: Deployment) -> dict[str, dict]:
    """Names of the secure settings, each with its ``as_file``."""
    names = cloud.keystore(deployment.id, deployment.ref_id)
    return {name: {"as_file": bool(entry.get("as_file"))} for name, entry in sorted(names.items())}


def plan(observed: Mapping[str, dict], deployment: Deployment, wanted: Mapping[str, object | None], always: bool) -> Change | None:
    """The settings to write. wanted: value by name, None to remove. always: write values of names that exist, too."""
    sent = {
        name: value
        for name, value in wanted.items()
        if (value is None and name in observed) or (value is not None and (always or name not in observed))
    }
    if not sent:
        return None
    return Change(
        what=f"secure settings of deployment {deployment.name}",
        action="update",
        before={name: HIDDEN for name in sorted(sent) if name in observed},
        after={name: HIDDEN + " new" if name in observed else HIDDEN for name in sorted(sent) if sent[name] is not None},
        payload=(deployment, sent),
    )


def apply(cloud: CloudClient, change: Change, *, timeout: float, clock: Clock, tell: Callable[[str], None]) -> dict[str, dict]:
    """Write and read the names back; raises Refused when a setting stays that was to go. timeout: as for ``write``."""
    deployment, sent = change.payload
    for removal in REMOVALS:
        write(cloud, deployment, sent, timeout=timeout, clock=clock, tell=tell, removal=removal)
        present = observe(cloud, deployment)
        sent = {name: None for name, value in sent.items() if value is None and name in present}
        if not sent:
            return present
    raise Refused(
        f"{cloud.subject}: deployment {deployment.name!r} still has the secure settings {', '.join(sorted(sent))} after they were removed",
        "remove them in the console",
    )


def write(
    cloud: CloudClient,
    deployment: Deployment,
    secrets: Mapping[str, object | None],
    *,
    timeout: float,
    clock: Clock,
    tell: Callable[[str], None],
    removal: dict | None = REMOVALS[0],
) -> None:
    """Write secure settings, None removes; where a pending plan forbids that, as soon as it has ended.

    timeout: seconds to wait for such a plan.
    """
    try:
        cloud.update_keystore(deployment.id, deployment.ref_id, secrets, removal)
    except Conflict:
        deployments.wait_until_idle(cloud, deployment, timeout, clock, tell)
        cloud.update_keystore(deployment.id, deployment.ref_id, secrets, removal)
