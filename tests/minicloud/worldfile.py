# SPDX-License-Identifier: GPL-3.0-or-later
"""The world file: what a mini cloud is to consist of, as a person declares it.

Identifiers, keys and passwords are new at each start: nothing may rely on them.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from minicloud import admission, switches
from minicloud.switches import Switches
from minicloud.world import (
    DOMAIN,
    ECE_REGION,
    REF_ID,
    Account,
    DataCenter,
    DeploymentSpec,
    FilterSpec,
    SelfManagedSpec,
    World,
    endpoint_domain,
    service_port,
)

_DNS_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?")
LICENCES = ("trial", "enterprise", "platinum", "basic")
_OPTIONAL = ("region", "nodes", "copies", "licence", "refresh_seconds", "filters")
_VERSION = re.compile(r"\d+\.\d+\.\d+")


class WorldError(ValueError):
    """The world file is not usable; the message names the place and what is expected there."""


def load(path: Path) -> World:
    """Read a world file. Raises WorldError."""
    try:
        return parse(yaml.safe_load(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise WorldError(f"cannot read the world file: {error}") from error
    except yaml.YAMLError as error:
        raise WorldError(f"{path} is not YAML: {error}") from error


def parse(document: Any) -> World:
    """Validate the content of a world file and give everything in it its identifiers and credentials. Raises WorldError."""
    top = _fields(document, "world", optional=("organizations", "environments", "self_managed", "plan_seconds", "switches"))
    organizations, environments = (_entries(top, kind, "world") for kind in ("organizations", "environments"))
    accounts = [
        *(_organization(entry, place, number) for number, (place, entry) in enumerate(organizations)),
        *(_environment(entry, place, number) for number, (place, entry) in enumerate(environments, len(organizations))),
    ]
    centers = [
        _data_center(entry, place, number) for number, (place, entry) in enumerate(_entries(top, "self_managed", "world"), len(accounts))
    ]
    if not accounts and not centers:
        raise WorldError("world: at least one organization, environment or data center is needed")
    plan_seconds = _seconds(top.get("plan_seconds", 2), "world: plan_seconds")
    world = World(tuple(accounts), tuple(centers), plan_seconds, _switches(top.get("switches", {})))
    _refuse_clashes(world)
    return world


def _refuse_clashes(world: World) -> None:
    _refuse_duplicates("organizations, environments and data centers", [owner.name for owner in (*world.accounts, *world.data_centers)])
    _refuse_duplicates("deployments and clusters", [cluster.name for cluster in world.clusters])
    hosts = [host for center in world.data_centers for cluster in center.clusters for host in (cluster.name, *cluster.node_names)]
    _refuse_duplicates("self-managed clusters and their nodes", hosts)
    domains = {account.name for account in world.accounts if account.type == "ece"}.union(center.name for center in world.data_centers)
    for account in world.accounts:
        if account.type == "ech" and (clash := domains.intersection(account.regions)):
            raise WorldError(f"world: {clash.pop()!r} is both a region and an environment or data center; their host names would clash")


def _switches(given: Any) -> Switches:
    if not isinstance(given, dict):
        raise WorldError("world.switches must be a mapping")
    try:
        return switches.parse(given)
    except ValueError as error:
        raise WorldError(f"world.switches: {error}") from error


def _organization(entry: Any, place: str, number: int) -> Account:
    fields = _fields(entry, place, required=("name", "regions"), optional=("egress", "deployments"))
    name = _label(fields["name"], f"{place}.name")
    regions = fields["regions"]
    if not isinstance(regions, list) or not regions:
        raise WorldError(f"{place}.regions must be a list of region names")
    known = tuple(_label(region, f"{place}.regions") for region in regions)
    return Account(
        name=name,
        type="ech",
        scope_id=str(secrets.randbelow(9 * 10**9) + 10**9),
        regions=known,
        proxy_ca="public",
        egress=_egress(fields, place, number),
        api_key=secrets.token_urlsafe(48),
        username=None,
        password=None,
        deployments=tuple(_deployments(fields, place, name, "ech", known)),
    )


def _environment(entry: Any, place: str, number: int) -> Account:
    fields = _fields(entry, place, required=("name",), optional=("proxy_ca", "egress", "deployments"))
    name = _label(fields["name"], f"{place}.name")
    proxy_ca = fields.get("proxy_ca", "private")
    if proxy_ca not in ("public", "private"):
        raise WorldError(f"{place}.proxy_ca must be public or private")
    return Account(
        name=name,
        type="ece",
        scope_id=secrets.token_hex(16),
        regions=(ECE_REGION,),
        proxy_ca=proxy_ca,
        egress=_egress(fields, place, number),
        api_key=secrets.token_urlsafe(48),
        username="admin",
        password=secrets.token_urlsafe(18),
        deployments=tuple(_deployments(fields, place, name, "ece", (ECE_REGION,))),
    )


def _data_center(entry: Any, place: str, number: int) -> DataCenter:
    fields = _fields(entry, place, required=("name",), optional=("egress", "clusters"))
    name, egress = _label(fields["name"], f"{place}.name"), _egress(fields, place, number)
    return DataCenter(name, tuple(_self_managed(cluster, where, name, egress) for where, cluster in _entries(fields, "clusters", place)))


def _self_managed(entry: Any, place: str, center: str, egress: tuple[str, ...]) -> SelfManagedSpec:
    known = ("nodes", "remote_cluster_server", "server_ca", "licence", "refresh_seconds")
    fields = _fields(entry, place, required=("name", "version"), optional=known)
    name = _label(fields["name"], f"{place}.name")
    server, server_ca = fields.get("remote_cluster_server", False), fields.get("server_ca", "private")
    if not isinstance(server, bool):
        raise WorldError(f"{place}.remote_cluster_server must be true or false")
    if server_ca not in ("public", "private"):
        raise WorldError(f"{place}.server_ca must be public or private")
    return SelfManagedSpec(
        **_cluster(fields, place),
        name=name,
        cluster_name=name,
        platform=center,
        type="self_managed",
        node_names=tuple(f"{name}-{number}" for number in range(_number(fields.get("nodes", 1), f"{place}.nodes"))),
        endpoint=f"{name}.{center}.{DOMAIN}",
        server_ca=server_ca if server else None,
        egress=egress,
    )


def _cluster(fields: Mapping[str, Any], place: str) -> dict[str, Any]:
    """What clusters have wherever they are."""
    version = fields["version"]
    if not isinstance(version, str) or not _VERSION.fullmatch(version):
        raise WorldError(f"{place}.version must be a version such as 8.19.21")
    licence = fields.get("licence", LICENCES[0])
    if licence not in LICENCES:
        raise WorldError(f"{place}.licence must be one of {', '.join(LICENCES)}")
    refresh_seconds = _seconds(fields.get("refresh_seconds", 1), f"{place}.refresh_seconds")
    return {"version": version, "licence": licence, "refresh_seconds": refresh_seconds, "password": secrets.token_urlsafe(18)}


def _deployments(fields: Mapping[str, Any], place: str, account: str, platform_type: str, regions: tuple[str, ...]) -> list[DeploymentSpec]:
    return [
        _deployment(entry, where, account, platform_type, regions, number)
        for where, entry in _entries(fields, "deployments", place)
        for number in range(1, _copies(entry, where) + 1)
    ]


def _copies(entry: Any, place: str) -> int:
    return _number(entry.get("copies", 1), f"{place}.copies") if isinstance(entry, dict) else 1


def _deployment(entry: Any, place: str, account: str, platform_type: str, regions: tuple[str, ...], copy: int) -> DeploymentSpec:
    fields = _fields(entry, place, required=("name", "version"), optional=_OPTIONAL)
    region = fields.get("region", regions[0])
    if region not in regions:
        raise WorldError(f"{place}.region must be one of {', '.join(regions)}")
    nodes = _number(fields.get("nodes", 1), f"{place}.nodes")
    name = _text(fields["name"], f"{place}.name")
    cluster_id = secrets.token_hex(16)
    endpoint = f"{cluster_id}.{endpoint_domain(platform_type, account, region)}"
    return DeploymentSpec(
        **_cluster(fields, place),
        name=name if copy == 1 else f"{name}#{copy}",
        cluster_name=cluster_id,
        display_name=name,
        id=secrets.token_hex(16),
        cluster_id=cluster_id,
        ref_id=REF_ID,
        platform=account,
        type=platform_type,
        region=region,
        node_names=tuple(f"instance-{number:010d}" for number in range(nodes)),
        endpoint=endpoint,
        service_url=f"https://{endpoint}:{service_port(platform_type)}",
        filters=tuple(_filter(item, where, platform_type) for where, item in _entries(fields, "filters", place)),
    )


def _filter(entry: Any, place: str, platform_type: str) -> FilterSpec:
    fields = _fields(entry, place, required=("name", "type", "rules"))
    rules = fields["rules"]
    if not isinstance(rules, list) or not all(isinstance(rule, dict) for rule in rules):
        raise WorldError(f"{place}.rules must be a list of rules")
    if reason := admission.problem(platform_type, fields["type"], rules):
        raise WorldError(f"{place}: {reason}")
    return FilterSpec(_text(fields["name"], f"{place}.name"), fields["type"], tuple(rules))


def _egress(fields: Mapping[str, Any], place: str, number: int) -> tuple[str, ...]:
    """A network and a single address that no other account has, unless the file names others."""
    networks = fields.get("egress", [f"100.64.{number}.16/28", f"100.64.{number}.7"])
    if not isinstance(networks, list) or not all(map(admission.is_network, networks)):
        raise WorldError(f"{place}.egress must be a list of addresses and networks in CIDR notation")
    return tuple(networks)


def _fields(value: Any, place: str, required: Sequence[str] = (), optional: Sequence[str] = ()) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise WorldError(f"{place} must be a mapping")
    if missing := [name for name in required if name not in value]:
        raise WorldError(f"{place}: {', '.join(missing)} missing")
    if unknown := [str(name) for name in value if name not in (*required, *optional)]:
        raise WorldError(f"{place}: unknown {', '.join(unknown)}; known are {', '.join((*required, *optional))}")
    return value


def _entries(fields: Mapping[str, Any], name: str, place: str) -> list[tuple[str, Any]]:
    entries = fields.get(name, [])
    if not isinstance(entries, list):
        raise WorldError(f"{place}.{name} must be a list")
    return [(f"{place}.{name}[{number}]", entry) for number, entry in enumerate(entries)]


def _text(value: Any, place: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise WorldError(f"{place} must be a text")
    return value


def _number(value: Any, place: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 9:
        raise WorldError(f"{place} must be a number from 1 to 9")
    return value


def _seconds(value: Any, place: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value < 0:
        raise WorldError(f"{place} must be a number of seconds")
    return float(value)


def _label(value: Any, place: str) -> str:
    if not _DNS_LABEL.fullmatch(_text(value, place)):
        raise WorldError(f"{place}: {value!r} must be usable in a host name (lower case letters, digits, dashes)")
    return value


def _refuse_duplicates(what: str, names: Sequence[str]) -> None:
    if repeated := sorted({name for name in names if names.count(name) > 1}):
        raise WorldError(f"world: names of {what} must be unique; repeated: {', '.join(repeated)}")
