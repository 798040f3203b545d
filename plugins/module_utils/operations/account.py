# SPDX-License-Identifier: GPL-3.0-or-later
"""The default trust of an organization, which deployments get that are created later."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..api.cloud import CloudClient
from ..model.change import Change


def observe(cloud: CloudClient) -> dict[str, Any]:
    """The account of the credentials: ``id`` and ``trust``, as the API returns them."""
    return cloud.account()


def result(seen: Mapping[str, Any]) -> dict[str, Any]:
    """The account as modules return it."""
    return {"account": {"id": seen["id"], "trust_all": _trusts_all(seen)}}


def plan(seen: Mapping[str, Any], trust_all: bool) -> Change | None:
    """Bring the default to what is wanted; what else the trust says stays."""
    if _trusts_all(seen) == trust_all:
        return None
    return Change(
        what=f"default trust of account {seen['id']}",
        action="update",
        before={"trust_all": not trust_all},
        after={"trust_all": trust_all},
        payload={**(seen.get("trust") or {}), "trust_all": trust_all},
    )


def apply(cloud: CloudClient, change: Change) -> dict[str, Any]:
    """Write and read back."""
    cloud.update_account(change.payload)
    return observe(cloud)


def _trusts_all(seen: Mapping[str, Any]) -> bool:
    # Platforms that say nothing have the default of the default.
    return (seen.get("trust") or {}).get("trust_all", True)
