# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading what servers answer: JSON, the error forms of both APIs, and the HTML pages of proxies in between."""

from __future__ import annotations

import json
import re
import ssl
from collections.abc import Mapping
from typing import Any

from ..model.reasons import from_body, shortened


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
    code, reason = from_body(body) if isinstance(body, dict) else ("", "")
    code = code or headers.get("x-cloud-error-codes", "")
    return code, reason or title(content) or "no explanation was given"


def title(content: bytes) -> str:
    """The gist of an HTML or plain text page."""
    text = content.decode("utf-8", "replace")
    match = re.search(r"<title>(.*?)</title>", text, re.IGNORECASE | re.DOTALL)
    return shortened(" ".join(re.sub(r"<[^>]*>", " ", match.group(1) if match else text).split()))


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
