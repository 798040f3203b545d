# SPDX-License-Identifier: GPL-3.0-or-later
"""How the API says no."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

UNSUPPORTED = "minicloud.unsupported"


class ApiError(Exception):
    """An error answer: HTTP status, error code as in `x-cloud-error-codes`, message, and the fields that it is about."""

    def __init__(self, status: int, code: str, message: str, fields: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.fields = tuple(fields)

    @property
    def body(self) -> dict[str, Any]:
        error: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.fields:
            error["fields"] = list(self.fields)
        return {"errors": [error]}


def bad_request(message: str, fields: Sequence[str] = (), code: str = "root.invalid_request") -> ApiError:
    return ApiError(400, code, message, fields)
