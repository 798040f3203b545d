# SPDX-License-Identifier: GPL-3.0-or-later
"""The part of the Elasticsearch API that links need: one short method for each call. Dictionaries in, dictionaries out.

https://www.elastic.co/docs/api/doc/elasticsearch
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import quote

from ..model.errors import Forbidden, UnreadableAnswer
from ..model.reasons import from_body
from ..model.troubleshooting import UNKNOWN_ALIAS, explain
from .session import Reply, Session

_INSTANCE_HEADER = "x-found-handling-instance"
"""Names the node that answered, behind the proxies of the platforms."""
_KEYS_A_PAGE = 1000
_NOT_INSTALLED = (400, 404, 405)
"""What Elasticsearch answers to the API of a module that it does not have."""


@dataclass(frozen=True)
class Answer:
    """What came of a call through an alias. A refusal is an answer here, not an error.

    node: the node that answered, "" where nothing names it. body: the answer, {} when the whole call was refused.
    refusal: why it was, "" when it was not.
    """

    node: str
    body: dict
    refusal: str = ""


class ElasticsearchClient:
    """Calls to one cluster."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @property
    def subject(self) -> str:
        return self._session.target.subject

    def info(self) -> dict:
        """``cluster_name``, ``cluster_uuid`` and ``version``; raises UnreadableAnswer when this is not Elasticsearch."""
        body = self._session.read("GET", "/").body
        if not isinstance(body, dict) or not body.get("cluster_uuid") or not (body.get("version") or {}).get("number"):
            raise UnreadableAnswer(self.subject, "GET /", "the answer is not that of Elasticsearch", remedy="check the address")
        return body

    def license(self) -> dict:
        return self._session.read("GET", "/_license").body.get("license") or {}

    def authenticate(self) -> dict:
        """Who the caller is: ``username``, ``roles``, ``authentication_type``."""
        return self._session.read("GET", "/_security/_authenticate").body

    def missing_privileges(self, cluster: Iterable[str]) -> list[str]:
        """Those of the cluster privileges that the caller lacks."""
        answer = self._session.read("POST", "/_security/user/_has_privileges", body={"cluster": list(cluster)}).body
        return sorted(name for name, granted in (answer.get("cluster") or {}).items() if not granted)

    def settings(self) -> dict:
        """Explicit cluster settings, flat: {"persistent": {...}, "transient": {...}}."""
        return self._session.read("GET", "/_cluster/settings", query={"flat_settings": "true"}).body

    def update_settings(self, persistent: Mapping[str, object]) -> None:
        """Set persistent settings; None removes one."""
        self._session.write("PUT", "/_cluster/settings", body={"persistent": dict(persistent)})

    def remote_info(self) -> dict[str, dict]:
        """Connections by alias, as the node that answers sees them."""
        return self._session.read("GET", "/_remote/info").body

    def resolve_cluster(self, expression: str) -> Answer:
        """Ask remote clusters for indices: connects where needed and tells why it is refused.

        That a node does not know an alias is no lack of privileges, though it answers 403.
        """
        try:
            return _answer(self._session.read("GET", f"/_resolve/cluster/{quote(expression, safe=',:*')}", expect=(400, 404)))
        except Forbidden as error:
            if explain(error.message) != UNKNOWN_ALIAS:
                raise
            return Answer("", {}, error.message)

    def search(self, expression: str) -> Answer:
        """A search that returns no hits, only how it went."""
        path = f"/{quote(expression, safe=',:*')}/_search"
        query = {"size": "0", "ignore_unavailable": "true", "allow_no_indices": "true"}
        return _answer(self._session.read("GET", path, query=query, expect=(400, 401, 403, 404, 500, 502, 503)))

    def cross_cluster_keys(self, filters: Mapping[str, str]) -> list[dict]:
        """API keys whose fields have these values, for example {"metadata.managed_by": "..."}; invalidated ones included."""
        terms = [{"term": {name: value}} for name, value in filters.items()]
        found: list[dict] = []
        while True:
            body = {"query": {"bool": {"filter": terms}}, "size": _KEYS_A_PAGE, "from": len(found)}
            answer = self._session.read("POST", "/_security/_query/api_key", body=body).body
            found += answer.get("api_keys") or []
            if len(found) >= answer.get("total", 0) or not answer.get("api_keys"):
                return [key for key in found if key.get("type") == "cross_cluster"]

    def api_key(self, key_id: str) -> dict | None:
        """An API key by its id, None when there is none."""
        answer = self._session.read("GET", "/_security/api_key", query={"id": key_id}, expect=(404,)).body
        return next(iter(answer.get("api_keys") or []), None)

    def create_cross_cluster_key(self, body: Mapping[str, object]) -> dict:
        """Create a key; the answer has ``id`` and, only this once, ``encoded``."""
        return self._session.write_once("POST", "/_security/cross_cluster/api_key", body=dict(body)).body

    def update_cross_cluster_key(self, key_id: str, body: Mapping[str, object], run_as: str | None = None) -> None:
        """Change ``access``, ``metadata`` or ``expiration``; only the key's owner may, so run_as names him where the caller is another."""
        headers = {"es-security-runas-user": run_as} if run_as else None
        self._session.write("PUT", f"/_security/cross_cluster/api_key/{quote(key_id, safe='')}", body=dict(body), headers=headers)

    def invalidate_keys(self, ids: Iterable[str]) -> dict:
        """Revoke keys; check ``error_count`` of the answer, refusals are inside a 200."""
        return self._session.write("DELETE", "/_security/api_key", body={"ids": list(ids)}).body

    def reload_secure_settings(self, password: str | None = None) -> dict:
        """Reload the keystore on all nodes; failures of nodes are inside a 200, in ``nodes.<id>.reload_exception``."""
        body = {"secure_settings_password": password} if password else None
        return self._session.write("POST", "/_nodes/reload_secure_settings", body=body).body

    def followers(self) -> list[dict]:
        """Follower indices with ``follower_index`` and ``remote_cluster``; [] where cross-cluster replication is not installed."""
        return self._session.read("GET", "/_all/_ccr/info", expect=_NOT_INSTALLED).body.get("follower_indices") or []

    def auto_follow_patterns(self) -> list[dict]:
        """Auto-follow patterns with ``name`` and ``pattern``; [] where cross-cluster replication is not installed."""
        return self._session.read("GET", "/_ccr/auto_follow", expect=_NOT_INSTALLED).body.get("patterns") or []

    def local_node(self) -> dict:
        """The node that answers, with ``name``, ``version`` and ``jvm``; its ``id`` is added."""
        answer = self._session.read("GET", "/_nodes/_local/jvm").body
        return next(({"id": node_id, **node} for node_id, node in (answer.get("nodes") or {}).items()), {})

    def health(self) -> dict:
        """``status``, ``number_of_nodes`` and what goes on with shards."""
        return self._session.read("GET", "/_cluster/health").body

    def role(self, name: str) -> dict | None:
        reply = self._session.read("GET", f"/_security/role/{quote(name, safe='')}", expect=(404,))
        return reply.body.get(name) if reply.status == 200 else None

    def put_role(self, name: str, role: Mapping[str, object]) -> None:
        self._session.write("PUT", f"/_security/role/{quote(name, safe='')}", body=dict(role))

    def delete_role(self, name: str) -> None:
        self._session.write("DELETE", f"/_security/role/{quote(name, safe='')}", expect=(404,))


def _answer(reply: Reply) -> Answer:
    node = reply.headers.get(_INSTANCE_HEADER, "")
    if reply.status == 200:
        return Answer(node, reply.body)
    return Answer(node, {}, from_body(reply.body)[1] or f"status {reply.status}")
