# SPDX-License-Identifier: GPL-3.0-or-later
"""What the mini cloud tells and does for the owners of self-managed clusters: part of its own interface, and of the state file."""

from __future__ import annotations

import grp
import json
import pwd
import secrets
import sys
from collections.abc import Sequence
from typing import Any

from aiohttp import web

from minicloud.dataplane import DataPlane, Tools
from minicloud.dataplane.selfmanaged import Installation, Machine, owner
from minicloud.tls import Authority
from minicloud.world import REMOTE_CLUSTER_PORT

# As systemctl would: by a command that everybody has who runs the mini cloud, and past any proxy.
_POST = "import sys, urllib.request as r; r.build_opener(r.ProxyHandler({})).open(r.Request(sys.argv[1], method='POST'))"


class NodesAdmin:
    """`public_ca` is the one that certificates are asked from."""

    def __init__(self, installations: Sequence[Installation], data_plane: DataPlane, public_ca: Authority) -> None:
        self._installations = {installation.cluster.name: installation for installation in installations}
        self._data_plane = data_plane
        self._public_ca = public_ca

    @property
    def names(self) -> list[str]:
        """All self-managed clusters."""
        return list(self._installations)

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/deployments/{name}/events", self._events),
            web.post("/deployments/{name}/nodes/{node}/restart", self._restart),
            web.post("/certificates", self._certificate),
        ]

    def platforms(self) -> dict[str, Any]:
        """Data centers as the state file shows them."""
        installations = self._installations.values()
        return {
            one.cluster.platform: {"type": one.cluster.type, "ca_path": str(one.ca), "egress": list(one.cluster.egress)}
            for one in installations
        }

    def clusters(self, admin_url: str) -> dict[str, Any]:
        """Clusters as the state file shows them."""
        return {name: self._cluster(installation, admin_url) for name, installation in self._installations.items()}

    def _cluster(self, installation: Installation, admin_url: str) -> dict[str, Any]:
        cluster, tools = installation.cluster, self._data_plane.tools(installation.cluster.name)
        nodes = [_node(machine, tools[machine.name], f"{admin_url}/deployments/{cluster.name}") for machine in installation.machines]
        return {
            "platform": cluster.platform,
            "self_managed": True,
            "version": cluster.version,
            "url": nodes[0]["url"],
            "username": "elastic",
            "password": cluster.password,
            "ca_path": str(installation.ca),
            "remote_address": f"{cluster.endpoint}:{REMOTE_CLUSTER_PORT}",
            "remote_ca_path": str(installation.server_ca.files.certificate),
            "nodes": nodes,
        }

    async def _events(self, request: web.Request) -> web.Response:
        return web.json_response({"events": self._data_plane.events(self._installation(request).cluster.name)})

    async def _restart(self, request: web.Request) -> web.Response:
        cluster, node = self._installation(request).cluster, request.match_info["node"]
        if node not in cluster.node_names:
            raise web.HTTPNotFound(text=f"no node {node}; there are {', '.join(cluster.node_names)}")
        await self._data_plane.restart_node(cluster.name, node)
        return web.json_response({})

    async def _certificate(self, request: web.Request) -> web.Response:
        try:
            given = json.loads(await request.text())
        except ValueError as error:
            raise web.HTTPBadRequest(text="the body must be JSON") from error
        names = given.get("names") if isinstance(given, dict) and set(given) == {"names"} else None
        if not isinstance(names, list) or not names or not all(isinstance(name, str) and name for name in names):
            raise web.HTTPBadRequest(text="the body must be an object with names, a list of host names or addresses")
        files = self._public_ca.issue(secrets.token_hex(8), names)
        return web.json_response({"certificate": files.certificate.read_text(), "key": files.key.read_text()})

    def _installation(self, request: web.Request) -> Installation:
        name = request.match_info["name"]
        if name not in self._installations:
            raise web.HTTPNotFound(text=f"no self-managed cluster {name}; there are {', '.join(self._installations)}")
        return self._installations[name]


def _node(machine: Machine, tools: Tools, cluster_url: str) -> dict[str, Any]:
    user, group = owner()
    return {
        "name": machine.name,
        "url": machine.cluster.url(machine.name),
        "host": machine.host,
        "address": machine.address,
        "config": str(machine.config),
        "home": str(tools.home),
        "keystore": list(tools.keystore),
        "user": _name_of(pwd.getpwuid, user),
        "group": _name_of(grp.getgrgid, group),
        "restart": [sys.executable, "-I", "-c", _POST, f"{cluster_url}/nodes/{machine.name}/restart"],
    }


def _name_of(find: Any, number: int) -> str:
    """The name of a user or group, or its number where it has none."""
    try:
        return find(number)[0]
    except KeyError:
        return str(number)
