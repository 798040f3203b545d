# SPDX-License-Identifier: GPL-3.0-or-later
"""What a cluster is and what the caller may do there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..api.elasticsearch import ElasticsearchClient


def observe(client: ElasticsearchClient, privileges: Sequence[str]) -> dict[str, Any]:
    """Version, ids, licence and caller. privileges: cluster privileges; those that the caller lacks are in ``missing_privileges``."""
    info, licence, caller = client.info(), client.license(), client.authenticate()
    return {
        "version": (info.get("version") or {}).get("number", ""),
        "cluster_name": info.get("cluster_name", ""),
        "cluster_uuid": info.get("cluster_uuid", ""),
        "license": {"type": licence.get("type", ""), "status": licence.get("status", "")},
        "username": caller.get("username", ""),
        "authentication_type": caller.get("authentication_type", ""),
        "missing_privileges": client.missing_privileges(privileges) if privileges else [],
    }
