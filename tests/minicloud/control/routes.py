# SPDX-License-Identifier: GPL-3.0-or-later
"""The operations of the API as data. This table alone decides which requests exist and which of them count as writes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from minicloud.control import shapes
from minicloud.control.errors import bad_request

BASE_PATH = "/api/v1"
_BOTH = frozenset({"ech", "ece"})
_ECE = frozenset({"ece"})
_ECH = frozenset({"ech"})
_D = "/deployments/{deployment_id}"
_E = _D + "/elasticsearch/{ref_id}"
_FILTERS = "/deployments/traffic-filter"
_R = _FILTERS + "/rulesets/{ruleset_id}"
_TRUST = "/platform/configuration/trust-relationships"
_T = _TRUST + "/{trust_relationship_id}"


@dataclass(frozen=True)
class Route:
    """One operation, named as in the official description.

    `write`: it changes something, unless the boolean query parameter `dry_run` is given and true. `query`: parameter -> type.
    `body`: shape of the JSON body, None where no body is taken. `on`: platform types that have it. `region_prefix`: it is also served
    below /regions/{region}. `public`: no credentials are needed.
    """

    method: str
    path: str
    operation: str
    write: bool
    query: Mapping[str, type] = field(default_factory=dict)
    body: Any = None
    body_optional: bool = False
    on: frozenset[str] = _BOTH
    region_prefix: bool = False
    public: bool = False
    dry_run: str | None = None

    def match(self, path: str) -> dict[str, str] | None:
        """The parameters in a path below BASE_PATH (with `region` where it has the prefix), None when it is another operation's."""
        prefix = r"(?:/regions/(?P<region>[^/]+))?" if self.region_prefix else ""
        found = re.fullmatch(prefix + re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", self.path), path)
        return None if found is None else {name: value for name, value in found.groupdict().items() if value is not None}

    def writes(self, query: Mapping[str, str]) -> bool:
        """Whether a request with these query parameters is a write."""
        return self.write and not (self.dry_run is not None and query.get(self.dry_run) == "true")


_RESOURCE_FLAGS: Mapping[str, type] = {
    "show_security": bool,
    "show_metadata": bool,
    "show_plans": bool,
    "show_plan_logs": bool,
    "show_plan_history": bool,
    "show_plan_defaults": bool,
    "convert_legacy_plans": bool,
    "show_system_alerts": int,
    "show_settings": bool,
    "enrich_with_template": bool,
    "clear_transient": bool,
}
_DEPLOYMENT_FLAGS = {**_RESOURCE_FLAGS, "show_instance_configurations": bool, "force_all_plan_history": bool}
_UPDATE_FLAGS = {"validate_only": bool, "version": str, "skip_snapshot": bool, "hide_pruned_orphans": bool}
_RESTART_FLAGS = {
    "restore_snapshot": bool,
    "skip_snapshot": bool,
    "cancel_pending": bool,
    "group_attribute": str,
    "shard_init_wait_time": int,
}

ROUTES: tuple[Route, ...] = (
    Route("GET", "/deployments", "list-deployments", write=False),
    Route("POST", "/deployments/_search", "search-deployments", write=False, body=shapes.SEARCH, body_optional=True),
    Route("GET", _D, "get-deployment", write=False, query=_DEPLOYMENT_FLAGS),
    Route("PUT", _D, "update-deployment", write=True, query=_UPDATE_FLAGS, body=shapes.UPDATE, dry_run="validate_only"),
    Route("GET", f"{_D}/certificate-authority", "get-deployment-certificate-authority", write=False),
    Route("GET", _E, "get-deployment-es-resource-info", write=False, query=_RESOURCE_FLAGS),
    Route("POST", f"{_E}/_restart", "restart-deployment-es-resource", write=True, query=_RESTART_FLAGS),
    Route("GET", f"{_E}/keystore", "get-deployment-es-resource-keystore", write=False),
    Route("PATCH", f"{_E}/keystore", "set-deployment-es-resource-keystore", write=True, body=shapes.KEYSTORE),
    Route(
        "GET",
        f"{_FILTERS}/rulesets",
        "get-traffic-filter-rulesets",
        write=False,
        query={"include_associations": bool, "region": str},
    ),
    Route("POST", f"{_FILTERS}/rulesets", "create-traffic-filter-ruleset", write=True, body=shapes.RULESET),
    Route("GET", _R, "get-traffic-filter-ruleset", write=False, query={"include_associations": bool}),
    Route("PUT", _R, "update-traffic-filter-ruleset", write=True, body=shapes.RULESET),
    Route("DELETE", _R, "delete-traffic-filter-ruleset", write=True, query={"ignore_associations": bool}),
    Route("GET", f"{_R}/associations", "get-traffic-filter-ruleset-deployment-associations", write=False),
    Route("POST", f"{_R}/associations", "create-traffic-filter-ruleset-association", write=True, body=shapes.ASSOCIATION),
    Route(
        "DELETE",
        _R + "/associations/{association_type}/{associated_entity_id}",
        "delete-traffic-filter-ruleset-association",
        write=True,
    ),
    Route(
        "GET",
        _FILTERS + "/associations/{association_type}/{associated_entity_id}/rulesets",
        "get-traffic-filter-deployment-ruleset-associations",
        write=False,
    ),
    Route("GET", "/trusted-environments", "get-trusted-envs", write=False),
    Route("GET", "/account", "get-current-account", write=False),
    Route("PUT", "/account", "update-current-account", write=True, body=shapes.ACCOUNT),
    Route("PATCH", "/account", "patch-current-account", write=True, body=shapes.ACCOUNT),
    Route("GET", "/organizations", "list-organizations", write=False, on=_ECH),
    Route("GET", "/organizations/{organization_id}", "get-organization", write=False, on=_ECH),
    Route("GET", "/platform", "get-platform", write=False, on=_ECE, region_prefix=True),
    Route(
        "GET",
        "/platform/configuration/security/tls/{service_name}",
        "get-tls-certificate",
        write=False,
        on=_ECE,
        region_prefix=True,
    ),
    Route(
        "GET",
        _TRUST,
        "get-trust-relationships",
        write=False,
        query={"include_certificate": bool, "filter": str},
        on=_ECE,
        region_prefix=True,
    ),
    Route("POST", _TRUST, "create-trust-relationship", write=True, body=shapes.RELATIONSHIP, on=_ECE, region_prefix=True),
    Route("GET", _T, "get-trust-relationship", write=False, query={"include_certificate": bool}, on=_ECE, region_prefix=True),
    Route("PUT", _T, "update-trust-relationship", write=True, body=shapes.RELATIONSHIP_UPDATE, on=_ECE, region_prefix=True),
    Route("DELETE", _T, "delete-trust-relationship", write=True, query={"version": int}, on=_ECE, region_prefix=True),
    Route("POST", "/users/auth/_login", "login", write=False, body=shapes.LOGIN, on=_ECE, public=True),
    Route("POST", "/users/auth/_refresh", "refresh-token", write=False, on=_ECE),
    Route("GET", "/user", "get-current-user", write=False, on=_ECE),
    Route(
        "GET",
        "/stack/versions",
        "get-version-stacks",
        write=False,
        query={"show_deleted": bool, "show_unusable": bool},
        region_prefix=True,
    ),
)


def find(platform_type: str, method: str, path: str) -> tuple[Route, dict[str, str]] | None:
    """The operation that a request is for, with its path parameters."""
    if not path.startswith(f"{BASE_PATH}/"):
        return None
    relative = path.removeprefix(BASE_PATH)
    for route in ROUTES:
        if route.method == method and platform_type in route.on and (parameters := route.match(relative)) is not None:
            return route, parameters
    return None


def parse_query(route: Route, items: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Query parameters with their types. Raises ApiError 400 for what the operation does not know."""
    return {name: _parsed(route, name, text) for name, text in items}


def _parsed(route: Route, name: str, text: str) -> Any:
    kind = route.query.get(name)
    if kind is None:
        raise bad_request(f"{route.operation} has no query parameter {name}", [name])
    if kind is bool:
        if text not in ("true", "false"):
            raise bad_request(f"query parameter {name} must be true or false", [name])
        return text == "true"
    if kind is int:
        if not text.isdecimal():
            raise bad_request(f"query parameter {name} must be a number", [name])
        return int(text)
    return text
