# SPDX-License-Identifier: GPL-3.0-or-later
"""Restarting the Elasticsearch nodes of a deployment, one zone after the other."""

from __future__ import annotations

from typing import Callable

from ..api.cloud import CloudClient
from ..api.waiting import Clock
from ..model.change import Change
from ..model.deployment import Deployment
from . import deployments


def plan(deployment: Deployment) -> Change:
    """A restart is never "already done"."""
    return Change(
        what=f"deployment {deployment.name}",
        action="restart",
        before={"status": deployment.status},
        after={"status": "started"},
        payload=deployment,
    )


def apply(cloud: CloudClient, change: Change, *, wait: bool, timeout: float, clock: Clock, tell: Callable[[str], None]) -> Deployment:
    """Restart as soon as no plan is pending; with ``wait`` return when the plan has ended. timeout: seconds for each wait."""
    deployment = change.payload
    deployments.wait_until_idle(cloud, deployment, timeout, clock, tell)
    before = deployments.attempt_of(cloud, deployment)
    cloud.restart(deployment.id, deployment.ref_id)
    if wait:
        deployments.wait_for_plan(cloud, deployment, before, timeout, clock, tell)
    return deployments.refresh(cloud, deployment)
