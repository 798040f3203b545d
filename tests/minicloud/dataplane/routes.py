# SPDX-License-Identifier: GPL-3.0-or-later
"""Which Elasticsearch requests write. GET and HEAD only read; of the others, only those listed here do. An unknown route is a write."""

from __future__ import annotations

import re

_READS = (
    ("POST", "/_search"),
    ("POST", "/_search/scroll"),
    ("POST", "/{index}/_search"),
    ("POST", "/_msearch"),
    ("POST", "/{index}/_msearch"),
    ("POST", "/_mget"),
    ("POST", "/{index}/_mget"),
    ("POST", "/_count"),
    ("POST", "/{index}/_count"),
    ("POST", "/_field_caps"),
    ("POST", "/{index}/_field_caps"),
    ("POST", "/_validate/query"),
    ("POST", "/{index}/_validate/query"),
    ("POST", "/_resolve/cluster"),
    ("POST", "/_resolve/cluster/{name}"),
    ("POST", "/_security/user/_has_privileges"),
    ("POST", "/_security/user/{username}/_has_privileges"),
    ("POST", "/_security/_query/api_key"),
    ("POST", "/_security/_query/role"),
    ("POST", "/_security/_query/user"),
)
_PATTERNS = tuple((method, re.compile(re.sub(r"\{\w+\}", "[^/]+", path) + "/?")) for method, path in _READS)


def is_write(method: str, path: str) -> bool:
    """Whether a request may change something, whatever its outcome."""
    if method in ("GET", "HEAD"):
        return False
    return not any(method == known and pattern.fullmatch(path) for known, pattern in _PATTERNS)
