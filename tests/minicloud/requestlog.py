# SPDX-License-Identifier: GPL-3.0-or-later
"""The log of all requests that the mini cloud answered, over control plane and data plane, in the order in which they were answered."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Request:
    """One answered request. Holds no secret: neither bodies nor credentials are ever recorded.

    `plane` is "control" or "data"; `who` a user name, "api_key" or "anonymous"; `query` the undecoded query string; `write` what the
    route table of the plane says, whatever the status; `violation` why the answer broke the contract (else None).
    """

    n: int
    plane: str
    platform: str | None
    deployment: str | None
    who: str
    method: str
    path: str
    query: str
    status: int
    write: bool
    user_agent: str
    violation: str | None


class RequestLog:
    """Append-only and numbered from 0."""

    def __init__(self) -> None:
        self._requests: list[Request] = []

    def record(
        self,
        *,
        plane: str,
        platform: str | None,
        deployment: str | None,
        who: str,
        method: str,
        path: str,
        query: str,
        status: int,
        write: bool,
        user_agent: str,
        violation: str | None = None,
    ) -> None:
        self._requests.append(
            Request(len(self._requests), plane, platform, deployment, who, method, path, query, status, write, user_agent, violation)
        )

    def since(self, n: int) -> dict[str, Any]:
        """The requests numbered `n` and later, and in `next` the number to ask for the next time."""
        return {"next": len(self._requests), "requests": [asdict(request) for request in self._requests[n:]]}
