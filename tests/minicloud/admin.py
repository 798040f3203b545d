# SPDX-License-Identifier: GPL-3.0-or-later
"""The mini cloud's own HTTP interface, for tests: look behind the curtain, and let things go wrong. No credentials; loopback only."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict
from typing import Any

from aiohttp import web

from minicloud import switches
from minicloud.control.ratelimit import RateLimit
from minicloud.control.state import Deployment, Tenant
from minicloud.dataplane import DataPlane
from minicloud.faults import rules
from minicloud.gate import Gate
from minicloud.requestlog import RequestLog


class Admin:
    """`state` gives the content of the state file; `turned` are the switches that all parts look at.

    `self_managed` are the names of clusters that are no deployments.
    """

    def __init__(
        self,
        tenants: Sequence[Tenant],
        data_plane: DataPlane,
        log: RequestLog,
        gate: Gate,
        turned: switches.Switches,
        state: Callable[[], dict[str, Any]],
        self_managed: Collection[str] = (),
    ) -> None:
        self._tenants = {tenant.account.name: tenant for tenant in tenants}
        self._deployments = {deployment.spec.name: deployment for tenant in tenants for deployment in tenant.deployments.values()}
        self._clusters = (*self._deployments, *self_managed)
        self._switches = turned
        self._data_plane = data_plane
        self._log = log
        self._gate = gate
        self._state = state

    def application(self) -> web.Application:
        application = web.Application()
        application.add_routes(
            [
                web.get("/requests", self._requests),
                web.get("/state", self._show_state),
                web.get("/faults", self._show_faults),
                web.post("/faults", self._set_faults),
                web.delete("/faults", self._end_faults),
                web.get("/secrets", self._secrets),
                web.get("/switches", self._show_switches),
                web.post("/switches", self._turn_switches),
                web.post("/platforms/{name}/rate", self._rate),
                web.get("/deployments/{name}/keystore", self._keystore),
                web.get("/deployments/{name}/log", self._node_log),
                web.post("/deployments/{name}/delivery", self._delivery),
                web.post("/deployments/{name}/forget", self._forget),
                web.post("/deployments/{name}/plan", self._plan),
                web.post("/deployments/{name}/keystore/remove", self._remove_setting),
            ]
        )
        return application

    async def _requests(self, request: web.Request) -> web.Response:
        since = request.query.get("since", "0")
        if not since.isdecimal():
            raise web.HTTPBadRequest(text="since must be a number")
        return web.json_response(self._log.since(int(since)))

    async def _show_state(self, _request: web.Request) -> web.Response:
        return web.json_response(self._state())

    async def _show_faults(self, _request: web.Request) -> web.Response:
        return web.json_response(self._gate.faults())

    async def _set_faults(self, request: web.Request) -> web.Response:
        try:
            self._gate.set_faults(rules.parse(await _body(request)))
        except rules.FaultError as error:
            raise web.HTTPBadRequest(text=str(error)) from error
        return web.json_response(self._gate.faults())

    async def _end_faults(self, _request: web.Request) -> web.Response:
        self._gate.set_faults([])
        return web.json_response(self._gate.faults())

    async def _secrets(self, _request: web.Request) -> web.Response:
        return web.json_response(self._gate.issued.shown())

    async def _show_switches(self, _request: web.Request) -> web.Response:
        return web.json_response(asdict(self._switches))

    async def _turn_switches(self, request: web.Request) -> web.Response:
        given = await _body(request)
        if not isinstance(given, dict):
            raise web.HTTPBadRequest(text="the body must be an object with switches")
        try:
            self._switches.become(switches.parse(given))
        except ValueError as error:
            raise web.HTTPBadRequest(text=str(error)) from error
        return await self._show_switches(request)

    async def _rate(self, request: web.Request) -> web.Response:
        name, given = request.match_info["name"], await _body(request)
        if name not in self._tenants:
            raise web.HTTPNotFound(text=f"no platform {name}; there are {', '.join(self._tenants)}")
        if not isinstance(given, dict) or set(given) != {"limit", "interval", "used"} or not all(map(_is_number, given.values())):
            raise web.HTTPBadRequest(text="the body must have the numbers limit, interval (seconds) and used")
        self._tenants[name].rate = RateLimit(**given)
        return web.json_response({})

    async def _keystore(self, request: web.Request) -> web.Response:
        return web.json_response(await self._data_plane.keystore(self._cluster(request)))

    async def _node_log(self, request: web.Request) -> web.Response:
        return web.Response(text=self._data_plane.log_text(self._cluster(request)))

    async def _delivery(self, request: web.Request) -> web.Response:
        spec = self._deployment(request).spec
        delays = await _field(request, "delays")
        if delays is not None and (not isinstance(delays, list) or len(delays) != len(spec.node_names) or not all(map(_is_delay, delays))):
            raise web.HTTPBadRequest(text=f"delays must be null or a list of {len(spec.node_names)} seconds (null = never)")
        self._data_plane.set_delays(spec.name, delays)
        return web.json_response({})

    async def _forget(self, request: web.Request) -> web.Response:
        spec = self._deployment(request).spec
        alias = await _field(request, "alias")
        if not isinstance(alias, str):
            raise web.HTTPBadRequest(text="alias must be a text")
        self._data_plane.forget(spec.name, alias)
        return web.json_response({})

    async def _plan(self, request: web.Request) -> web.Response:
        deployment = self._deployment(request)
        held = await _field(request, "hold")
        if not isinstance(held, bool):
            raise web.HTTPBadRequest(text="hold must be true or false")
        deployment.hold_plan(held)
        return web.json_response({})

    async def _remove_setting(self, request: web.Request) -> web.Response:
        deployment = self._deployment(request)
        name = await _field(request, "name")
        if not isinstance(name, str):
            raise web.HTTPBadRequest(text="name must be the name of a setting")
        await deployment.deliver(deployment.set_secrets({name: None}))
        return web.json_response({})

    def _cluster(self, request: web.Request) -> str:
        name = request.match_info["name"]
        if name not in self._clusters:
            raise web.HTTPNotFound(text=f"no cluster {name}; there are {', '.join(self._clusters)}")
        return name

    def _deployment(self, request: web.Request) -> Deployment:
        name = request.match_info["name"]
        if name not in self._deployments:
            raise web.HTTPNotFound(text=f"no deployment {name}; there are {', '.join(self._deployments)}")
        return self._deployments[name]


async def _body(request: web.Request) -> Any:
    try:
        return json.loads(await request.text())
    except ValueError as error:
        raise web.HTTPBadRequest(text="the body must be JSON") from error


async def _field(request: web.Request, name: str) -> Any:
    """The one field of a request's JSON body."""
    body = await _body(request)
    if not isinstance(body, dict) or set(body) != {name}:
        raise web.HTTPBadRequest(text=f"the body must be an object with the field {name}")
    return body[name]


def _is_delay(value: Any) -> bool:
    return value is None or _is_number(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and value >= 0
