# SPDX-License-Identifier: GPL-3.0-or-later
"""Refusals in the form in which Elasticsearch answers them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

AUTHENTICATE = {"WWW-Authenticate": ['Basic realm="security", charset="UTF-8"', "ApiKey"]}


class ElasticsearchError(Exception):
    """An error answer. `fields` stand beside type and reason; `caused_by` is the cause as `cause` describes it.

    `root` is what the answer calls its root cause: by default this error itself.
    """

    def __init__(
        self,
        status: int,
        kind: str,
        reason: str,
        *,
        caused_by: Mapping[str, Any] | None = None,
        root: Mapping[str, Any] | None = None,
        fields: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(reason)
        self.status = status
        self.kind = kind
        self.reason = reason
        self._caused_by = caused_by
        self.fields = dict(fields or {})
        self._root = root

    @property
    def cause(self) -> dict[str, Any]:
        """This error as it is nested in other answers."""
        nested = {"caused_by": dict(self._caused_by)} if self._caused_by else {}
        return {"type": self.kind, "reason": self.reason, **self.fields, **nested}

    @property
    def body(self) -> dict[str, Any]:
        root = self._root or {"type": self.kind, "reason": self.reason, **_at_root(self.fields)}
        return {"error": {"root_cause": [dict(root)], **self.cause}, "status": self.status}


def _at_root(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Root causes do not repeat what caused them, not even within what they suppressed."""
    suppressed = [{key: value for key, value in item.items() if key != "caused_by"} for item in fields.get("suppressed", ())]
    return {**fields, "suppressed": suppressed} if suppressed else dict(fields)


def argument(reason: str, caused_by: Mapping[str, Any] | None = None) -> ElasticsearchError:
    return ElasticsearchError(400, "illegal_argument_exception", reason, caused_by=caused_by)


def parsing(reason: str) -> ElasticsearchError:
    return ElasticsearchError(400, "parse_exception", reason)


def invalid(problems: Sequence[str]) -> ElasticsearchError:
    """Several problems of one request, counted."""
    text = "".join(f"{number}: {problem};" for number, problem in enumerate(problems, 1))
    return ElasticsearchError(400, "action_request_validation_exception", f"Validation Failed: {text}")


def unauthenticated(reason: str, additional: str = "", caused_by: Mapping[str, Any] | None = None) -> ElasticsearchError:
    further = {"additional_unsuccessful_credentials": additional} if additional else {}
    fields = {**further, "header": AUTHENTICATE}
    return ElasticsearchError(401, "security_exception", reason, caused_by=caused_by, fields=fields)


def unauthorized(reason: str) -> ElasticsearchError:
    return ElasticsearchError(403, "security_exception", reason)


def unlicensed() -> ElasticsearchError:
    feature = "advanced-remote-cluster-security"
    reason = f"current license is non-compliant for [{feature}]"
    return ElasticsearchError(403, "security_exception", reason, fields={"license.expired.feature": feature})


def index_missing(name: str) -> ElasticsearchError:
    fields = {"resource.type": "index_or_alias", "resource.id": name, "index_uuid": "_na_", "index": name}
    return ElasticsearchError(404, "index_not_found_exception", f"no such index [{name}]", fields=fields)
