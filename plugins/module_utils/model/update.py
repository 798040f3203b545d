# SPDX-License-Identifier: GPL-3.0-or-later
"""The update of a deployment that changes settings of Elasticsearch and nothing else: its plan is sent back as it is.

https://www.elastic.co/docs/api/doc/cloud/operation/operation-update-deployment
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .errors import Refused


def body(answer: Mapping[str, Any], settings: Mapping[str, Any]) -> dict[str, Any]:
    """What to send. answer: the deployment as ``GET /deployments/{id}`` returns it. Raises Refused without a current plan.

    One-shot actions that a plan carries (``transient``) would be repeated, so they are left out; other resources stay as they are.
    """
    resource = _resource(answer)
    current = ((resource.get("info") or {}).get("plan_info") or {}).get("current") or {}
    plan = _lasting(current.get("plan") or {})
    if not plan:
        raise Refused(f"deployment {answer.get('name')!r} has no current plan", "repair it in the console of the platform first")
    sent = {"ref_id": resource["ref_id"], "region": resource["region"], "plan": plan, "settings": dict(settings)}
    return {"prune_orphans": False, "resources": {"elasticsearch": [sent]}}


def refuse_other_plan(sent: Mapping[str, Any], answer: Mapping[str, Any]) -> None:
    """Raise Refused unless the platform would run exactly the plan that was sent.

    sent: the body of the update. answer: to the same update with ``validate_only``.
    """
    payload = sent["resources"]["elasticsearch"][0]
    updates = ((answer.get("diagnostics") or {}).get("updates") or {}).get("elasticsearch") or []
    backend = next((update.get("backend_plan") for update in updates if update.get("ref_id") == payload["ref_id"]), None)
    found = ["the whole plan"] if backend is None else differences(payload["plan"], _lasting(backend))
    if found:
        raise Refused(
            f"the platform would change more of the deployment than its settings: {', '.join(found)}",
            "apply the pending changes of the deployment in the console of the platform first, then run again",
        )


def differences(one: Any, other: Any, path: str = "") -> list[str]:
    """Paths at which two plans differ, for example ``cluster_topology[2].size``; a field that is null is like one that is absent."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        names = sorted(name for name in {*one, *other} if one.get(name) is not None or other.get(name) is not None)
        return [found for name in names for found in differences(one.get(name), other.get(name), f"{path}.{name}".lstrip("."))]
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        pairs = enumerate(zip(one, other))
        return [found for number, pair in pairs for found in differences(*pair, f"{path}[{number}]")]
    return [] if one == other else [path]


def _resource(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    return ((answer.get("resources") or {}).get("elasticsearch") or [{}])[0]


def _lasting(plan: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in plan.items() if name != "transient"}
