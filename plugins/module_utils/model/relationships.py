# SPDX-License-Identifier: GPL-3.0-or-later
"""Trust relationships of an environment of Elastic Cloud Enterprise with others: what is wanted, what is there.

https://www.elastic.co/docs/deploy-manage/remote-clusters/ece-remote-cluster-other-ece
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from . import pem
from .errors import Refused


def described(relationship: Mapping[str, Any]) -> dict[str, Any]:
    """A relationship as results show it. environment_id: of the environment that it is with.

    Which field of the API holds the environment's id is not documented: it has one account, so the first account's id is taken.
    """
    ids = relationship.get("account_ids") or []
    return {
        "id": relationship["id"],
        "name": relationship["name"],
        "environment_id": ids[0] if ids else "",
        "account_ids": list(ids),
        "trust_by_default": bool(relationship.get("trust_by_default")),
        "local": bool(relationship.get("local")),
        "certificate": relationship.get("public_ca_cert") or "",
        "fingerprints": sorted(pem.fingerprints([relationship.get("public_ca_cert") or ""])),
    }


def own(relationships: Iterable[Mapping[str, Any]]) -> Mapping[str, Any]:
    """The entry of the environment itself, which has what others need to trust it. Raises Refused where there is none."""
    found = next((each for each in relationships if each.get("local")), None)
    if found is None:
        raise Refused("the environment tells nothing of itself", "look at Platform > Trust management > Trust parameters in its console")
    return found


def others(relationships: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Those with other environments."""
    return [each for each in relationships if not each.get("local")]


def id_of(relationships: Iterable[Mapping[str, Any]], wanted: str, may_be_gone: bool = False) -> str:
    """Id of the relationship with another environment that has this id or exactly this name. Raises Refused for none or several.

    may_be_gone: what is unknown is taken for an id; deployments may still trust by it.
    """
    known = others(relationships)
    found = [each for each in known if each["id"] == wanted] or [each for each in known if each["name"] == wanted]
    if len(found) == 1:
        return found[0]["id"]
    if may_be_gone and not found:
        return wanted
    names = ", ".join(sorted(f"{each['name']} ({each['id']})" for each in found or known)) or "none"
    problem = f"there are {len(found)} trust relationships named" if found else "there is no trust relationship"
    raise Refused(f"{problem} {wanted!r}; known are {names}", "give its id, or make it with platform_trust_relationship")


def with_name(relationships: Iterable[Mapping[str, Any]], name: str) -> Mapping[str, Any] | None:
    """The relationship with another environment that has this name. Raises Refused where several have it."""
    found = [each for each in others(relationships) if each["name"] == name]
    if len(found) > 1:
        ids = ", ".join(each["id"] for each in found)
        raise Refused(f"there are {len(found)} trust relationships named {name!r} ({ids})", "remove all but one in the console")
    return found[0] if found else None


def body(relationship: Mapping[str, Any] | None) -> dict[str, Any]:
    """What of a relationship can be written."""
    fields = ("name", "public_ca_cert", "trust_by_default", "account_ids", "installation_id")
    return {name: relationship[name] for name in fields if relationship and relationship.get(name) is not None}


def changed_body(have: Mapping[str, Any] | None, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """What to send: all fields, since the API does not say whether those that are left out stay. Equal to ``body(have)`` for no change.

    wanted: name, public_ca_cert, environment_id, and trust_by_default, None for what stays.
    """
    before = body(have)
    default = before.get("trust_by_default", False) if wanted["trust_by_default"] is None else wanted["trust_by_default"]
    after = {**before, "name": wanted["name"], "trust_by_default": default}
    if wanted["environment_id"] not in before.get("account_ids", []):
        after["account_ids"] = [wanted["environment_id"]]
    if pem.fingerprints([before.get("public_ca_cert", "")]) != pem.fingerprints([wanted["public_ca_cert"]]):
        after["public_ca_cert"] = wanted["public_ca_cert"]
    return after
