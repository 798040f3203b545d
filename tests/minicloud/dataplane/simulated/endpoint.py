# SPDX-License-Identifier: GPL-3.0-or-later
"""The nodes of a simulated cluster as a platform's HTTPS port sees them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from aiohttp import web

from minicloud.dataplane.proxies import HANDLING_INSTANCE
from minicloud.dataplane.simulated.api import Request, answer
from minicloud.dataplane.simulated.cluster import Cluster, Node
from minicloud.dataplane.simulated.errors import AUTHENTICATE
from minicloud.dataplane.simulated.network import Network
from minicloud.world import ClusterSpec

_NOBODY = {"ok": False, "message": "The requested resource is currently unavailable."}


@dataclass
class SimulatedBackend:
    """A cluster whose running nodes take turns, or one of its nodes alone."""

    network: Network
    cluster: Cluster
    only: Node | None = None
    _turn: int = field(default=0, init=False)

    @property
    def deployment(self) -> ClusterSpec:
        return self.cluster.deployment

    async def answer(self, request: web.Request) -> web.Response:
        node = self._next()
        if node is None:
            return web.json_response(_NOBODY, status=503)
        received = Request(request.method, request.raw_path.partition("?")[0], request.query, request.headers, await request.read())
        answered = await answer(self.network, self.cluster, node, received)
        response = web.Response(text=json.dumps(answered.body, ensure_ascii=False), status=answered.status, content_type="application/json")
        response.headers[HANDLING_INSTANCE] = node.name
        response.headers["X-elastic-product"] = "Elasticsearch"
        if answered.status == 401:
            for scheme in AUTHENTICATE["WWW-Authenticate"]:
                response.headers.add("WWW-Authenticate", scheme)
        return response

    def _next(self) -> Node | None:
        running = [node for node in ([self.only] if self.only else self.cluster.nodes) if node.is_up]
        self._turn += 1
        return running[self._turn % len(running)] if running else None
