# SPDX-License-Identifier: GPL-3.0-or-later
"""The Elastic Cloud API (Hosted and Enterprise): one short method for each call. Dictionaries in, dictionaries out.

https://www.elastic.co/docs/api/doc/cloud and https://www.elastic.co/docs/api/doc/cloud-enterprise
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from ..model.errors import Conflict, Forbidden, NotFound, RequestFailed
from .session import Reply, Session

BASE = "/api/v1"
_FILTERS = f"{BASE}/deployments/traffic-filter/rulesets"
_PLAN_PENDING = "deployments.deployment_resource_plan_change_error"

REMOVALS: tuple = ({}, None, {"value": ""})
"""How a secure setting is written that is to go: what the product's documentation says, then what other clients send.

https://www.elastic.co/docs/deploy-manage/security/secure-settings
"""


class CloudClient:
    """Calls to one control plane. A deployment that does not exist or belongs to others reads as None."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @property
    def subject(self) -> str:
        return self._session.target.subject

    def deployments_named(self, names: Sequence[str]) -> list[dict]:
        """The deployments with exactly these names, as ``GET /deployments/{id}`` shows them; names need not be unique."""
        query = {"bool": {"should": [{"term": {"name.keyword": {"value": name}}} for name in names]}}
        found: list[dict] = []
        cursor = None
        while True:
            body = {"query": query, "size": 100, "sort": ["id"], **({"cursor": cursor} if cursor else {})}
            answer = self._session.read("POST", f"{BASE}/deployments/_search", body=body).body
            found += answer.get("deployments") or []
            cursor = answer.get("cursor")
            if not cursor or len(found) >= answer.get("match_count", 0):
                return found

    def deployment(self, deployment_id: str, *, plan_logs: bool = False) -> dict | None:
        """A deployment with its plans and settings."""
        query = {"show_settings": "true", "show_plans": "true", "clear_transient": "true"}
        if plan_logs:
            query.update(show_plan_logs="true", show_plan_history="true")
        return self._found("GET", _deployment(deployment_id), query)

    def deployment_for_update(self, deployment_id: str) -> tuple[dict, str] | None:
        """A deployment as ``deployment`` returns it, and the version of it that ``update_deployment`` takes, "" where there is none."""
        query = {"show_settings": "true", "show_plans": "true", "clear_transient": "true"}
        reply = self._found_reply("GET", _deployment(deployment_id), query)
        return (reply.body, reply.headers.get("x-cloud-resource-version", "")) if reply else None

    def update_deployment(self, deployment_id: str, body: Mapping[str, Any], version: str) -> None:
        """Replace what the body names. Refused with Conflict when the deployment has another version or a pending plan.

        May be repeated: after a lost answer the version does not fit any more.
        """
        try:
            self._session.write("PUT", _deployment(deployment_id), query=_version(version), body=body)
        except RequestFailed as error:
            raise _as_conflict(error) from error

    def try_update(self, deployment_id: str, body: Mapping[str, Any], version: str) -> dict:
        """What the platform would make of an update; changes nothing."""
        query = {**_version(version), "validate_only": "true"}
        try:
            return self._session.read("PUT", _deployment(deployment_id), query=query, body=body).body
        except RequestFailed as error:
            raise _as_conflict(error) from error

    def elasticsearch(self, deployment_id: str, ref_id: str) -> dict | None:
        """The Elasticsearch resource alone, with plans and their logs: the cheap call to follow a plan."""
        query = {"show_plans": "true", "show_plan_logs": "true", "show_plan_history": "true"}
        return self._found("GET", self._resource(deployment_id, ref_id), query)

    def keystore(self, deployment_id: str, ref_id: str) -> dict[str, dict]:
        """Names of the secure settings; values never come back."""
        answer = self._session.read("GET", self._resource(deployment_id, ref_id) + "/keystore").body
        return answer.get("secrets") or {}

    def update_keystore(self, deployment_id: str, ref_id: str, secrets: Mapping[str, object | None], removal: dict | None) -> None:
        """Set secure settings, or remove those whose value is None; all others stay. removal: one of REMOVALS."""
        body = {name: removal if value is None else {"value": value, "as_file": isinstance(value, dict)} for name, value in secrets.items()}
        self._session.write("PATCH", self._resource(deployment_id, ref_id) + "/keystore", body={"secrets": body})

    def restart(self, deployment_id: str, ref_id: str, *, group_attribute: str = "__zone__") -> None:
        """Start a rolling restart; refused with Conflict while a plan is pending."""
        self._session.write_once("POST", self._resource(deployment_id, ref_id) + "/_restart", query={"group_attribute": group_attribute})

    def trusted_environments(self) -> dict:
        """What the deployments of the organization trust, in the form of trust settings; {} where the platform cannot tell."""
        return self._found("GET", f"{BASE}/trusted-environments", {}) or {}

    def account(self) -> dict:
        """The organization, or the environment of Elastic Cloud Enterprise, that the credentials belong to: id and default trust."""
        return self._session.read("GET", f"{BASE}/account").body

    def update_account(self, trust: Mapping[str, Any]) -> None:
        """Replace the default trust of the account, which new deployments get."""
        self._session.write("PUT", f"{BASE}/account", body={"trust": trust})

    def certificate_authority(self, deployment_id: str) -> dict | None:
        """The CAs of the nodes of a deployment, and the name pattern that trust restrictions of others should have for them."""
        return self._found("GET", f"{_deployment(deployment_id)}/certificate-authority", {})

    def certificate_chain(self, service: str) -> list[str] | None:
        """The certificate of a service of an Elastic Cloud Enterprise platform ("proxy", "ui" ...) and those that signed it, as PEM."""
        answer = self._found("GET", f"{BASE}/platform/configuration/security/tls/{_part(service)}", {})
        return None if answer is None else answer.get("chain") or []

    def trust_relationships(self, region: str) -> list[dict]:
        """The environments that one of Elastic Cloud Enterprise knows, itself included, with the CAs of their nodes."""
        query = {"include_certificate": "true", "filter": "all"}
        return self._session.read("GET", _relationships(region), query=query).body.get("trust_relationships") or []

    def create_trust_relationship(self, region: str, relationship: Mapping[str, Any]) -> str:
        """Make a relationship, even if there is one of this name; returns its id."""
        return self._session.write_once("POST", _relationships(region), body=relationship).body["id"]

    def replace_trust_relationship(self, region: str, relationship_id: str, relationship: Mapping[str, Any]) -> None:
        self._session.write("PUT", f"{_relationships(region)}/{_part(relationship_id)}", body=relationship)

    def delete_trust_relationship(self, region: str, relationship_id: str) -> None:
        """Delete a relationship. One that is gone is no error."""
        self._session.write("DELETE", f"{_relationships(region)}/{_part(relationship_id)}", expect=(404,))

    def traffic_filters(self) -> list[dict]:
        """All traffic filter rulesets that can be seen, with the deployments they are associated with."""
        return self._session.read("GET", _FILTERS, query={"include_associations": "true"}).body.get("rulesets") or []

    def traffic_filter(self, ruleset_id: str) -> dict | None:
        return self._found("GET", f"{_FILTERS}/{_part(ruleset_id)}", {"include_associations": "true"})

    def create_traffic_filter(self, ruleset: Mapping[str, Any]) -> str:
        """Create a ruleset, even if there is one of this name; returns its id."""
        return self._session.write_once("POST", _FILTERS, body=ruleset).body.get("id", "")

    def replace_traffic_filter(self, ruleset_id: str, ruleset: Mapping[str, Any]) -> None:
        """Replace a ruleset with all its rules."""
        self._session.write("PUT", f"{_FILTERS}/{_part(ruleset_id)}", body=ruleset)

    def delete_traffic_filter(self, ruleset_id: str) -> None:
        """Delete a ruleset; refused while it is associated. One that is gone is no error."""
        self._session.write("DELETE", f"{_FILTERS}/{_part(ruleset_id)}", expect=(404,))

    def associate_traffic_filter(self, ruleset_id: str, deployment_id: str) -> None:
        body = {"entity_type": "deployment", "id": deployment_id}
        self._session.write("POST", f"{_FILTERS}/{_part(ruleset_id)}/associations", body=body)

    def dissociate_traffic_filter(self, ruleset_id: str, deployment_id: str) -> None:
        """End an association. One that is gone is no error."""
        path = f"{_FILTERS}/{_part(ruleset_id)}/associations/deployment/{_part(deployment_id)}"
        self._session.write("DELETE", path, expect=(404,))

    def _resource(self, deployment_id: str, ref_id: str) -> str:
        return f"{_deployment(deployment_id)}/elasticsearch/{_part(ref_id)}"

    def _found(self, method: str, path: str, query: Mapping[str, str]) -> dict | None:
        reply = self._found_reply(method, path, query)
        return reply.body if reply else None

    def _found_reply(self, method: str, path: str, query: Mapping[str, str]) -> Reply | None:
        # Hosted answers 403 for ids that do not exist, so that nobody can guess ids of others.
        try:
            return self._session.read(method, path, query=query)
        except (Forbidden, NotFound):
            return None


def _deployment(deployment_id: str) -> str:
    return f"{BASE}/deployments/{_part(deployment_id)}"


def _relationships(region: str) -> str:
    return f"{BASE}/regions/{_part(region)}/platform/configuration/trust-relationships"


def _version(version: str) -> dict[str, str]:
    return {"version": version} if version else {}


def _as_conflict(error: RequestFailed) -> RequestFailed:
    # Platforms do not agree on the status of an update during a plan.
    if error.code != _PLAN_PENDING or isinstance(error, Conflict):
        return error
    return Conflict(error.subject, error.request, error.reason, status=error.status, code=error.code, remedy=error.remedy)


def _part(text: str) -> str:
    return quote(text, safe="")
