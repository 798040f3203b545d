# SPDX-License-Identifier: GPL-3.0-or-later
"""TLS contexts and proxies, each resolved once."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from functools import cache
from urllib.parse import urlsplit
from urllib.request import proxy_bypass_environment  # type: ignore[attr-defined]

from ..model.errors import InvalidDeclaration


@cache
def context_for(ca_path: str | None, validate_certs: bool) -> ssl.SSLContext:
    """The context for a CA file (None: the CAs of the system) and a verification; the same object each time.

    Raises InvalidDeclaration when the file cannot be read as certificates.
    """
    try:
        context = ssl.create_default_context(cafile=ca_path)
    except (OSError, ssl.SSLError) as error:
        raise InvalidDeclaration(
            [f"ca_path {ca_path} cannot be read as PEM certificates ({error})"], "Give a file with the CA certificate"
        ) from error
    if not validate_certs:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def system_authorities() -> frozenset[bytes]:
    """The certificates (DER) of the public CAs that this machine trusts."""
    return frozenset(ssl.create_default_context().get_ca_certs(binary_form=True))


def proxy_for(url: str, environment: Mapping[str, str]) -> dict[str, str]:
    """The proxy for an address by the variables HTTPS_PROXY, ALL_PROXY and NO_PROXY, in the form requests takes; {} for none."""
    # Sorted, so that of both spellings the one in lower case counts, as everywhere.
    given = [(name.lower(), value) for name, value in sorted(environment.items()) if value]
    proxies = {name[: -len("_proxy")]: value for name, value in given if name.endswith("_proxy")}
    parts = urlsplit(url)
    host = f"{parts.hostname}:{parts.port}" if parts.port else parts.hostname or ""
    proxy = proxies.get(parts.scheme) or proxies.get("all")
    if not proxy or proxy_bypass_environment(host, {"no": proxies.get("no", "")}):
        return {}
    return {parts.scheme: proxy}
