# SPDX-License-Identifier: GPL-3.0-or-later
"""Clients for the platforms and clusters of a declaration, each made once."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..api.cloud import CloudClient
from ..api.credentials import ApiKey, Basic, LoginToken
from ..api.elasticsearch import ElasticsearchClient
from ..api.session import Target, Transport
from ..model.addresses import host_of
from ..model.declaration import Cluster, Declaration


class Connections:
    """Makes clients on demand; safe to use from several threads.

    timeout: seconds to wait for an answer.
    """

    def __init__(self, declaration: Declaration, transport: Transport, timeout: int) -> None:
        self._declaration, self._transport, self._timeout = declaration, transport, timeout
        self._clients: dict[tuple, Any] = {}
        self._lock = threading.Lock()

    def cloud(self, platform_name: str) -> CloudClient:
        platform = self._declaration.platforms[platform_name]
        credentials = ApiKey(platform.api_key) if platform.api_key else LoginToken(str(platform.username), str(platform.password))
        target = Target(
            f"Cloud API of platform {platform.name}",
            platform.url.rstrip("/"),
            credentials,
            platform.ca_path,
            platform.validate_certs,
            self._timeout,
        )
        return self._once(("cloud", platform_name), lambda: CloudClient(self._transport.session(target)))

    def cloud_of(self, cluster_name: str) -> CloudClient:
        """The platform that a cluster belongs to."""
        return self.cloud(self._declaration.clusters[cluster_name].platform)

    def elasticsearch(self, cluster_name: str, url: str, user: Mapping[str, str] | None = None) -> ElasticsearchClient:
        """Elasticsearch of a cluster, at what its platform says is its address unless the declaration has another.

        user: username and password to use instead of those declared.
        """
        cluster = self._declaration.clusters[cluster_name]
        key = ("elasticsearch", cluster_name, user["username"] if user else None)
        return self._once(key, lambda: ElasticsearchClient(self._transport.session(self._target(cluster, url, user))))

    def nodes(self, cluster_name: str) -> dict[str, ElasticsearchClient]:
        """Each node of a self-managed cluster by the host of its address; {} where the nodes are not declared."""
        cluster = self._declaration.clusters[cluster_name]
        return {host_of(url): self._node(cluster, url) for url in cluster.nodes}

    def _node(self, cluster: Cluster, url: str) -> ElasticsearchClient:
        target = replace(self._target(cluster, url, None), url=url.rstrip("/"))
        return self._once(("node", url, cluster.name), lambda: ElasticsearchClient(self._transport.session(target)))

    def _target(self, cluster: Cluster, url: str, user: Mapping[str, str] | None) -> Target:
        platform = self._declaration.platforms[cluster.platform]
        validate = platform.validate_certs if cluster.validate_certs is None else cluster.validate_certs
        if user:
            credentials: ApiKey | Basic = Basic(user["username"], user["password"])
        elif cluster.api_key:
            credentials = ApiKey(cluster.api_key)
        else:
            credentials = Basic(str(cluster.username), str(cluster.password))
        return Target(
            f"Elasticsearch of cluster {cluster.name}",
            (cluster.url or url).rstrip("/"),
            credentials,
            cluster.ca_path or platform.ca_path,
            validate,
            self._timeout,
        )

    def _once(self, key: tuple, make: Any) -> Any:
        with self._lock:
            if key not in self._clients:
                self._clients[key] = make()
            return self._clients[key]
