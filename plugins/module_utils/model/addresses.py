# SPDX-License-Identifier: GPL-3.0-or-later
"""The spelling of addresses: of APIs (https URLs) and of nodes and proxies (host:port)."""

from __future__ import annotations

from urllib.parse import urlsplit


def is_base_url(url: str) -> bool:
    """Whether a text is an HTTPS address without credentials in it, such as https://coordinator.example.com:12443."""
    try:
        parts = urlsplit(url)
        return parts.scheme == "https" and bool(parts.hostname) and not parts.username and parts.port != 0
    except ValueError:
        return False


def is_address(address: str) -> bool:
    """Whether a text is host:port."""
    host, colon, port = address.rpartition(":")
    return bool(host and colon) and "/" not in host and port.isdigit() and 0 < int(port) < 65536
