# SPDX-License-Identifier: GPL-3.0-or-later
"""What a mini cloud consists of: the world file, and the plain data that control plane and data plane share.

Identifiers, keys and passwords are new at each start: nothing may rely on them.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

DOMAIN = "minicloud.test"
ECH_API_HOST = f"api.elastic-cloud.{DOMAIN}"
ECE_REGION = "ece-region"
ECE_API_PORT = 12443
ECE_HTTPS_PORT = 9243
ECH_HTTPS_PORT = 443
REMOTE_CLUSTER_PORT = 9443
TRANSPORT_PORT = 9400
REF_ID = "main-elasticsearch"

_DNS_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?")
_VERSION = re.compile(r"\d+\.\d+\.\d+")


class WorldError(ValueError):
    """The world file is not usable; the message names the place and what is expected there."""


@dataclass(frozen=True)
class DeploymentSpec:
    """One deployment with one Elasticsearch cluster. `type` is "ech" or "ece"; `endpoint` a host name; `password` that of `elastic`."""

    name: str
    id: str
    cluster_id: str
    ref_id: str
    platform: str
    type: str
    region: str
    version: str
    node_names: tuple[str, ...]
    password: str = field(repr=False)
    endpoint: str
    service_url: str

    @property
    def service_port(self) -> int:
        """The port of `service_url`, as clients name it."""
        return service_port(self.type)


@dataclass(frozen=True)
class Account:
    """An ECH organization or an ECE environment as the world file declares it, with its credentials.

    `scope_id` is the organization id or the environment id; `proxy_ca` is "public" or "private"; user name and password exist on ECE only.
    """

    name: str
    type: str
    scope_id: str
    regions: tuple[str, ...]
    proxy_ca: str
    api_key: str = field(repr=False)
    username: str | None
    password: str | None = field(repr=False)
    deployments: tuple[DeploymentSpec, ...]

    @property
    def proxy_names(self) -> tuple[str, ...]:
        """The names that the certificate of the proxies must cover."""
        return tuple(f"*.{endpoint_domain(self.type, self.name, region)}" for region in self.regions)

    @property
    def api_url(self) -> str:
        return f"https://{ECH_API_HOST}" if self.type == "ech" else f"https://coordinator.{self.name}.{DOMAIN}:{ECE_API_PORT}"


@dataclass(frozen=True)
class KeyPair:
    """PEM files of a certificate (with its chain, leaf first) and of its private key."""

    certificate: Path
    key: Path


@dataclass(frozen=True)
class PlatformSpec:
    """Where an account's proxies listen and who they are.

    `address` is a loopback address of its own, `https_port` the real port there of the HTTPS endpoint (`service_port` towards clients).
    `transport_cas` holds, by region, the CA that signs the transport certificates of nodes.
    """

    name: str
    type: str
    address: str
    domain: str
    regions: tuple[str, ...]
    scope_id: str
    https_port: int
    proxy_certificate: Path
    proxy_key: Path
    transport_cas: Mapping[str, KeyPair]


@dataclass(frozen=True)
class World:
    """All accounts; `plan_seconds` is how long a plan takes that changes settings only."""

    accounts: tuple[Account, ...]
    plan_seconds: float

    @property
    def deployments(self) -> tuple[DeploymentSpec, ...]:
        return tuple(deployment for account in self.accounts for deployment in account.deployments)


def service_port(platform_type: str) -> int:
    """The port of Elasticsearch URLs on a platform of this type."""
    return ECH_HTTPS_PORT if platform_type == "ech" else ECE_HTTPS_PORT


def endpoint_domain(platform_type: str, account: str, region: str) -> str:
    """The domain below which the endpoints of an account's deployments are named."""
    return f"{region}.{DOMAIN}" if platform_type == "ech" else f"{account}.{DOMAIN}"


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
    top = _fields(document, "world", optional=("organizations", "environments", "plan_seconds"))
    accounts = [
        *(_organization(entry, place) for place, entry in _entries(top, "organizations", "world")),
        *(_environment(entry, place) for place, entry in _entries(top, "environments", "world")),
    ]
    if not accounts:
        raise WorldError("world: at least one organization or environment is needed")
    _refuse_duplicates("organizations and environments", [account.name for account in accounts])
    _refuse_duplicates("deployments", [deployment.name for account in accounts for deployment in account.deployments])
    domains = {account.name for account in accounts if account.type == "ece"}
    for account in accounts:
        if account.type == "ech" and (clash := domains.intersection(account.regions)):
            raise WorldError(f"world: {clash.pop()!r} is both a region and an environment; their host names would clash")
    plan_seconds = top.get("plan_seconds", 2)
    if isinstance(plan_seconds, bool) or not isinstance(plan_seconds, (int, float)) or plan_seconds < 0:
        raise WorldError("world: plan_seconds must be a number of seconds")
    return World(tuple(accounts), float(plan_seconds))


def _organization(entry: Any, place: str) -> Account:
    fields = _fields(entry, place, required=("name", "regions"), optional=("deployments",))
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
        api_key=secrets.token_urlsafe(48),
        username=None,
        password=None,
        deployments=tuple(_deployment(item, where, name, "ech", known) for where, item in _entries(fields, "deployments", place)),
    )


def _environment(entry: Any, place: str) -> Account:
    fields = _fields(entry, place, required=("name",), optional=("proxy_ca", "deployments"))
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
        api_key=secrets.token_urlsafe(48),
        username="admin",
        password=secrets.token_urlsafe(18),
        deployments=tuple(_deployment(item, where, name, "ece", (ECE_REGION,)) for where, item in _entries(fields, "deployments", place)),
    )


def _deployment(entry: Any, place: str, account: str, platform_type: str, regions: tuple[str, ...]) -> DeploymentSpec:
    fields = _fields(entry, place, required=("name", "version"), optional=("region", "nodes"))
    version = fields["version"]
    if not isinstance(version, str) or not _VERSION.fullmatch(version):
        raise WorldError(f"{place}.version must be a version such as 8.19.21")
    region = fields.get("region", regions[0])
    if region not in regions:
        raise WorldError(f"{place}.region must be one of {', '.join(regions)}")
    nodes = fields.get("nodes", 1)
    if isinstance(nodes, bool) or not isinstance(nodes, int) or not 1 <= nodes <= 9:
        raise WorldError(f"{place}.nodes must be a number from 1 to 9")
    cluster_id = secrets.token_hex(16)
    endpoint = f"{cluster_id}.{endpoint_domain(platform_type, account, region)}"
    return DeploymentSpec(
        name=_text(fields["name"], f"{place}.name"),
        id=secrets.token_hex(16),
        cluster_id=cluster_id,
        ref_id=REF_ID,
        platform=account,
        type=platform_type,
        region=region,
        version=version,
        node_names=tuple(f"instance-{number:010d}" for number in range(nodes)),
        password=secrets.token_urlsafe(18),
        endpoint=endpoint,
        service_url=f"https://{endpoint}:{service_port(platform_type)}",
    )


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


def _label(value: Any, place: str) -> str:
    if not _DNS_LABEL.fullmatch(_text(value, place)):
        raise WorldError(f"{place}: {value!r} must be usable in a host name (lower case letters, digits, dashes)")
    return value


def _refuse_duplicates(what: str, names: Sequence[str]) -> None:
    if repeated := sorted({name for name in names if names.count(name) > 1}):
        raise WorldError(f"world: names of {what} must be unique; repeated: {', '.join(repeated)}")
