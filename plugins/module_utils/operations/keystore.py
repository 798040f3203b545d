# SPDX-License-Identifier: GPL-3.0-or-later
"""Secure settings of a deployment. Their values never come back, so only names can be compared."""

from __future__ import annotations

from collections.abc import Mapping

from ..api.cloud import CloudClient
from ..model.change import Change
from ..model.deployment import Deployment

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


def apply(cloud: CloudClient, change: Change) -> dict[str, dict]:
    """Write and read the names back."""
    deployment, sent = change.payload
    cloud.update_keystore(deployment.id, deployment.ref_id, sent)
    return observe(cloud, deployment)
