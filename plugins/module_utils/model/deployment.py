# SPDX-License-Identifier: GPL-3.0-or-later
"""A deployment of Elastic Cloud Hosted or Enterprise, as far as links need it, read from the Cloud API's answer."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import datetime

from .inputs import shown


@dataclass(frozen=True)
class Deployment:
    """What is known of a deployment.

    id: id of the deployment; cluster_id: the Cloud's id of its Elasticsearch resource (trust lists and filters take this one).
    endpoint: host name on which the platform's proxies answer for it; url: base URL of Elasticsearch.
    status: as the platform reports it, "started" when usable. pending: id of the plan under way, "" when none.
    healthy: whether the last plan succeeded. instances: names of the Elasticsearch instances.
    trust: trust settings as the API returned them, {} when absent.
    last_plan_ended: when the last plan that succeeded had ended, in milliseconds since 1970, 0 when unknown.
    """

    id: str
    name: str
    ref_id: str
    region: str
    cluster_id: str
    version: str
    endpoint: str
    url: str
    status: str
    healthy: bool = True
    pending: str = ""
    instances: tuple[str, ...] = ()
    organization_id: str = ""
    trust: dict = field(default_factory=dict)
    last_plan_ended: int = 0

    def as_dict(self) -> dict:
        return {**asdict(self), "instances": list(self.instances)}


def problem(wanted: str) -> str:
    """Why a text is neither the id nor the name of a deployment, or "" when it may be one."""
    if not wanted.strip():
        return "deployment is empty: give the id or the exact name of the deployment"
    return f"deployment {shown(wanted)} is neither an id nor a name" if "/" in wanted else ""


def from_api(answer: dict) -> Deployment:
    """Read a deployment as ``GET /deployments/{id}`` and ``_search`` return it; fields that are missing read as ""."""
    resource: dict = next(iter((answer.get("resources") or {}).get("elasticsearch") or []), {})
    info = resource.get("info") or {}
    metadata = info.get("metadata") or {}
    plan_info = info.get("plan_info") or {}
    attempt = plan_info.get("current") or {}
    current = attempt.get("plan") or {}
    settings = info.get("settings") or {}
    instances = [instance for instance in (info.get("topology") or {}).get("instances") or [] if _serves_requests(instance)]
    return Deployment(
        id=answer.get("id", ""),
        name=answer.get("name", ""),
        ref_id=resource.get("ref_id", ""),
        region=resource.get("region", ""),
        cluster_id=resource.get("id") or info.get("cluster_id", ""),
        version=(current.get("elasticsearch") or {}).get("version") or _running_version(instances),
        endpoint=metadata.get("endpoint", ""),
        url=_url(metadata),
        status=info.get("status", ""),
        healthy=bool(plan_info.get("healthy", True)),
        pending=str((plan_info.get("pending") or {}).get("plan_attempt_id", "unnamed")) if plan_info.get("pending") else "",
        instances=tuple(instance.get("instance_name", "") for instance in instances),
        organization_id=(answer.get("metadata") or {}).get("organization_id")
        or (settings.get("metadata") or {}).get("organization_id", ""),
        trust=settings.get("trust") or {},
        last_plan_ended=_milliseconds(attempt.get("attempt_end_time") or ""),
    )


def _milliseconds(text: str) -> int:
    """A time of the API (2026-01-31T12:00:00.123Z) to the second; 0 for what is none."""
    try:
        return int(datetime.fromisoformat(text[:19] + "+00:00").timestamp() * 1000)
    except ValueError:
        return 0


def _url(metadata: dict) -> str:
    if metadata.get("service_url"):
        return metadata["service_url"].rstrip("/")
    port = (metadata.get("ports") or {}).get("https", 443)
    return f"https://{metadata['endpoint']}:{port}" if metadata.get("endpoint") else ""


def _serves_requests(instance: dict) -> bool:
    # The proxies send no requests to dedicated masters and tiebreakers: they never show up as the node that answered.
    roles = instance.get("service_roles")
    return not roles or bool(set(roles) - {"master"})


def _running_version(instances: list[dict]) -> str:
    return next((instance["service_version"] for instance in instances if instance.get("service_version")), "")
