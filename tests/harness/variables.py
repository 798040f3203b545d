# SPDX-License-Identifier: GPL-3.0-or-later
"""The variables that declare links on a mini cloud. Secrets are looked up in the environment, so that no file holds them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from harness.cloud import MiniCloud


def secret_name(*parts: str) -> str:
    """The environment variable for a secret."""
    return "_".join(("MINICLOUD", *parts)).upper().replace("-", "_")


def secrets(cloud: MiniCloud) -> dict[str, str]:
    """All credentials of the mini cloud as environment variables."""
    found = {}
    for kind in ("platforms", "deployments"):
        for name, item in cloud.state[kind].items():
            found.update({secret_name(name, key): item[key] for key in ("api_key", "password") if item.get(key)})
    return found


def lookup(*parts: str) -> str:
    return "{{ lookup('ansible.builtin.env', '" + secret_name(*parts) + "') }}"


def registry(cloud: MiniCloud) -> dict[str, Any]:
    """``links_platforms`` and ``links_clusters`` for all there is; clusters have the names of their deployments."""
    return {
        "links_platforms": [_platform(name, item) for name, item in cloud.state["platforms"].items()],
        "links_clusters": [_cluster(name, item) for name, item in cloud.state["deployments"].items()],
    }


def _cluster(name: str, item: dict[str, Any]) -> dict[str, Any]:
    common = {"name": name, "platform": item["platform"], "username": item["username"], "password": lookup(name, "password")}
    if not item.get("self_managed"):
        return {**common, "deployment": name}
    nodes = [node["url"] for node in item["nodes"]]
    return {**common, "url": item["url"], "nodes": nodes, "remote_address": item["remote_address"], "ca_path": item["ca_path"]}


def _platform(name: str, item: dict[str, Any]) -> dict[str, Any]:
    if item["type"] == "self_managed":
        return {"name": name, "type": item["type"], "ca_path": item["ca_path"]}
    return {"name": name, "type": item["type"], "url": item["url"], "api_key": lookup(name, "api_key"), "ca_path": item["ca_path"]}


def write(path: Path, variables: dict[str, Any]) -> Path:
    """A variables file for ``-e @FILE``."""
    path.write_text(json.dumps(variables, indent=2))
    return path
