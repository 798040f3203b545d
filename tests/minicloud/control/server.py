# SPDX-License-Identifier: GPL-3.0-or-later
"""The HTTP side of the API: from a request to an operation and back, contract and request log included."""

from __future__ import annotations

import html
import json
import math
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from aiohttp import web

from minicloud.clock import now, timestamp
from minicloud.contract import Contract
from minicloud.control import changes, deployments, platform, shapes
from minicloud.control.access import API_KEY_USER, Caller, RateLimit, authenticate
from minicloud.control.call import Answer, Call
from minicloud.control.errors import ApiError, bad_request
from minicloud.control.routes import Route, find, parse_query
from minicloud.control.state import Tenant
from minicloud.requestlog import RequestLog

HANDLERS: Mapping[str, Callable[[Call], Awaitable[Answer]]] = {
    "list-deployments": deployments.list_all,
    "search-deployments": deployments.find,
    "get-deployment": deployments.get,
    "update-deployment": changes.update,
    "get-deployment-certificate-authority": deployments.certificate_authority,
    "get-deployment-es-resource-info": deployments.get_elasticsearch,
    "restart-deployment-es-resource": changes.restart,
    "get-deployment-es-resource-keystore": changes.get_keystore,
    "set-deployment-es-resource-keystore": changes.set_keystore,
    "get-current-account": platform.get_account,
    "update-current-account": platform.put_account,
    "patch-current-account": platform.patch_account,
    "list-organizations": platform.list_organizations,
    "get-organization": platform.get_organization,
    "get-platform": platform.get_platform,
    "get-tls-certificate": platform.get_tls_chain,
    "login": platform.login,
    "refresh-token": platform.refresh_token,
    "get-current-user": platform.get_user,
    "get-version-stacks": platform.stack_versions,
}
_KEY_LIFETIME = timedelta(days=90)
_RATE_LIMIT = 3000
_RATE_INTERVAL = 60.0
_MAX_BODY = 4 * 1024 * 1024


@dataclass
class _Exchange:
    """What is known of a request so far; the log entry is made from it, however far the request got."""

    route: Route | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, Any] = field(default_factory=dict)
    body: Any = None
    caller: Caller | None = None
    violations: Sequence[str] = ()


class ApiServer:
    """The API of one ECE environment (one tenant), or of Elastic Cloud Hosted (any number of organizations)."""

    def __init__(self, platform_type: str, tenants: Sequence[Tenant], log: RequestLog, contract: Contract | None) -> None:
        self._type = platform_type
        self._tenants = tuple(tenants)
        self._log = log
        self._contract = contract
        self._key_expiration = timestamp(now() + _KEY_LIFETIME)
        self._limits = {tenant.account.name: RateLimit(_RATE_LIMIT, _RATE_INTERVAL) for tenant in tenants}

    def application(self) -> web.Application:
        application = web.Application(client_max_size=_MAX_BODY)
        application.router.add_route("*", "/{path:.*}", self._serve)
        return application

    async def _serve(self, request: web.Request) -> web.Response:
        exchange = _Exchange()
        try:
            answer = await self._answer(request, exchange)
        except ApiError as error:
            answer = Answer(error.body, error.status, {"x-cloud-error-codes": error.code, **_retry_after(error)})
        response = _html_error(404, "Not Found") if exchange.route is None else self._checked(request, exchange, answer)
        self._record(request, exchange, response.status)
        return response

    async def _answer(self, request: web.Request, exchange: _Exchange) -> Answer:
        found = find(self._type, request.method, request.path)
        if found is None:
            return Answer(None, 404)
        exchange.route, exchange.parameters = found
        if exchange.route.public:
            caller = Caller(self._tenants[0], "anonymous")
        else:
            caller = exchange.caller = authenticate(self._type, self._tenants, request.headers.get("Authorization"))
            self._limit(caller)
        exchange.query = parse_query(exchange.route, request.query.items())
        exchange.body = _parse_body(exchange.route, await request.read())
        call = Call(caller.tenant, caller.user, exchange.parameters, exchange.query, exchange.body)
        return await HANDLERS[exchange.route.operation](call)

    def _limit(self, caller: Caller) -> None:
        """Enforce the rate limit, which only ECH has."""
        wait = self._limits[caller.tenant.account.name].use() if self._type == "ech" else None
        if wait is not None:
            raise TooManyRequests(wait)

    def _checked(self, request: web.Request, exchange: _Exchange, answer: Answer) -> web.Response:
        """The answer, unless it breaks the contract or a body was accepted that does."""
        if self._contract is not None:
            violations = self._contract.check_response(request.method, request.path, answer.status, answer.body)
            if answer.status < 400:
                violations += self._contract.check_request(request.method, request.path, exchange.body)
            exchange.violations = violations
        headers = {**self._general_headers(exchange.caller), **answer.headers}
        if exchange.violations:
            return web.Response(status=500, text="contract violation: " + "\n".join(exchange.violations), headers=headers)
        return web.json_response(answer.body, status=answer.status, headers=headers)

    def _general_headers(self, caller: Caller | None) -> dict[str, str]:
        if caller is None:
            return {}
        headers = {"X-Elastic-Api-Key-Expiration": self._key_expiration} if caller.user == API_KEY_USER else {}
        return {**headers, **self._limits[caller.tenant.account.name].headers} if self._type == "ech" else headers

    def _record(self, request: web.Request, exchange: _Exchange, status: int) -> None:
        caller = exchange.caller
        tenant = caller.tenant if caller else self._tenants[0] if len(self._tenants) == 1 else None
        deployment = tenant.deployments.get(exchange.parameters.get("deployment_id", "")) if tenant else None
        write = exchange.route.writes(exchange.query) if exchange.route else request.method not in ("GET", "HEAD", "OPTIONS")
        self._log.record(
            plane="control",
            platform=tenant.account.name if tenant else None,
            deployment=deployment.spec.name if deployment else None,
            who=caller.user if caller else "anonymous",
            method=request.method,
            path=request.path,
            query=request.query_string,
            status=status,
            write=write,
            user_agent=request.headers.get("User-Agent", ""),
            violation="; ".join(exchange.violations) or None,
        )


class TooManyRequests(ApiError):
    """The rate limit is reached; `wait` in seconds."""

    def __init__(self, wait: float) -> None:
        super().__init__(429, "root.too_many_requests", "the rate limit is reached")
        self.wait = wait


def _retry_after(error: ApiError) -> dict[str, str]:
    return {"Retry-After": str(math.ceil(error.wait))} if isinstance(error, TooManyRequests) else {}


def _parse_body(route: Route, raw: bytes) -> Any:
    """The JSON body of a request. Raises ApiError for one that the operation does not take."""
    if not raw.strip():
        if route.body is not None and not route.body_optional:
            raise bad_request("this operation needs a body")
        return None
    try:
        body = json.loads(raw)
    except ValueError as error:
        raise bad_request("the body is not JSON") from error
    if route.body is None:
        # Clients may send an empty object where nothing is asked for.
        if body == {}:
            return None
        raise bad_request(f"{route.operation} takes no body")
    if found := list(shapes.problems(route.body, body)):
        raise bad_request("; ".join(f"{place} {problem}" for place, problem in found), [place for place, _ in found])
    return body


def _html_error(status: int, reason: str) -> web.Response:
    """What the proxies in front of the API answer."""
    title = html.escape(f"{status} {reason}")
    body = f"<html><head><title>{title}</title></head><body><center><h1>{title}</h1></center></body></html>\n"
    return web.Response(status=status, text=body, content_type="text/html")
