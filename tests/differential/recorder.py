# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes calls to the clusters of a mini cloud and keeps what was answered, in a form in which two mini clouds can be compared."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import requests

from differential.refusals import alike
from differential.shapes import normalised, shape
from harness.cloud import MiniCloud

_PATIENCE = 300.0
_PAUSE = 0.3
# What a real node answers to a call under which the connection to the remote cluster was cut, or is being made anew. The remote closes
# connections over which a refused key came, at a time of its own; no simulated node answers so.
_REBUILDING = ("node_disconnected_exception", "node_not_connected_exception", "connect handler is already closed")
Body = dict[str, Any]


@dataclass(frozen=True)
class Call:
    """A call without what differs from start to start, and its answer."""

    section: str
    method: str
    path: str
    what: str
    status: int
    shape: Any

    def __str__(self) -> str:
        return f"{self.method} {self.path} {self.what}".rstrip()


def agree(one: Call, other: Call) -> bool:
    """Whether two planes answered a call alike: the same status and shape, refusals for the same cause."""
    return one.status == other.status and alike(one.shape, other.shape)


class Recorder:
    """`local` and `remote` are the two clusters. Passwords of other users than `elastic` are `PASSWORD`."""

    PASSWORD = "horse-staple"  # of users which exist in these clusters only
    LOCAL, REMOTE = "search-prod", "orders-prod"

    def __init__(self, cloud: MiniCloud) -> None:
        self._cloud = cloud
        self._section = ""
        self._names: dict[str, str] = {}
        self._pause = threading.Event()
        self.calls: list[Call] = []
        for name in (self.LOCAL, self.REMOTE):
            deployment = cloud.deployment(name)
            self._names.update({deployment["endpoint"]: f"ENDPOINT-{name}", deployment["cluster_id"]: f"CLUSTER-{name}"})
            nodes = self._send(name, "GET", "/_nodes").json()["nodes"]
            self._names.update({node_id: f"NODE-{node['name']}" for node_id, node in nodes.items()})

    def section(self, name: str) -> None:
        """What the following calls are about."""
        self._section = name

    def endpoint(self, name: str) -> str:
        return self._cloud.deployment(name)["endpoint"]

    def know(self, identifier: str, as_: str) -> str:
        """From now on an identifier goes by another name in what is compared."""
        self._names[identifier] = as_
        return identifier

    def call(self, cluster: str, method: str, path: str, body: Any = None, **how: Any) -> Any:
        """Make a call and keep it; returns the JSON body. how: user, headers, raw (a body that is not JSON).

        A read that met a connection being rebuilt is made again; a write never is.
        """
        if method == "GET":
            return self.settle(cluster, path, lambda _body: True, **how)
        return self._keep(cluster, method, path, body, how, self._send(cluster, method, path, body, **how))

    def settle(self, cluster: str, path: str, until: Callable[[Any], bool], **how: Any) -> Any:
        """Repeat a GET until its body is as wanted, and keep the last answer: what nodes do late, they may do late."""
        deadline = time.monotonic() + _PATIENCE
        answer = self._send(cluster, "GET", path, **how)
        while (_met_rebuilding(answer) or not until(answer.json())) and time.monotonic() < deadline:
            self._pause.wait(_PAUSE)
            answer = self._send(cluster, "GET", path, **how)
        return self._keep(cluster, "GET", path, None, how, answer)

    def store(self, cluster: str, secrets: Mapping[str, str | None]) -> None:
        """Have the platform bring secrets to the cluster's keystores (None removes one); returns when all nodes have them."""
        keystore = f"/deployments/{self.deployment(cluster)['id']}/elasticsearch/_main/keystore"
        self.platform(cluster, "PATCH", keystore, {"secrets": {setting: {"value": value} for setting, value in secrets.items()}})
        deadline = time.monotonic() + _PATIENCE
        while not self._is_stored(cluster, secrets):
            if time.monotonic() > deadline:
                raise TimeoutError(f"{sorted(secrets)} did not reach the nodes of {cluster}")
            self._pause.wait(_PAUSE)

    def deployment(self, cluster: str) -> dict[str, Any]:
        """What the mini cloud's state file says about the deployment of a cluster."""
        return self._cloud.deployment(cluster)

    def egress(self, cluster: str) -> list[str]:
        """The addresses that connections of a cluster come from."""
        return self._cloud.platform(self.deployment(cluster)["platform"])["egress"]

    def platform(self, cluster: str, method: str, path: str, body: Any = None) -> Any:
        """The JSON answer of the platform's own API, which is the same for both data planes: it is not kept."""
        platform = self._cloud.platform(self.deployment(cluster)["platform"])
        headers = {"Authorization": f"ApiKey {platform['api_key']}"}
        answer = self._request(method, f"{platform['url']}/api/v1{path}", json=body, headers=headers, verify=platform["ca_path"])
        answer.raise_for_status()
        return answer.json()

    def _is_stored(self, cluster: str, secrets: Mapping[str, str | None]) -> bool:
        nodes = self._cloud.admin("GET", f"/deployments/{cluster}/keystore").values()
        return all(node.get(setting) == value for node in nodes for setting, value in secrets.items())

    def _send(
        self,
        cluster: str,
        method: str,
        path: str,
        body: Any = None,
        user: str | None = "elastic",
        headers: dict[str, str] | None = None,
        raw: str | None = None,
    ) -> requests.Response:
        deployment = self._cloud.deployment(cluster)
        password = deployment["password"] if user == "elastic" else self.PASSWORD
        content = raw if raw is not None else None if body is None else json.dumps(body)
        return self._request(
            method,
            deployment["service_url"] + path,
            data=content,
            headers={**({"Content-Type": "application/json"} if content is not None else {}), **(headers or {})},
            auth=(user, password) if user else None,
            verify=deployment["ca_path"],
        )

    def _request(self, method: str, url: str, **options: Any) -> requests.Response:
        with requests.Session() as session:
            session.trust_env = False
            return session.request(method, url, proxies={"https": self._cloud.state["https_proxy"]}, timeout=300, **options)

    def _keep(self, cluster: str, method: str, path: str, body: Any, how: dict[str, Any], answer: requests.Response) -> Any:
        found = answer.json()
        told = {**({"on": cluster} if cluster == self.REMOTE else {}), **({"body": body} if body is not None else {}), **how}
        told.pop("headers", None)
        what = normalised(" ".join(f"{name}={json.dumps(value)}" for name, value in told.items()), self._names)
        self.calls.append(Call(self._section, method, normalised(path, self._names), what, answer.status_code, shape(found, self._names)))
        return found


def _met_rebuilding(answer: requests.Response) -> bool:
    return any(words in answer.text for words in _REBUILDING)
