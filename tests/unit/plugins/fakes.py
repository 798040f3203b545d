# SPDX-License-Identifier: GPL-3.0-or-later
"""Elasticsearch and the Cloud API as far as the modules use them: state in dictionaries, one short method for each route."""

from __future__ import annotations

import base64
import copy
import re
import time

from ansible_collections.crosscluster.elastic.tests.unit.plugins.scripted import Answer, Request, Server

PASSWORD = "correct-horse-battery"
API_KEY = "ZW5jb2RlZC1jbG91ZC1rZXk="
DEPLOYMENT_ID, CLUSTER_ID = "d" * 32, "c" * 32


class Fake:
    """Routes by method and pattern; anything else is refused, so that a wrong call shows."""

    routes: dict = {}

    def listen(self, server: Server):
        self.server = server
        return self

    def __call__(self, request: Request) -> Answer:
        refused = self.refuse(request)
        if refused:
            return refused
        for (method, pattern), handler in self.routes.items():
            match = re.fullmatch(pattern, request.path)
            if method == request.method and match:
                return handler(self, request, *match.groups())
        return Answer(405, {"error": f"no route {request.method} {request.path}"})

    def refuse(self, request: Request) -> Answer | None:
        return None

    def writes(self) -> list[str]:
        """What changed something, in order."""
        reads = ("_search", "_has_privileges", "_query/api_key", "_login")
        return [line for line in self.server.seen() if not line.startswith("GET") and not line.endswith(reads)]


def error(status: int, reason: str, kind: str = "security_exception") -> Answer:
    return Answer(status, {"error": {"type": kind, "reason": reason, "root_cause": []}, "status": status})


class Elasticsearch(Fake):
    """A cluster.

    broken: alias -> error text with which the remote refuses. outside: the same for an index that no key allows.
    restarting: milliseconds by which the start of its node is later at each question.
    statuses: health by health, "" for none, the last one for ever.
    """

    def __init__(self) -> None:
        self.persistent: dict = {}
        self.transient: dict = {}
        self.keys: list[dict] = []
        self.roles: dict[str, dict] = {}
        self.broken: dict[str, str] = {}
        self.outside = ""
        self.credentials: set[str] = set()
        self.lacking: set[str] = set()
        self.reload_errors: dict[str, str] = {}
        self.version = "8.19.21"
        self.key_owner = "elastic"
        self.started = 1_700_000_000_000
        self.restarting = 0
        self.statuses = ["green"]

    @property
    def connection(self) -> dict:
        return {"url": self.server.url, "username": "elastic", "password": PASSWORD, "ca_path": str(self.server.ca)}

    def refuse(self, request: Request) -> Answer | None:
        wanted = "Basic " + base64.b64encode(f"elastic:{PASSWORD}".encode()).decode()
        if request.headers.get("authorization") != wanted:
            return error(401, "unable to authenticate user [elastic] for REST request [/]")
        return None

    def info(self, _request):
        return Answer(body={"cluster_name": "search", "cluster_uuid": "uuid-of-search", "version": {"number": self.version}})

    def licence(self, _request):
        return Answer(body={"license": {"type": "trial", "status": "active", "uid": "x"}})

    def authenticate(self, _request):
        return Answer(body={"username": "elastic", "authentication_type": "realm", "roles": ["superuser"]})

    def has_privileges(self, request):
        return Answer(body={"cluster": {name: name not in self.lacking for name in request.body["cluster"]}})

    def settings(self, _request):
        return Answer(body={"persistent": self.persistent, "transient": self.transient})

    def put_settings(self, request):
        for name, value in request.body["persistent"].items():
            self.persistent.pop(name, None)
            if value is not None:
                self.persistent[name] = value
        return Answer(body={"acknowledged": True})

    def remote_info(self, _request):
        aliases = {name.split(".")[2] for name in self.persistent if name.startswith("cluster.remote.")}
        redacted = {"cluster_credentials": "::es_redacted::"}
        return Answer(body={alias: {"connected": True, **(redacted if alias in self.credentials else {})} for alias in aliases})

    def resolve(self, _request, alias):
        problem = {"error": self.broken[alias]} if self.broken.get(alias) else {}
        return Answer(body={alias: {"connected": alias not in self.broken, "skip_unavailable": False, **problem}})

    def resolve_outside(self, _request, alias):
        return Answer(body={alias: {"connected": False, "error": self.outside}})

    def search(self, _request, alias):
        if self.broken.get(alias):
            return error(401, self.broken[alias])
        status = "skipped" if alias in self.broken else "successful"
        return Answer(body={"hits": {}, "_clusters": {"details": {alias: {"status": status}}}})

    def query_keys(self, request):
        terms = [pair for part in request.body["query"]["bool"]["filter"] for pair in part["term"].items()]
        found = [key for key in self.keys if all(_field(key, name) == value for name, value in terms)]
        return Answer(body={"total": len(found), "api_keys": found[request.body["from"] :]})

    def get_key(self, request):
        return Answer(body={"api_keys": [key for key in self.keys if key["id"] == request.query["id"]]})

    def create_key(self, request):
        key_id = f"key-{len(self.keys) + 1}"
        now = int(time.time() * 1000)
        expiration = {"expiration": now + 90 * 86_400_000} if "expiration" in request.body else {}
        self.keys.append(
            {
                "id": key_id,
                "type": "cross_cluster",
                "creation": now + len(self.keys),
                "invalidated": False,
                "username": self.key_owner,
                "metadata": {},
                **copy.deepcopy(request.body),
                **expiration,
            }
        )
        secret = "s" * 22
        return Answer(body={"id": key_id, "api_key": secret, "encoded": base64.b64encode(f"{key_id}:{secret}".encode()).decode()})

    def update_key(self, request, key_id):
        key = next(key for key in self.keys if key["id"] == key_id)
        if request.headers.get("es-security-runas-user", "elastic") != key["username"]:
            return error(404, "no API key owned by requesting user found for the given id", "resource_not_found_exception")
        key.update({name: value for name, value in request.body.items() if name != "expiration"})
        return Answer(body={"updated": True})

    def invalidate(self, request):
        for key in self.keys:
            key["invalidated"] = key["invalidated"] or key["id"] in request.body["ids"]
        return Answer(body={"invalidated_api_keys": request.body["ids"], "error_count": 0})

    def get_role(self, _request, name):
        return Answer(body={name: self.roles[name]}) if name in self.roles else Answer(404)

    def put_role(self, request, name):
        self.roles[name] = {"cluster": [], "indices": [], "run_as": [], "transient_metadata": {"enabled": True}, **request.body}
        return Answer(body={"role": {"created": True}})

    def delete_role(self, _request, name):
        del self.roles[name]
        return Answer(body={"found": True})

    def reload(self, request):
        nodes = {name: {"name": name} for name in ("node-0", "node-1")}
        if (request.body or {}).get("secure_settings_password") == "wrong":
            self.reload_errors = {"node-1": "Provided keystore password was incorrect"}
        for name, reason in self.reload_errors.items():
            nodes[name]["reload_exception"] = {"type": "security_exception", "reason": reason}
        return Answer(body={"_nodes": {"total": 2, "successful": 2, "failed": 0}, "nodes": nodes})

    def local_node(self, _request):
        self.started += self.restarting
        return Answer(
            body={"nodes": {"id-of-node-0": {"name": "node-0", "version": self.version, "jvm": {"start_time_in_millis": self.started}}}}
        )

    def cluster_health(self, _request):
        status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        return Answer(503) if status == "" else Answer(body={"status": status, "number_of_nodes": 2, "relocating_shards": 0})

    routes = {
        ("GET", "/"): info,
        ("GET", "/_nodes/_local/jvm"): local_node,
        ("GET", "/_cluster/health"): cluster_health,
        ("GET", "/_license"): licence,
        ("GET", "/_security/_authenticate"): authenticate,
        ("POST", "/_security/user/_has_privileges"): has_privileges,
        ("GET", "/_cluster/settings"): settings,
        ("PUT", "/_cluster/settings"): put_settings,
        ("GET", "/_remote/info"): remote_info,
        ("GET", r"/_resolve/cluster/([^:]+):\*"): resolve,
        ("GET", r"/_resolve/cluster/([^:]+):crosscluster-probe"): resolve_outside,
        ("GET", r"/([^/:]+):\*/_search"): search,
        ("POST", "/_security/_query/api_key"): query_keys,
        ("GET", "/_security/api_key"): get_key,
        ("DELETE", "/_security/api_key"): invalidate,
        ("POST", "/_security/cross_cluster/api_key"): create_key,
        ("PUT", "/_security/cross_cluster/api_key/([^/]+)"): update_key,
        ("GET", "/_security/role/([^/]+)"): get_role,
        ("PUT", "/_security/role/([^/]+)"): put_role,
        ("DELETE", "/_security/role/([^/]+)"): delete_role,
        ("POST", "/_nodes/reload_secure_settings"): reload,
    }


def _field(key: dict, name: str) -> object:
    value: object = key
    for part in name.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


class Cloud(Fake):
    """One deployment, whose plans end at once. names: those that ``_search`` finds. removals: what removes a secure setting.
    refusals: so often a changed keystore is refused.
    """

    def __init__(self) -> None:
        self.keystore: dict[str, dict] = {"s3.client.default.secret_key": {"as_file": False}}
        self.written: list[dict] = []
        self.names = ["search-prod"]
        self.attempts = 1
        self.pending: dict | None = None
        self.removals: tuple = ({}, None, {"value": ""})
        self.refusals = 0

    @property
    def connection(self) -> dict:
        return {"url": self.server.url, "api_key": API_KEY, "ca_path": str(self.server.ca)}

    def refuse(self, request: Request) -> Answer | None:
        if request.path.endswith("_login") or request.headers.get("authorization") in (f"ApiKey {API_KEY}", "Bearer token-1"):
            return None
        return Answer(401, {"errors": [{"code": "root.unauthenticated", "message": "The supplied authentication is invalid"}]})

    def login(self, request):
        return Answer(body={"token": "token-1"}) if request.body["password"] == PASSWORD else Answer(401)

    def find(self, request):
        wanted = [term["term"]["name.keyword"]["value"] for term in request.body["query"]["bool"]["should"]]
        found = [self._deployment(name, number) for number, name in enumerate(self.names) if name in wanted]
        return Answer(body={"return_count": len(found), "match_count": len(found), "deployments": found})

    def get(self, _request, deployment_id):
        return Answer(body=self._deployment("search-prod", 0)) if deployment_id == DEPLOYMENT_ID else Answer(403)

    def resource(self, _request):
        return Answer(body=self._resource())

    def get_keystore(self, _request):
        return Answer(body={"secrets": self.keystore})

    def patch_keystore(self, request):
        if self.refusals:
            self.refusals -= 1
            return Answer(422, {"errors": [{"code": "deployments.deployment_resource_plan_change_error", "message": "pending plan"}]})
        self.written.append(request.body["secrets"])
        for name, entry in request.body["secrets"].items():
            if entry in self.removals:
                self.keystore.pop(name, None)
            elif entry and entry["value"]:
                self.keystore[name] = {"as_file": entry["as_file"]}
        return Answer(body={"secrets": self.keystore})

    def restart(self, _request):
        self.attempts += 1
        return Answer(202)

    def _deployment(self, name: str, number: int) -> dict:
        deployment_id = DEPLOYMENT_ID[: 32 - len(str(number))] + str(number) if number else DEPLOYMENT_ID
        return {
            "id": deployment_id,
            "name": name,
            "resources": {"elasticsearch": [self._resource()]},
            "metadata": {"organization_id": "42"},
        }

    def _resource(self) -> dict:
        step = {"step_id": "plan-completed", "status": "success"}
        current = {
            "plan_attempt_id": f"plan-{self.attempts}",
            "attempt_end_time": f"2026-01-01T00:00:{self.attempts:02}Z",
            "plan": {"elasticsearch": {"version": "8.19.21"}},
            "plan_attempt_log": [step],
        }
        instances = [{"instance_name": "instance-0000000000", "service_roles": ["master", "data", "ingest"]}]
        return {
            "ref_id": "main-elasticsearch",
            "id": CLUSTER_ID,
            "region": "ece-region",
            "info": {
                "status": "started",
                "plan_info": {"healthy": True, "current": current, "pending": self.pending, "history": []},
                "metadata": {"endpoint": "search.example.test", "service_url": "https://search.example.test:9243"},
                "topology": {"instances": instances},
                "settings": {},
            },
        }

    routes = {
        ("POST", "/api/v1/users/auth/_login"): login,
        ("POST", "/api/v1/deployments/_search"): find,
        ("GET", "/api/v1/deployments/([^/]+)"): get,
        ("GET", "/api/v1/deployments/d{32}/elasticsearch/main-elasticsearch"): resource,
        ("GET", "/api/v1/deployments/d{32}/elasticsearch/main-elasticsearch/keystore"): get_keystore,
        ("PATCH", "/api/v1/deployments/d{32}/elasticsearch/main-elasticsearch/keystore"): patch_keystore,
        ("POST", "/api/v1/deployments/d{32}/elasticsearch/main-elasticsearch/_restart"): restart,
    }
