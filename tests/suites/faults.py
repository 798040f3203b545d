# SPDX-License-Identifier: GPL-3.0-or-later
"""What can go wrong with the requests of a run, and how the run is expected to end: a table over whole playbook runs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

LOOK = {"plane": "control", "path": "/deployments/"}
STORE = {"plane": "control", "method": "PATCH", "path": "/keystore$"}
CREATE = {"plane": "data", "method": "POST", "path": "/cross_cluster/api_key$"}
CONNECT = {"plane": "data", "method": "PUT", "path": "/_cluster/settings$"}
REVOKE = {"plane": "data", "method": "DELETE", "path": "/_security/api_key$"}
ROLE = {"plane": "data", "method": "PUT", "path": "/_security/role/"}
PROBE = {"plane": "data", "path": "^/_resolve/cluster/"}
KEYS = {"plane": "data", "path": "/_query/api_key$"}

KEYSTORE = {"plane": "control", "path": "/keystore$"}
ANY: dict[str, Any] = {}

IMPATIENT = {"links_timeout": 2}
RENEWED = {"expiration": "1d"}
RENEWAL = {"expiration": "30d", "renew_before": "2d"}


@dataclass(frozen=True)
class Fault:
    """rules: of the mini cloud. words: what the message of the run says when it fails; a run without words works.

    made: keys that the run makes. writes: those that take effect during the run. repaired: what the next run changes, which meets no
    fault any more. wanted: options of the link. before: its options as it is when the run begins, None where there is no link yet.
    variables: of the run.
    """

    name: str
    rules: tuple[dict[str, Any], ...]
    words: tuple[str, ...] = ()
    made: int = 1
    writes: int = 3
    repaired: tuple[str, ...] = ()
    wanted: dict[str, Any] = field(default_factory=dict)
    before: dict[str, Any] | None = None
    variables: dict[str, Any] = field(default_factory=dict)


def some(where: dict[str, Any], times: int = 1, **action: Any) -> tuple[dict[str, Any], ...]:
    """The first requests of a kind."""
    return ({**where, "times": times, "action": action},)


def all_of(where: dict[str, Any], **action: Any) -> tuple[dict[str, Any], ...]:
    """The requests of a kind, for good."""
    return ({**where, "action": action},)


NOTHING_DONE = ("create credentials", "create connection")
KEY_LOST = ("replace credentials", "create connection")

FAULTS = [
    # Too many requests.
    Fault("429 with Retry-After", some(ANY, 3, status=429, retry_after=1)),
    Fault(
        "429 without Retry-After, once for each write", (*some(CREATE, status=429), *some(STORE, status=429), *some(CONNECT, status=429))
    ),
    Fault(
        "429 for good, creating",
        all_of(CREATE, status=429),
        ("api_key answered 429", "run again later, or lower pool"),
        made=0,
        writes=0,
        repaired=NOTHING_DONE,
    ),
    # Errors of servers, and of proxies in front of them.
    Fault("500 looking", some(LOOK, status=500), ("_search answered 500",), made=0, writes=0, repaired=NOTHING_DONE),
    Fault("500 creating", some(CREATE, status=500), ("api_key answered 500",), made=0, writes=0, repaired=NOTHING_DONE),
    Fault("500 as a page, storing", some(STORE, status=500, html=True), ("keystore answered 500",), writes=1, repaired=KEY_LOST),
    Fault("500 connecting", some(CONNECT, status=500), ("settings answered 500",), writes=2, repaired=("create connection",)),
    Fault("502 as a page, looking", some(ANY, 2, status=502, html=True)),
    Fault("502 as a page, storing", some(STORE, 2, status=502, html=True)),
    Fault("503 creating", some(CREATE, status=503)),
    Fault("503 probing, for a while", some(PROBE, 6, status=503, html=True)),
    Fault("503 revoking", some(REVOKE, 2, status=503), wanted=RENEWAL, before=RENEWED),
    Fault(
        "503 revoking, for good",
        all_of(REVOKE, status=503),
        ("DELETE /_security/api_key answered 503", "what was done is found and kept"),
        writes=2,
        repaired=("revoke retire",),
        wanted=RENEWAL,
        before=RENEWED,
    ),
    # Answers that are late.
    Fault("everything a little late", all_of(ANY, delay=0.1)),
    Fault("key late, nobody waits for it", some(CREATE, delay=4), made=2, writes=5, variables=IMPATIENT),
    Fault("keystore late, nobody waits for it", some(STORE, delay=2.4), writes=4, variables=IMPATIENT),
    # Connections that end before an answer.
    Fault("dropped before creating", some(CREATE, drop="before")),
    Fault("dropped before storing", some(STORE, drop="before")),
    Fault("dropped before connecting", some(CONNECT, drop="before")),
    Fault(
        "every answer to a write lost once",
        (*some(CREATE, drop="after"), *some(STORE, drop="after"), *some(CONNECT, drop="after"), *some(ROLE, drop="after")),
        made=2,
        writes=9,
        wanted={"roles": [{"name": "readers-through-faults"}]},
    ),
    Fault("dropped after revoking", some(REVOKE, drop="after"), writes=4, wanted=RENEWAL, before=RENEWED),
    # Nobody there.
    Fault("API away for a moment", some(STORE, outage=2, refuse=True)),
    Fault(
        "API away, storing",
        some(STORE, outage=600),
        ("keystore answered 503", "run again: what was done is found and kept"),
        writes=1,
        repaired=KEY_LOST,
    ),
    Fault(
        "API refuses from the beginning",
        some(LOOK, outage=600, refuse=True),
        ("Cloud API of platform",),
        made=0,
        writes=0,
        repaired=NOTHING_DONE,
    ),
    Fault("Elasticsearch away for a moment, probing", some(PROBE, outage=2, refuse=True)),
    # Reads that are behind.
    Fault("keystore read behind", all_of(KEYSTORE, stale=60), wanted=RENEWAL, before=RENEWED),
    Fault("keys read behind", all_of(KEYS, stale=3)),
    Fault("renewed, everything read behind", all_of(ANY, stale=3), wanted=RENEWAL, before=RENEWED),
    Fault("settings read behind", all_of(ANY, stale=3), ("settings were accepted but read back differently", "run again")),
]
