# SPDX-License-Identifier: GPL-3.0-or-later
"""Trust relationships between environments of Elastic Cloud Enterprise, which deployments refer to when they trust each other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..api.cloud import CloudClient
from ..model import relationships
from ..model.change import Change
from ..model.errors import NotFound, Refused

REGION = "ece-region"


def observe(cloud: CloudClient, region: str = REGION) -> list[dict[str, Any]]:
    """All relationships as the API returns them, that of the environment with itself included."""
    try:
        return cloud.trust_relationships(region)
    except NotFound as error:
        raise Refused(
            f"{cloud.subject} knows no trust relationships (region {region!r})",
            "only Elastic Cloud Enterprise has them; check the region, and name organizations of Elastic Cloud Hosted by type account",
        ) from error


def by_environment(cloud: CloudClient) -> dict[str, str]:
    """Ids of the relationships with other environments, by the id of the environment."""
    known = relationships.others(observe(cloud))
    return {environment: each["id"] for each in known for environment in each.get("account_ids") or []}


def plan(present: Iterable[Mapping[str, Any]], wanted: Mapping[str, Any]) -> Change | None:
    """Bring the relationship of this name to what is wanted, see ``model.relationships.changed_body``; what else it says stays."""
    have = relationships.with_name(present, wanted["name"])
    body = relationships.changed_body(have, wanted)
    if body == relationships.body(have):
        return None
    return Change(
        what=f"trust relationship {wanted['name']}",
        action="update" if have else "create",
        before=_visible(have) if have else {},
        after=_visible({**(have or {}), **body}),
        payload=(have and have["id"], body),
    )


def plan_absent(present: Iterable[Mapping[str, Any]], name: str) -> Change | None:
    """Delete the relationship of this name."""
    have = relationships.with_name(present, name)
    if have is None:
        return None
    return Change(what=f"trust relationship {name}", action="delete", before=_visible(have), payload=(have["id"], None))


def apply(cloud: CloudClient, change: Change, region: str = REGION) -> list[dict[str, Any]]:
    """Write and read back."""
    relationship_id, body = change.payload
    if body is None:
        cloud.delete_trust_relationship(region, relationship_id)
    elif relationship_id:
        cloud.replace_trust_relationship(region, relationship_id, body)
    else:
        cloud.create_trust_relationship(region, body)
    return observe(cloud, region)


def result(present: Iterable[Mapping[str, Any]], name: str) -> dict[str, Any]:
    """The relationship of this name as modules return it, {} where there is none."""
    have = relationships.with_name(present, name)
    return {"trust_relationship": relationships.described(have) if have else {}}


def _visible(relationship: Mapping[str, Any]) -> dict[str, Any]:
    shown = relationships.described({"id": "", **relationship})
    return {name: shown[name] for name in ("name", "account_ids", "trust_by_default", "fingerprints")}
