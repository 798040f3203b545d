# SPDX-License-Identifier: GPL-3.0-or-later
"""Ways to say who is calling. The secrets are in no representation of these objects."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import Union


@dataclass(frozen=True)
class Basic:
    """User name and password, sent with each request."""

    username: str
    password: str = field(repr=False)

    def headers(self) -> dict[str, str]:
        pair = f"{self.username}:{self.password}".encode()
        return {"Authorization": "Basic " + base64.b64encode(pair).decode("ascii")}


@dataclass(frozen=True)
class ApiKey:
    """An API key of the Cloud or of Elasticsearch, in its encoded form."""

    key: str = field(repr=False)

    def headers(self) -> dict[str, str]:
        return {"Authorization": "ApiKey " + self.key}


@dataclass(eq=False)
class LoginToken:
    """User name and password of an ECE administrator, exchanged for a token that is renewed when it has expired."""

    username: str
    password: str = field(repr=False)
    path: str = "/api/v1/users/auth/_login"
    token: str | None = field(default=None, repr=False)

    def body(self) -> dict[str, str]:
        return {"username": self.username, "password": self.password}

    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


Credentials = Union[Basic, ApiKey, LoginToken]
