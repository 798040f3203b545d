# SPDX-License-Identifier: GPL-3.0-or-later
"""Traffic filters: rulesets that say who may connect to the deployments they are associated with.

A deployment without any lets everybody in; one that has any lets nobody in whom none of its rules admits.
https://www.elastic.co/docs/deploy-manage/security/network-security-api
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from .errors import InvalidDeclaration, Refused

MARK = "crosscluster.elastic "
"""Begins the name of a ruleset that belongs to links."""
IP, REMOTE_CLUSTER, EGRESS = "ip", "remote_cluster", "egress_firewall"
_SOURCE = (("source",),)
FIELDS: Mapping[str, Sequence[Sequence[str]]] = {
    IP: _SOURCE,
    REMOTE_CLUSTER: (("remote_cluster_id", "remote_cluster_org_id"),),
    "vpce": _SOURCE,
    "azure_private_endpoint": (("azure_endpoint_name",), ("azure_endpoint_guid",)),
    "gcp_private_service_connect_endpoint": _SOURCE,
    EGRESS: (("egress_rule",),),
}
"""Types of rulesets with what a rule must have: of each group at least one field."""

Rule = Mapping[str, Any]


@dataclass(frozen=True)
class Ruleset:
    """A ruleset. associations: ids of the deployments (or of their clusters) that have it, as far as they can be seen;
    total: how many have it. rules: as the API returned them."""

    id: str
    name: str
    type: str
    region: str
    description: str
    include_by_default: bool
    rules: tuple[Rule, ...]
    associations: tuple[str, ...]
    total: int

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "rules": [dict(rule) for rule in self.rules], "associations": list(self.associations)}


@dataclass(frozen=True)
class Wish:
    """What a ruleset is to be. None: as it is. Without ``purge`` rules are added to those that are there."""

    name: str | None = None
    type: str | None = None
    region: str | None = None
    rules: tuple[Rule, ...] | None = None
    purge: bool = False
    description: str | None = None
    include_by_default: bool | None = None


def name_of(local: str) -> str:
    """Name of the ruleset of ours that admits a local cluster, by its cluster id."""
    return MARK + local


def from_api(answer: Mapping[str, Any]) -> Ruleset:
    associations = tuple(entry["id"] for entry in answer.get("associations") or [])
    return Ruleset(
        id=answer.get("id", ""),
        name=answer.get("name", ""),
        type=answer.get("type", ""),
        region=answer.get("region", ""),
        description=answer.get("description") or "",
        include_by_default=bool(answer.get("include_by_default")),
        rules=tuple(answer.get("rules") or ()),
        associations=associations,
        total=max(answer.get("total_associations") or 0, len(associations)),
    )


def find(rulesets: Iterable[Ruleset], wanted: str, *, type: str | None = None, region: str | None = None) -> Ruleset | None:  # noqa: A002 - the API's word
    """The ruleset with this id or, within a type and region where they are given, this name. Raises Refused when several have the name."""
    known = list(rulesets)
    by_id = [ruleset for ruleset in known if ruleset.id == wanted]
    found = by_id or [
        ruleset for ruleset in known if ruleset.name == wanted and type in (None, ruleset.type) and region in (None, ruleset.region)
    ]
    if len(found) > 1:
        ids = ", ".join(sorted(f"{ruleset.id} ({ruleset.type}, {ruleset.region})" for ruleset in found))
        raise Refused(f"the name {wanted!r} is ambiguous, {len(found)} traffic filters have it: {ids}", "give the id instead of the name")
    return found[0] if found else None


def named(rulesets: Iterable[Ruleset], wanted: str, deployment_ids: Iterable[str] = ()) -> list[Ruleset]:
    """The rulesets with an id or name ("": any) that one of these deployments has (none given: or nobody)."""
    ids = set(deployment_ids)
    by_name = [ruleset for ruleset in rulesets if wanted in ("", ruleset.id, ruleset.name)]
    return [ruleset for ruleset in by_name if not ids or ids & set(ruleset.associations)]


def problems(kind: str, rules: Iterable[Rule]) -> list[str]:
    """What is wrong with rules for a type of ruleset."""
    found = []
    for number, rule in enumerate(rules):
        given = _given(rule)
        lacking = [" or ".join(group) for group in FIELDS[kind] if not set(group) & set(given)]
        foreign = sorted(set(given) - {"id", "description"} - {field for group in FIELDS[kind] for field in group})
        found += [f"rules[{number}] of type {kind} needs {text}" for text in lacking]
        found += [f"rules[{number}] of type {kind} takes no {field}" for field in foreign]
        if kind == IP and "source" in given and network(given["source"]) is None:
            found.append(f"rules[{number}]: source {given['source']!r} is neither an address nor a network such as 192.0.2.0/24")
    return found


def body(existing: Ruleset | None, wish: Wish) -> dict[str, Any]:
    """A ruleset as it is to be, in the form of the API. Rules that are there stay as they are and in their place.

    Raises InvalidDeclaration for what a new ruleset lacks and for rules that do not fit; Refused for another type or region.
    """
    if existing is None:
        lacking = [field for field in ("name", "type", "region") if not getattr(wish, field)]
        if lacking:
            raise InvalidDeclaration([f"a new traffic filter needs {', '.join(lacking)}"])
    else:
        _refuse_other_kind(existing, wish)
    kind = existing.type if existing else str(wish.type)
    wanted = list(wish.rules or ())
    if kind in FIELDS and problems(kind, wanted):
        raise InvalidDeclaration(problems(kind, wanted))
    have = existing.rules if existing else ()
    return {
        "name": wish.name or (existing.name if existing else ""),
        "type": kind,
        "region": existing.region if existing else wish.region,
        "description": _or(wish.description, existing.description if existing else ""),
        "include_by_default": _or(wish.include_by_default, existing.include_by_default if existing else False),
        "rules": list(have) if wish.rules is None else _merged(kind, have, wanted, wish.purge),
    }


def as_body(existing: Ruleset) -> dict[str, Any]:
    """A ruleset as it is, in the form in which it would be sent."""
    return body(existing, Wish())


def of(rulesets: Iterable[Ruleset], deployment_id: str, cluster_id: str = "") -> list[Ruleset]:
    """The rulesets that decide who may connect to a deployment; [] when everybody may."""
    ids = {deployment_id, cluster_id} - {""}
    return [ruleset for ruleset in rulesets if ruleset.type != EGRESS and ids & set(ruleset.associations)]


def admits(rulesets: Iterable[Ruleset], *, organization_id: str = "", cluster_id: str = "", sources: Iterable[str] = ()) -> bool:
    """Whether a local cluster may connect to a deployment that has these rulesets; without any, everybody may.

    organization_id, cluster_id: of a local cluster on the same platform, "" for one elsewhere: rules of type remote_cluster do not see it.
    sources: all addresses and networks that its connections come from; without them only a rule for all addresses admits it.
    """
    inbound = [ruleset for ruleset in rulesets if ruleset.type != EGRESS]
    caller = {"remote_cluster_org_id": organization_id, "remote_cluster_id": cluster_id}
    rules = [_given(rule) for ruleset in inbound if ruleset.type == REMOTE_CLUSTER for rule in ruleset.rules]
    known = any(_names(rule, caller) for rule in rules)
    return not inbound or known or _covered(inbound, sources)


def network(text: Any) -> Any:
    """An address or network as a value of ``ipaddress``, None when it is neither."""
    try:
        return ipaddress.ip_network(str(text).strip(), strict=False)
    except ValueError:
        return None


def _names(rule: Rule, caller: Mapping[str, str]) -> bool:
    asked = [field for field in caller if rule.get(field)]
    return bool(asked) and all(rule[field] == caller[field] for field in asked)


def _covered(rulesets: Sequence[Ruleset], sources: Iterable[str]) -> bool:
    allowed = [network(rule.get("source")) for ruleset in rulesets if ruleset.type == IP for rule in ruleset.rules]
    blocks = [
        block
        for version in (4, 6)
        for block in ipaddress.collapse_addresses(found for found in allowed if found is not None and found.version == version)
    ]
    wanted = [network(source) for source in sources] or [ipaddress.ip_network("0.0.0.0/0")]
    return all(found is not None and any(_inside(found, block) for block in blocks) for found in wanted)


def _inside(inner: Any, outer: Any) -> bool:
    return inner.version == outer.version and inner.subnet_of(outer)


def _refuse_other_kind(existing: Ruleset, wish: Wish) -> None:
    for field in ("type", "region"):
        wanted, have = getattr(wish, field), getattr(existing, field)
        if wanted not in (None, have):
            raise Refused(f"traffic filter {existing.name!r} has the {field} {have}, not {wanted}", "choose another name for a new one")


def _merged(kind: str, have: Sequence[Rule], wanted: Sequence[Rule], purge: bool) -> list[dict[str, Any]]:
    wishes = {_identity(kind, rule): _given(rule) for rule in wanted}
    kept = [rule for rule in have if not purge or _identity(kind, rule) in wishes]
    rules = [_described(rule, wishes.get(_identity(kind, rule), {})) for rule in kept]
    there = {_identity(kind, rule) for rule in kept}
    return rules + [rule for identity, rule in wishes.items() if identity not in there]


def _described(rule: Rule, wish: Rule) -> dict[str, Any]:
    description = wish.get("description")
    return {**rule, "description": description} if description and description != rule.get("description") else dict(rule)


def _identity(kind: str, rule: Rule) -> str:
    """What makes two rules the same: what they are about, not the id, which changes with each update, nor the description."""
    about = {field for group in FIELDS.get(kind, ()) for field in group} or set(rule) - {"id", "description"}
    fields = {name: value for name, value in _given(rule).items() if name in about}
    if kind == IP:
        fields["source"] = str(network(fields.get("source")) or fields.get("source"))
    return repr(sorted((name, repr(value)) for name, value in fields.items()))


def _given(rule: Rule) -> dict[str, Any]:
    """The fields that say something: the API takes absent, null and empty alike."""
    return {name: value for name, value in rule.items() if value not in (None, "", [], {})}


def _or(wanted: Any, have: Any) -> Any:
    return have if wanted is None else wanted
