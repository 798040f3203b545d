# SPDX-License-Identifier: GPL-3.0-or-later
"""Bringing traffic filters of ours to what is wanted. They are read again first, since others may have changed them."""

from __future__ import annotations

from collections.abc import Sequence

from ..api.cloud import CloudClient
from ..api.waiting import Clock
from ..model import filters as rules
from ..operations import filters
from .plan_platform import Admission


def admit(cloud: CloudClient, admissions: Sequence[Admission], clock: Clock) -> None:
    """Write the ruleset that these admissions share, and associate it with all of their deployments."""
    change = filters.plan(_present(cloud, admissions[0]), admissions[0].wish, [admission.deployment for admission in admissions])
    if change:
        filters.apply(cloud, change, clock)


def withdraw(cloud: CloudClient, admissions: Sequence[Admission], clock: Clock) -> None:
    """Take the ruleset that these admissions share from their deployments, and delete it when none has it any more."""
    change = filters.plan_dissociate(_present(cloud, admissions[0]), [admission.deployment for admission in admissions], delete=True)
    if change:
        filters.apply(cloud, change, clock)


def _present(cloud: CloudClient, admission: Admission) -> rules.Ruleset | None:
    """Our ruleset as it is now."""
    wish = admission.wish
    return rules.find(filters.observe(cloud), str(wish.name), type=wish.type, region=wish.region)
