# SPDX-License-Identifier: GPL-3.0-or-later
"""An Ansible inventory of the self-managed nodes of a mini cloud: a group for each cluster, named like it."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from harness import variables
from harness.cloud import MiniCloud

CLIENT, SERVER = "remote_cluster_client", "remote_cluster_server"
_OF_NODE = ("url", "host", "address", "home", "config", "keystore", "user", "group", "restart")


def groups(cloud: MiniCloud) -> dict[str, Any]:
    """Cluster -> its group. Hosts have the variables ``node_url``, ``node_config`` and so on, as state.json has them."""
    clusters = {name: item for name, item in cloud.state["deployments"].items() if item.get("self_managed")}
    return {
        name: {
            "hosts": {node["name"]: _variables(node) for node in item["nodes"]},
            "vars": {**_of_roles(name, item), f"{CLIENT}_public_bundles": [cloud.state["public_ca"]]},
        }
        for name, item in clusters.items()
    }


def _of_roles(cluster: str, item: dict[str, Any]) -> dict[str, Any]:
    """Variables of the roles for nodes: where things are on these machines, and who asks Elasticsearch."""
    places = {
        "home": "{{ node_home }}",
        "config": "{{ node_config }}",
        "keystore_command": "{{ node_keystore }}",
        "owner": "{{ node_user }}",
        "group": "{{ node_group }}",
        "connection": {
            "url": "{{ node_url }}",
            "username": item["username"],
            "password": variables.lookup(cluster, "password"),
            "ca_path": item["ca_path"],
        },
    }
    own = {f"{role}_{name}": value for role in (CLIENT, SERVER) for name, value in places.items()}
    return {**own, "rolling_restart_command": "{{ node_restart }}", "rolling_restart_wait_timeout": 120}


def write(cloud: MiniCloud, path: Path) -> Path:
    """An inventory file, in YAML; all its machines are this one."""
    here = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    path.write_text(json.dumps({"all": {"vars": here, "children": groups(cloud)}}, indent=2))
    return path


def _variables(node: dict[str, Any]) -> dict[str, Any]:
    return {f"node_{name}": node[name] for name in _OF_NODE}
