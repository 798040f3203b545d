# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading what servers answer: JSON, the error forms of both APIs, and the HTML pages of proxies in between."""

from __future__ import annotations

import json
import re
import ssl
from collections.abc import Mapping
from typing import Any

_LONGEST = 400


def decode(content: bytes, headers: Mapping[str, str]) -> tuple[Any, bool]:
    """The decoded body and whether it is a JSON object, as all answers of these APIs are. An empty body reads as {}."""
    if not content.strip():
        return {}, True
    if "html" in headers.get("Content-Type", ""):
        return None, False
    try:
        body = json.loads(content)
    except ValueError:
        return None, False
    return body, isinstance(body, dict)


def read_error(content: bytes, headers: Mapping[str, str]) -> tuple[str, str]:
    """Code and reason of an error answer, in whatever form it came."""
    body, _readable = decode(content, headers)
    code, reason = _from_json(body) if isinstance(body, dict) else ("", "")
    code = code or headers.get("x-cloud-error-codes", "")
    return code, reason or title(content) or "no explanation was given"


def reason_of(body: Any) -> str:
    """The reason in an error body that was decoded already, "" when it has none."""
    return _from_json(body)[1] if isinstance(body, dict) else ""


def _from_json(body: dict) -> tuple[str, str]:
    errors = body.get("errors")
    if isinstance(errors, list) and errors and isinstance(errors[0], dict):
        texts = [f"{error.get('message', '')} ({error.get('code', '')})" for error in errors]
        return str(errors[0].get("code", "")), "; ".join(texts)
    error = body.get("error")
    if isinstance(error, dict):
        return str(error.get("type", "")), _shortened(": ".join(_reasons(error)))
    return "", _shortened(str(error or ""))


def _reasons(error: dict) -> list[str]:
    """The reason and those below it, each once, outermost first."""
    found: list[str] = []
    cause: Any = error
    while isinstance(cause, dict) and len(found) < 5:
        reason = str(cause.get("reason", ""))
        if reason and reason not in found:
            found.append(reason)
        cause = cause.get("caused_by")
    return found


def title(content: bytes) -> str:
    """The gist of an HTML or plain text page."""
    text = content.decode("utf-8", "replace")
    match = re.search(r"<title>(.*?)</title>", text, re.IGNORECASE | re.DOTALL)
    return _shortened(" ".join(re.sub(r"<[^>]*>", " ", match.group(1) if match else text).split()))


def chain(error: BaseException) -> list[BaseException]:
    """An exception of requests and those of urllib3 and the standard library that it wraps, outermost first."""
    seen: list[BaseException] = []
    current: BaseException | None = error
    while current is not None and current not in seen:
        seen.append(current)
        following = getattr(current, "reason", None) or next((arg for arg in current.args if isinstance(arg, BaseException)), None)
        current = following if isinstance(following, BaseException) else None
    return seen


def innermost(error: BaseException) -> str:
    """The most telling text of a chain of exceptions."""
    last = chain(error)[-1]
    return re.sub(r"<[\w.]+ object at 0x[0-9a-f]+>:? ?|^HTTPS?Connection\([^)]*\): ", "", str(last)) or type(last).__name__


def refuses_certificate(error: BaseException) -> bool:
    """Whether the certificate of the server is the reason: signed by another CA, expired, or for another name."""
    # urllib3 compares names by itself and has an exception of its own for it.
    return any(isinstance(cause, ssl.SSLCertVerificationError) or type(cause).__name__ == "CertificateError" for cause in chain(error))


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."
