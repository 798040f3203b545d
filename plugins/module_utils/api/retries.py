# SPDX-License-Identifier: GPL-3.0-or-later
"""Which failed requests are worth another try, and when."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..model.errors import Conflict, Forbidden, NotFound, ReplyLost, RequestFailed, ServerFault, Unauthorized, Unreachable
from ..model.troubleshooting import explain
from .answers import chain, innermost

ATTEMPTS = 5
LONGEST_PAUSE = 60.0
"""Seconds. A server that asks for more with Retry-After is asked again after this."""
_FIRST_PAUSE = 0.5

NOT_PROCESSED, UNKNOWN, FINAL = "not processed", "unknown", "final"

_BY_STATUS = {401: Unauthorized, 403: Forbidden, 404: NotFound, 409: Conflict, 412: Conflict, 422: Conflict}
_REMEDIES = {
    401: "check the credentials",
    403: "check that the credentials have the privilege and that the object exists",
    429: "run again later, or lower pool",
}


@dataclass(frozen=True)
class Failure:
    """A failed attempt. processed: whether the server may have acted on it. retry_after: seconds the server asked for."""

    processed: str
    reason: str
    cause: RequestFailed
    retry_after: float | None = None

    def error(self, lost_matters: bool) -> RequestFailed:
        """What to raise when there is no further attempt. lost_matters: the request may have changed something."""
        if self.processed == UNKNOWN and lost_matters:
            return ReplyLost(
                self.cause.subject,
                self.cause.request,
                self.cause.reason,
                status=self.cause.status,
                remedy="run again: what was done is found and kept",
            )
        return self.cause

    @classmethod
    def final(cls, error: RequestFailed) -> Failure:
        return cls(FINAL, error.reason, error)

    @classmethod
    def answered(cls, subject: str, request: str, status: int, headers: Mapping[str, str], error: tuple[str, str]) -> Failure:
        """The server answered with an error status. error: its code and its words."""
        code, reason = error
        diagnosis = explain(reason)
        remedy = diagnosis.remedy if diagnosis else _REMEDIES.get(status, "")
        kind = _BY_STATUS.get(status, ServerFault if status == 429 or status >= 500 else RequestFailed)
        processed = NOT_PROCESSED if status == 429 else UNKNOWN if status in (502, 503, 504) else FINAL
        return cls(
            processed,
            str(status),
            kind(subject, request, reason, status=status, code=code, remedy=remedy),
            _seconds(headers.get("Retry-After")),
        )

    @classmethod
    def on_the_way(cls, subject: str, request: str, url: str, error: Exception) -> Failure:
        """No answer came."""
        reason = innermost(error)
        if _never_connected(error):
            return cls(
                NOT_PROCESSED,
                reason,
                Unreachable(
                    subject, request, f"cannot connect to {url} ({reason})", remedy="check the address, the network and the proxy settings"
                ),
            )
        return cls(UNKNOWN, reason, Unreachable(subject, request, f"no answer from {url} ({reason})", remedy="run again"))


def may_repeat(failure: Failure, effect: str) -> bool:
    """Whether another attempt is safe and may help. effect: read, write or once."""
    return failure.processed == NOT_PROCESSED or (failure.processed == UNKNOWN and effect != "once")


def pause_before(attempt: int, retry_after: float | None, jitter: Any = random.random) -> float:
    """Seconds to wait after the given attempt (1, 2 ...): what the server asked for, otherwise growing and scattered."""
    if retry_after is not None:
        return min(max(retry_after, 0.0), LONGEST_PAUSE)
    return min(_FIRST_PAUSE * 2 ** (attempt - 1), LONGEST_PAUSE) * (0.5 + jitter() / 2)


def _seconds(text: str | None) -> float | None:
    # The other form, a date, is not used by these APIs; it reads as "not given".
    try:
        return float(text) if text is not None else None
    except ValueError:
        return None


def _never_connected(error: BaseException) -> bool:
    """Whether the request cannot have left: the connection itself failed.

    urllib3 calls it a ProxyError, too, when a connection through a proxy ends before the answer.
    """
    names = {"ConnectTimeout", "ConnectTimeoutError", "NewConnectionError", "NameResolutionError"}
    return any(type(cause).__name__ in names or str(cause).startswith("Tunnel connection failed") for cause in chain(error))
