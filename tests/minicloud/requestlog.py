# SPDX-License-Identifier: GPL-3.0-or-later
"""The log of all requests to the mini cloud, over control plane and data plane, in the order in which they were answered or dropped."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Request:
    """One request. Holds no secret: neither bodies nor credentials are ever recorded.

    `plane` is "control" or "data"; `who` a user name, "api_key" or "anonymous"; `query` the undecoded query string; `status` None where
    there was no answer to send; `write` what the route table of the plane says, whatever the status; `violation` why the answer broke
    the contract (else None); `fault` what was done to the request on purpose (else None); `processed` False for one that such a fault
    kept from taking effect. An answer that was lost on its way has its status all the same.
    """

    n: int
    plane: str
    platform: str | None
    deployment: str | None
    who: str
    method: str
    path: str
    query: str
    status: int | None
    write: bool
    user_agent: str
    violation: str | None
    fault: str | None
    processed: bool


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
        status: int | None,
        write: bool,
        user_agent: str,
        violation: str | None = None,
        fault: str | None = None,
        processed: bool = True,
    ) -> None:
        self._requests.append(
            Request(
                n=len(self._requests),
                plane=plane,
                platform=platform,
                deployment=deployment,
                who=who,
                method=method,
                path=path,
                query=query,
                status=status,
                write=write,
                user_agent=user_agent,
                violation=violation,
                fault=fault,
                processed=processed,
            )
        )

    def since(self, n: int) -> dict[str, Any]:
        """The requests numbered `n` and later, and in `next` the number to ask for the next time."""
        return {"next": len(self._requests), "requests": [asdict(request) for request in self._requests[n:]]}
