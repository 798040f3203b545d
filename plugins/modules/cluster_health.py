#!/usr/bin/python
# Copyright: the crosscluster.elastic authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: cluster_health
short_description: Wait until a cluster is healthy
version_added: 0.1.0
author: The crosscluster.elastic authors (@crosscluster)
description:
  - Waits until a cluster has the health that is asked for, between two restarts of its nodes for example. Fails when it takes too long.
extends_documentation_fragment:
  - crosscluster.elastic.attributes.info
  - crosscluster.elastic.attributes.elasticsearch_group
  - crosscluster.elastic.elasticsearch
options:
  status:
    description:
      - The worst status that will do.
    type: str
    choices: [yellow, green]
    default: green
  nodes:
    description:
      - How many nodes the cluster has to have, at least.
    type: int
    default: 1
  started_after:
    description:
      - The node that answers must have been started after this moment, in milliseconds since 1970. While it starts, it may be away.
    type: int
    default: 0
  wait_timeout:
    description:
      - Seconds to wait.
    type: int
    default: 600
seealso:
  - module: crosscluster.elastic.elasticsearch_node_info
"""

EXAMPLES = r"""
- name: Wait until the node is back and all copies are there
  crosscluster.elastic.cluster_health:
    url: "https://{{ ansible_host }}:9200"
    username: elastic
    password: "{{ orders_password }}"
    nodes: 3
    started_after: "{{ running.node.started }}"
  delegate_to: localhost
"""

RETURN = r"""
health:
  description: The health, C(status) and number of C(nodes).
  returned: success
  type: dict
  sample: {status: green, nodes: 3}
failure:
  description: What went wrong, for playbooks that react to it.
  returned: failure
  type: dict
  sample: {kind: Unauthorized, message: "...", remedy: check the credentials, status: 401, code: security_exception}
"""

from typing import Any

from ansible_collections.crosscluster.elastic.plugins.module_utils.api.session import Transport
from ansible_collections.crosscluster.elastic.plugins.module_utils.api.waiting import Clock
from ansible_collections.crosscluster.elastic.plugins.module_utils.module import options
from ansible_collections.crosscluster.elastic.plugins.module_utils.module.run import Outcome, run
from ansible_collections.crosscluster.elastic.plugins.module_utils.operations import local_node


def work(params: dict[str, Any], transport: Transport) -> Outcome:
    client = options.elasticsearch_client(params, transport)
    wanted = local_node.Wanted(params["status"], params["nodes"], params["started_after"])
    return Outcome(None, {"health": local_node.wait(client, wanted, params["wait_timeout"], Clock())})


def main() -> None:
    run(
        work,
        argument_spec={
            **options.ELASTICSEARCH,
            "status": {"type": "str", "choices": ["yellow", "green"], "default": "green"},
            "nodes": {"type": "int", "default": 1},
            "started_after": {"type": "int", "default": 0},
            "wait_timeout": {"type": "int", "default": 600},
        },
        **options.CREDENTIAL_RULES,
    )


if __name__ == "__main__":
    main()
