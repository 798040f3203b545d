# SPDX-License-Identifier: GPL-3.0-or-later
"""Every failure this collection reports, as one tree. A message says what is wrong; a remedy says what to do about it."""

from __future__ import annotations

from collections.abc import Sequence


class CrossClusterError(Exception):
    """Base of all expected failures: what is wrong and, where known, what to do.

    The text holds no secret: it is shown to people and written to logs.
    """

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{_sentence(self.message)} {_sentence(self.remedy)}".strip()


class InvalidDeclaration(CrossClusterError):
    """What the user wrote cannot be right. All problems are reported at once."""

    def __init__(self, problems: Sequence[str], remedy: str = "") -> None:
        super().__init__("; ".join(problem.rstrip(".") for problem in problems), remedy)
        self.problems = list(problems)


class Refused(CrossClusterError):
    """A rule of this collection forbids the change, because it would break or take over something."""


class RequestFailed(CrossClusterError):
    """A request to a platform or to Elasticsearch failed.

    subject: what was talked to, for example "Elasticsearch of cluster search".
    request: method and path, without credentials.
    status: HTTP status, 0 when no answer came.
    code: the server's error code or type, "" when it named none.
    reason: the server's words.
    """

    def __init__(self, subject: str, request: str, reason: str, *, status: int = 0, code: str = "", remedy: str = "") -> None:
        answered = f"answered {status}" if status else "failed"
        super().__init__(f"{subject}: {request} {answered}: {reason}", remedy)
        self.subject, self.request, self.reason, self.status, self.code = subject, request, reason, status, code


class Unauthorized(RequestFailed):
    """401: the credentials are wrong or expired."""


class Forbidden(RequestFailed):
    """403: the credentials do not suffice; on Elastic Cloud Hosted also: no such object."""


class NotFound(RequestFailed):
    """404."""


class Conflict(RequestFailed):
    """409 or 412, or a plan that is under way: somebody else is changing the same object."""


class ServerFault(RequestFailed):
    """429 or 5xx that outlasted the retries."""


class Unreachable(RequestFailed):
    """No connection could be made: nothing was processed."""


class Untrusted(RequestFailed):
    """The server's certificate is not accepted."""


class ReplyLost(RequestFailed):
    """The request was sent, the answer never came: it may or may not have been processed."""


class UnreadableAnswer(RequestFailed):
    """The answer is not what the API documents, for example an HTML page of a proxy in between."""


class MissingLibrary(CrossClusterError):
    """A Python library that a task needs is not installed where it runs."""


class NodeFailed(CrossClusterError):
    """Something on the host of a node is missing or not permitted, or a program there failed."""


class PlanFailed(CrossClusterError):
    """A plan of a deployment ended in an error."""


class WaitTimeout(CrossClusterError):
    """What was waited for did not happen in time; the message says what was seen last."""


class WriteInCheckMode(CrossClusterError):
    """A write was attempted in check mode: a defect of this collection, stopped before it left the machine."""


def _sentence(text: str) -> str:
    text = text.strip()
    return text if not text or text.endswith((".", "!", "?")) else text + "."
