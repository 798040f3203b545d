# SPDX-License-Identifier: GPL-3.0-or-later
"""HTTP to the platforms and to Elasticsearch: connections, credentials, retries, and every failure as a typed error.

The only place that imports requests. Each call says whether it reads or writes:

* ``read``: changes nothing; repeated when it fails on the way.
* ``write``: may be repeated, since doing it twice ends in the same state.
* ``write_once``: repeated only when it was certainly not processed; a lost answer is reported as ReplyLost.
"""

from __future__ import annotations

import threading
import time
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Callable

from ..model.errors import RequestFailed, Unauthorized, Unreachable, UnreadableAnswer, Untrusted, WriteInCheckMode
from . import answers
from .credentials import Credentials, LoginToken
from .limits import RateBudget
from .retries import ATTEMPTS, Failure, may_repeat, pause_before
from .tls import context_for, proxy_for

try:
    import requests
    from requests.adapters import HTTPAdapter
except ImportError:
    REQUESTS_MISSING: str | None = traceback.format_exc()
    HTTPAdapter = object  # type: ignore[assignment,misc]
else:
    REQUESTS_MISSING = None

READ, WRITE, ONCE = "read", "write", "once"
CONNECT_TIMEOUT = 10
"""Seconds until a connection must stand."""
POOLED_HOSTS = 1024


@dataclass(frozen=True)
class Target:
    """Where requests go and as whom.

    subject: what a person calls it, for example "Elasticsearch of cluster search"; opens every error message.
    timeout: seconds to wait for an answer.
    """

    subject: str
    url: str
    credentials: Credentials
    ca_path: str | None = None
    validate_certs: bool = True
    timeout: int = 60


@dataclass(frozen=True)
class Reply:
    """An answer: HTTP status, headers (case-insensitive) and the decoded JSON body."""

    status: int
    headers: Mapping[str, str]
    body: Any


class Transport:
    """What all sessions of a run share: connection pools, TLS contexts, rate budgets, the proxies of the environment, the log.

    read_only: check mode; writes are refused before they leave the machine.
    environment: variables that name proxies (HTTPS_PROXY, NO_PROXY ...).
    pool_size: connections kept per host; the number of threads that may use one host at the same time.
    log: called with one secret-free line per request.
    wait: sleeps for seconds; replaced in tests.
    """

    def __init__(
        self,
        *,
        read_only: bool = False,
        environment: Mapping[str, str] | None = None,
        pool_size: int = 10,
        log: Callable[[str], None] = lambda line: None,
        wait: Callable[[float], object] = threading.Event().wait,
    ) -> None:
        self.read_only, self.log, self.wait = read_only, log, wait
        self._environment, self._pool_size = dict(environment or {}), pool_size
        self._adapters: dict[tuple, Any] = {}
        self._budgets: dict[tuple, RateBudget] = {}
        self._lock = threading.Lock()

    def session(self, target: Target) -> Session:
        """A session for one target; cheap, connections are shared."""
        return Session(target, self)

    def adapter(self, target: Target) -> Any:
        """The adapter whose pool serves all targets with the same CA and verification."""
        key = (target.ca_path, target.validate_certs)
        with self._lock:
            if key not in self._adapters:
                self._adapters[key] = _SharedContextAdapter(context_for(*key), POOLED_HOSTS, self._pool_size)
            return self._adapters[key]

    def budget(self, target: Target) -> RateBudget:
        """The rate budget of an API for one identity."""
        with self._lock:
            return self._budgets.setdefault((target.url, target.credentials), RateBudget(wait=self.wait))

    def proxies(self, url: str) -> dict[str, str]:
        return proxy_for(url, self._environment)


class _SharedContextAdapter(HTTPAdapter):
    """Uses one TLS context for all connections.

    requests would load the CA bundle again for each connection, even with a context of its own: 19 ms each time.
    """

    def __init__(self, context: Any, hosts: int, size: int) -> None:
        self._context = context
        super().__init__(pool_connections=hosts, pool_maxsize=size)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, ssl_context=self._context, **kwargs)

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        return super().proxy_manager_for(proxy, ssl_context=self._context, **kwargs)

    def build_connection_pool_key_attributes(self, request: Any, verify: Any, cert: Any = None) -> Any:
        host, _pool = super().build_connection_pool_key_attributes(request, verify, cert)
        return host, {}

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """The context has it all."""


class Session:
    """Requests to one target with one identity."""

    def __init__(self, target: Target, transport: Transport) -> None:
        self.target, self._transport = target, transport
        self._http = requests.Session()
        self._http.trust_env = False
        self._http.headers["Accept"] = "application/json"
        self._http.headers["User-Agent"] = "crosscluster.elastic"
        self._http.mount("https://", transport.adapter(target))
        self._http.proxies = transport.proxies(target.url)
        self._budget = transport.budget(target)
        self._token_lock = threading.Lock()

    def read(self, method: str, path: str, **options: Any) -> Reply:
        """Send a request that changes nothing. Options: query, body, headers, expect (statuses that are no errors)."""
        return self._call(method, path, READ, **options)

    def write(self, method: str, path: str, **options: Any) -> Reply:
        """Send a request that changes something and may be repeated."""
        return self._call(method, path, WRITE, **options)

    def write_once(self, method: str, path: str, **options: Any) -> Reply:
        """Send a request that must not be processed twice; raises ReplyLost when that cannot be told."""
        return self._call(method, path, ONCE, **options)

    def _call(
        self,
        method: str,
        path: str,
        effect: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        expect: tuple[int, ...] = (),
        signed: bool = True,
    ) -> Reply:
        request = f"{method} {path}"
        if effect != READ and self._transport.read_only:
            raise WriteInCheckMode(f"{self.target.subject}: {request} was stopped, check mode must not write")
        attempt = 0
        while True:
            attempt += 1
            outcome = self._attempt(
                method, path, effect, {"params": query, "json": body, "headers": headers or {}, "signed": signed}, expect
            )
            if isinstance(outcome, Reply):
                return outcome
            if attempt == ATTEMPTS or not may_repeat(outcome, effect):
                raise outcome.error(lost_matters=effect != READ)
            self._transport.wait(pause_before(attempt, outcome.retry_after))

    def _attempt(self, method: str, path: str, effect: str, options: dict, expect: tuple[int, ...]) -> Reply | Failure:
        self._budget.take()
        started = time.monotonic()
        answer = self._exchange(method, path, options)
        if isinstance(answer, Failure):
            self._log(method, path, effect, answer.reason, started)
            return answer
        self._log(method, path, effect, answer.status_code, started)
        self._budget.note(answer.status_code, answer.headers)
        return self._judge(f"{method} {path}", answer, expect)

    def _exchange(self, method: str, path: str, options: dict) -> Any:
        try:
            answer = self._send(method, path, options)
            if answer.status_code == 401 and options["signed"] and self._forget_login():
                answer = self._send(method, path, options)
            return answer
        except RequestFailed as error:  # of the login, which has had its own attempts
            return Failure.final(error)
        except (requests.exceptions.RequestException, UnicodeError) as error:
            return self._failure(f"{method} {path}", error)

    def _send(self, method: str, path: str, options: dict) -> Any:
        return self._http.request(
            method,
            self.target.url + path,
            params=options["params"],
            json=options["json"],
            headers={**options["headers"], **(self._authorization() if options["signed"] else {})},
            timeout=(CONNECT_TIMEOUT, self.target.timeout),
            allow_redirects=False,
        )

    def _authorization(self) -> dict[str, str]:
        credentials = self.target.credentials
        if not isinstance(credentials, LoginToken):
            return credentials.headers()
        with self._token_lock:
            if not credentials.token:
                credentials.token = self._login(credentials)
            return credentials.headers()

    def _login(self, credentials: LoginToken) -> str:
        token = self._call("POST", credentials.path, READ, body=credentials.body(), signed=False).body.get("token")
        if not token:
            raise UnreadableAnswer(self.target.subject, f"POST {credentials.path}", "the answer has no token")
        return token

    def _forget_login(self) -> bool:
        """Drop an expired login token; True when there was one, so that the request is worth another try."""
        credentials = self.target.credentials
        if not isinstance(credentials, LoginToken):
            return False
        with self._token_lock:
            credentials.token = None
        return True

    def _failure(self, request: str, error: Exception) -> Failure:
        """What it means that no answer came."""
        subject, wrong = self.target.subject, requests.exceptions
        if isinstance(error, (wrong.InvalidURL, wrong.InvalidProxyURL, wrong.MissingSchema, wrong.InvalidSchema)):
            return Failure.final(Unreachable(subject, request, f"the address is not valid ({error})"))
        if isinstance(error, (wrong.InvalidHeader, UnicodeError)):  # whose text would show the credentials
            reason = "the credentials hold a line break or characters that cannot be sent"
            return Failure.final(Unauthorized(subject, request, reason, remedy="check how the credentials are read"))
        if answers.refuses_certificate(error):
            return Failure.final(self._untrusted(request, error))
        return Failure.on_the_way(subject, request, self.target.url, error)

    def _judge(self, request: str, answer: Any, expect: tuple[int, ...]) -> Reply | Failure:
        body, readable = answers.decode(answer.content, answer.headers)
        if 200 <= answer.status_code < 300 or answer.status_code in expect:
            if readable:
                return Reply(answer.status_code, answer.headers, body)
            problem = UnreadableAnswer(
                self.target.subject,
                request,
                f"the answer is not JSON ({answers.title(answer.content)})",
                status=answer.status_code,
                remedy=f"check that {self.target.url} is the address of the API and not of a page or proxy in front of it",
            )
            return Failure.final(problem)
        return Failure.answered(
            self.target.subject, request, answer.status_code, answer.headers, answers.read_error(answer.content, answer.headers)
        )

    def _untrusted(self, request: str, error: Exception) -> Untrusted:
        return Untrusted(
            self.target.subject,
            request,
            f"the certificate of {self.target.url} is not accepted ({answers.innermost(error)})",
            remedy="give the CA that signed it in ca_path"
            if not self.target.ca_path
            else f"check that {self.target.ca_path} holds the CA that signed it, and that the host name is right",
        )

    def _log(self, method: str, path: str, effect: str, outcome: object, started: float) -> None:
        milliseconds = (time.monotonic() - started) * 1000
        self._transport.log(f"{effect:5} {method} {self.target.url}{path} -> {outcome} in {milliseconds:.0f} ms")
