# SPDX-License-Identifier: GPL-3.0-or-later
"""The spelling of addresses: of APIs (https URLs), of hosts, of nodes and proxies (host:port), and of networks."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit

TRANSPORT_PORT = 9400
"""Where the proxies of Elastic Cloud pass connections on to the transport port of nodes, for links with certificates."""
REMOTE_CLUSTER_PORT = 9443
"""Where remote cluster servers answer, by default and behind the proxies of the platforms:
https://www.elastic.co/docs/reference/elasticsearch/configuration-reference/networking-settings"""

_NAME = re.compile(r"(?=.{1,253}\Z)[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*\.?\Z")
_PORT = re.compile(r"[0-9]{1,5}\Z")
_PATH = re.compile(r"[!-~]*\Z")
"""Visible ASCII."""


def url_problem(url: str) -> str:
    """Why a text is not the HTTPS address of an API, such as https://coordinator.example.com:12443, or "" when it is.

    The text quotes no address that has a password in it.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, port, parts = "", 0, urlsplit("")
    if "@" in url:
        return "url has a user in it: give username and password by themselves"
    plain = parts.scheme == "https" and not parts.query and not parts.fragment and _PATH.match(url)
    return (
        ""
        if plain and is_host(host) and port != 0
        else f"url {url!r} is not an HTTPS address such as https://coordinator.example.com:12443"
    )


def is_host(text: str) -> bool:
    """Whether a text is a host name or an IP address; names beyond ASCII have to be written in their xn-- form."""
    return bool(_NAME.match(text)) or _is_ip(text.strip("[]"))


def is_address(address: str) -> bool:
    """Whether a text is host:port; an IPv6 address stands in brackets."""
    host, _colon, port = address.rpartition(":")
    bare = ":" in host and not (host.startswith("[") and host.endswith("]"))
    return not bare and is_host(host) and bool(_PORT.match(port)) and 0 < int(port) < 65536


def host_of(url: str) -> str:
    """The host of a base URL as it stands in host:port, "" where there is none."""
    host = urlsplit(url).hostname or ""
    return f"[{host}]" if ":" in host else host


def is_network(text: str) -> bool:
    """Whether a text is an IPv4 address or network, which is all that the platforms' IP filters take."""
    try:
        ipaddress.IPv4Network(text)
    except ValueError:
        return False
    return True


def _is_ip(text: str) -> bool:
    try:
        return "%" not in text and bool(ipaddress.ip_address(text))
    except ValueError:
        return False
