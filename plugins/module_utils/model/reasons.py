# SPDX-License-Identifier: GPL-3.0-or-later
"""Why a server refused, read from the bodies of its answers, and what counts as an answer of a remote cluster at all."""

from __future__ import annotations

from typing import Any

_LONGEST = 400
_DEEPEST = 10
_WRAPPER = "Failed execution"


def from_body(body: dict[str, Any]) -> tuple[str, str]:
    """Code and reason of an error body in the form of the Cloud or of Elasticsearch; "" for what it does not say."""
    errors = body.get("errors")
    if isinstance(errors, list) and errors and isinstance(errors[0], dict):
        texts = [f"{error.get('message', '')} ({error.get('code', '')})" for error in errors]
        return str(errors[0].get("code", "")), "; ".join(texts)
    error = body.get("error")
    if isinstance(error, dict):
        return str(error.get("type", "")), shortened(": ".join(_reasons(error)))
    return "", shortened(str(error or ""))


def shortened(text: str) -> str:
    """The text, cut where a page would begin."""
    return text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."


def refusal_of_search(body: dict[str, Any], alias: str) -> str | None:
    """Why the remote did not answer its part of a search that itself succeeded; "" without a reason, None when it did answer."""
    details = ((body.get("_clusters") or {}).get("details") or {}).get(alias) or {}
    if details.get("status") == "successful":
        return None
    failures = [from_body({"error": failure.get("reason")})[1] for failure in details.get("failures") or []]
    return "; ".join(dict.fromkeys(failures))


def refusal_of_resolve(body: dict[str, Any], alias: str) -> str | None:
    """Why ``_resolve/cluster`` says that an alias does not work; "" without a reason, None when it works.

    ``connected`` and ``error`` may come together: any error means that the link is broken.
    """
    entry = body.get(alias) or {}
    return None if entry.get("connected") and not entry.get("error") else str(entry.get("error") or "")


def _reasons(error: dict[str, Any]) -> list[str]:
    """The reason and those below it, outermost first, without those that say nothing new.

    A connection that could not be opened has its cause among what was suppressed.
    """
    found: list[str] = []
    cause: Any = error
    for _depth in range(_DEEPEST):
        if not isinstance(cause, dict):
            break
        reason = str(cause.get("reason") or "")
        if reason not in (_WRAPPER, "") and not any(reason in outer for outer in found):
            found.append(reason)
        cause = cause.get("caused_by") or next(iter(cause.get("suppressed") or []), None)
    return found
