# SPDX-License-Identifier: GPL-3.0-or-later
"""What follows indices of remote clusters: follower indices and auto-follow patterns.

https://www.elastic.co/docs/deploy-manage/tools/cross-cluster-replication
"""

from __future__ import annotations

from ..api.elasticsearch import ElasticsearchClient


def observe(client: ElasticsearchClient) -> dict[str, list[str]]:
    """By alias, what follows an index through it, in words; paused ones included, since they go on when they are resumed."""
    found: dict[str, list[str]] = {}
    for item in client.followers():
        found.setdefault(item["remote_cluster"], []).append(f"index {item['follower_index']}")
    for item in client.auto_follow_patterns():
        found.setdefault(item["pattern"]["remote_cluster"], []).append(f"auto-follow pattern {item['name']}")
    return found
