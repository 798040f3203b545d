# SPDX-License-Identifier: GPL-3.0-or-later
"""Who calls."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Sequence
from dataclasses import dataclass

from minicloud.control.errors import ApiError
from minicloud.control.state import Tenant

API_KEY_USER = "api_key"


@dataclass(frozen=True)
class Caller:
    tenant: Tenant
    user: str


def authenticate(platform_type: str, tenants: Sequence[Tenant], authorization: str | None) -> Caller:
    """Who an `Authorization` header stands for: ECH takes API keys only, ECE also user and password or a login token. Raises ApiError."""
    if authorization is None:
        raise ApiError(401, "root.unauthenticated", "this request needs credentials")
    scheme, _blank, credential = authorization.partition(" ")
    for tenant in tenants:
        if scheme.lower() == "apikey" and _same(credential, tenant.account.api_key):
            return Caller(tenant, API_KEY_USER)
        if platform_type == "ece" and scheme.lower() == "bearer" and credential in tenant.tokens:
            return Caller(tenant, str(tenant.account.username))
        if platform_type == "ece" and scheme.lower() == "basic" and _is_user(tenant, credential):
            return Caller(tenant, str(tenant.account.username))
    raise ApiError(401, "root.unauthorized", "these credentials are not valid here")


def _is_user(tenant: Tenant, credential: str) -> bool:
    try:
        decoded = base64.b64decode(credential, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return False
    return _same(decoded, f"{tenant.account.username}:{tenant.account.password}")


def _same(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode(), expected.encode())
