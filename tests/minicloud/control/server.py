# SPDX-License-Identifier: GPL-3.0-or-later
"""The HTTP side of the API: from a request to an operation and back, contract and request log included."""

from __future__ import annotations

import json
import math
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from aiohttp import web

from minicloud.clock import now, timestamp
from minicloud.contract import Contract
from minicloud.control import changes, deployments, filters, platform, relationships, shapes, trust
from minicloud.control.access import API_KEY_USER, Caller, authenticate
from minicloud.control.call import Answer, Call
from minicloud.control.errors import ApiError, bad_request
from minicloud.control.routes import Route, find, parse_query
from minicloud.control.state import Tenant
from minicloud.exchange import Conditions, Outcome, Subject
from minicloud.gate import Gate
from minicloud.pages import html_page

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
    "get-traffic-filter-rulesets": filters.list_all,
    "create-traffic-filter-ruleset": filters.create,
    "get-traffic-filter-ruleset": filters.get,
    "update-traffic-filter-ruleset": filters.update,
    "delete-traffic-filter-ruleset": filters.delete,
    "get-traffic-filter-ruleset-deployment-associations": filters.list_associations,
    "create-traffic-filter-ruleset-association": filters.associate,
    "delete-traffic-filter-ruleset-association": filters.dissociate,
    "get-traffic-filter-deployment-ruleset-associations": filters.list_of_entity,
    "get-trusted-envs": trust.list_environments,
    "get-current-account": platform.get_account,
    "update-current-account": platform.put_account,
    "patch-current-account": platform.patch_account,
    "list-organizations": platform.list_organizations,
    "get-organization": platform.get_organization,
    "get-platform": platform.get_platform,
    "get-tls-certificate": platform.get_tls_chain,
    "get-trust-relationships": relationships.list_all,
    "create-trust-relationship": relationships.create,
    "get-trust-relationship": relationships.get,
    "update-trust-relationship": relationships.update,
    "delete-trust-relationship": relationships.delete,
    "login": platform.login,
    "refresh-token": platform.refresh_token,
    "get-current-user": platform.get_user,
    "get-version-stacks": platform.stack_versions,
}
_KEY_LIFETIME = timedelta(days=90)
_MAX_BODY = 4 * 1024 * 1024


@dataclass(frozen=True)
class _Request:
    """A request as far as it is known before it is processed. `caller` is None where nobody could be made out, `refusal` says why."""

    http: web.Request
    route: Route | None
    parameters: Mapping[str, str]
    caller: Caller | None
    refusal: ApiError | None


class ApiServer:
    """The API of one ECE environment (one tenant), or of Elastic Cloud Hosted (any number of organizations)."""

    def __init__(self, platform_type: str, tenants: Sequence[Tenant], gate: Gate, contract: Contract | None) -> None:
        self._type = platform_type
        self._tenants = tuple(tenants)
        self._gate = gate
        self._contract = contract
        self._key_expiration = timestamp(now() + _KEY_LIFETIME)

    def application(self) -> web.Application:
        application = web.Application(client_max_size=_MAX_BODY)
        application.router.add_route("*", "/{path:.*}", self._serve)
        return application

    async def _serve(self, http: web.Request) -> web.StreamResponse:
        request = self._read(http)
        return await self._gate.admit(http, self._subject(request), lambda conditions: self._process(request, conditions))

    def _read(self, http: web.Request) -> _Request:
        route, parameters = find(self._type, http.method, http.path) or (None, {})
        caller, refusal = None, None
        if route is not None:
            try:
                caller = self._caller(route, http)
            except ApiError as error:
                refusal = error
        return _Request(http, route, parameters, caller, refusal)

    def _caller(self, route: Route, http: web.Request) -> Caller:
        if route.public:
            return Caller(self._tenants[0], "anonymous")
        return authenticate(self._type, self._tenants, http.headers.get("Authorization"))

    def _subject(self, request: _Request) -> Subject:
        caller, route = request.caller, request.route
        tenant = caller.tenant if caller else self._tenants[0] if len(self._tenants) == 1 else None
        deployment = tenant.deployments.get(request.parameters.get("deployment_id", "")) if tenant else None
        return Subject(
            plane="control",
            platform=tenant.account.name if tenant else None,
            deployment=deployment.spec.name if deployment else None,
            who=caller.user if caller else "anonymous",
            write=route.writes(request.http.query) if route else request.http.method not in ("GET", "HEAD", "OPTIONS"),
        )

    async def _process(self, request: _Request, conditions: Conditions) -> Outcome:
        if request.route is None:
            return Outcome(html_page(404))
        body = None
        try:
            call = await self._call(request, request.route, conditions)
            answer = await HANDLERS[request.route.operation](call)
            body = call.body
        except ApiError as error:
            answer = Answer(error.body, error.status, {"x-cloud-error-codes": error.code, **_retry_after(error)})
        headers = {**self._general_headers(request.caller), **answer.headers}
        if violations := self._violations(request.http, body, answer):
            response = web.Response(status=500, text="contract violation: " + "\n".join(violations), headers=headers)
            return Outcome(response, "; ".join(violations))
        return Outcome(web.json_response(answer.body, status=answer.status, headers=headers))

    async def _call(self, request: _Request, route: Route, conditions: Conditions) -> Call:
        """What a request asks for. Raises ApiError."""
        if request.caller is None:
            raise request.refusal
        self._limit(request.caller)
        query = parse_query(route, request.http.query.items())
        body = _parse_body(route, await request.http.read())
        tenant = request.caller.tenant
        deployment = tenant.deployments.get(request.parameters.get("deployment_id", ""))
        if deployment is not None and route.writes(request.http.query):
            deployment.remember()
        if conditions.lag:
            tenant = tenant.as_of(conditions.lag)
        return Call(tenant, request.caller.user, route.operation, request.parameters, query, body, conditions)

    def _limit(self, caller: Caller) -> None:
        """Enforce the rate limit, which only ECH has."""
        wait = caller.tenant.rate.use() if self._type == "ech" else None
        if wait is not None:
            raise TooManyRequests(wait if caller.tenant.switches.retry_after else None)

    def _violations(self, request: web.Request, body: Any, answer: Answer) -> list[str]:
        """How an answer, or a body that was accepted, breaks the contract."""
        if self._contract is None:
            return []
        found = self._contract.check_response(request.method, request.path, answer.status, answer.body)
        return found + self._contract.check_request(request.method, request.path, body)

    def _general_headers(self, caller: Caller | None) -> dict[str, str]:
        if caller is None:
            return {}
        headers = {"X-Elastic-Api-Key-Expiration": self._key_expiration} if caller.user == API_KEY_USER else {}
        return {**headers, **caller.tenant.rate.headers} if self._type == "ech" else headers


class TooManyRequests(ApiError):
    """The rate limit is reached; `wait` in seconds, None where the caller is not told."""

    def __init__(self, wait: float | None) -> None:
        super().__init__(429, "root.too_many_requests", "the rate limit is reached")
        self.wait = wait


def _retry_after(error: ApiError) -> dict[str, str]:
    return {"Retry-After": str(math.ceil(error.wait))} if isinstance(error, TooManyRequests) and error.wait is not None else {}


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
        raise bad_request("; ".join(f"{place} {problem}" for place, problem in found), [place for place, _problem in found])
    return body
