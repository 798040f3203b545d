# SPDX-License-Identifier: GPL-3.0-or-later
"""The Elastic Cloud API (Hosted and Enterprise): one short method for each call. Dictionaries in, dictionaries out.

https://www.elastic.co/docs/api/doc/cloud and https://www.elastic.co/docs/api/doc/cloud-enterprise
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import quote

from ..model.errors import Forbidden, NotFound
from .session import Session

BASE = "/api/v1"

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
        return self._found("GET", f"{BASE}/deployments/{_part(deployment_id)}", query)

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

    def _resource(self, deployment_id: str, ref_id: str) -> str:
        return f"{BASE}/deployments/{_part(deployment_id)}/elasticsearch/{_part(ref_id)}"

    def _found(self, method: str, path: str, query: Mapping[str, str]) -> dict | None:
        # Hosted answers 403 for ids that do not exist, so that nobody can guess ids of others.
        try:
            return self._session.read(method, path, query=query).body
        except (Forbidden, NotFound):
            return None


def _part(text: str) -> str:
    return quote(text, safe="")
