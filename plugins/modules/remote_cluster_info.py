#!/usr/bin/python
# Copyright: the crosscluster.elastic authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: remote_cluster_info
short_description: Read remote clusters and prove that they answer
version_added: 0.1.0
author: The crosscluster.elastic authors (@crosscluster)
description:
  - Reads the settings and the state of remote clusters, and sends a search through each as the caller.
  - The search decides about RV(remote_clusters[].connected). What C(_remote/info) calls connected speaks of sockets only and stays true
    when the key behind a link is revoked.
extends_documentation_fragment:
  - crosscluster.elastic.attributes.info
  - crosscluster.elastic.attributes.elasticsearch_group
  - crosscluster.elastic.elasticsearch
  - crosscluster.elastic.access
options:
  alias:
    description:
      - Name of a remote cluster. Without it, all are read.
    type: str
notes:
  - With O(access), RV(remote_clusters[].keys_in_use) tells which key each node uses, found out by a question for an index that the key
    does not allow.
  - The caller needs C(remote_indices) privileges for the alias, which superusers have. A search with too few of them looks like a broken
    link and is told apart by RV(remote_clusters[].diagnosis).
seealso:
  - module: crosscluster.elastic.remote_cluster
"""

EXAMPLES = r"""
- name: Try the link to the orders cluster
  crosscluster.elastic.remote_cluster_info:
    url: https://search.example.com:9243
    username: elastic
    password: "{{ search_password }}"
    alias: orders
  register: link

- name: Fail with the reason when it does not work
  ansible.builtin.assert:
    that: link.remote_clusters | length == 1 and link.remote_clusters[0].connected
    fail_msg: "{{ link.remote_clusters | map(attribute='diagnosis') | list }}"
"""

RETURN = r"""
remote_clusters:
  description: The remote clusters. Empty when there is none of this name.
  returned: success
  type: list
  elements: dict
  contains:
    alias:
      description: Name of the remote cluster.
      type: str
      returned: success
    settings:
      description: Its persistent settings by the last part of their name, as text. Empty when it is set up in a file of the nodes.
      type: dict
      returned: success
    state:
      description: What C(_remote/info) says.
      type: dict
      returned: success
    security_model:
      description: V(api_key) when the nodes have a credential for the alias, otherwise V(certificate).
      type: str
      returned: success
    connected:
      description: Whether a search through the alias was answered.
      type: bool
      returned: success
    error:
      description: Why it was not, in the words of Elasticsearch. Empty when it gives no reason.
      type: str
      returned: success
    keys_in_use:
      description:
        - Id of the cross-cluster API key that each node of the local cluster uses. Empty text for a node that does not tell, for example
          because the remote cannot be reached.
      type: list
      elements: str
      returned: when O(access) is given, does not allow everything, and Elasticsearch is 8.13 or later
    diagnosis:
      description: What the error means. Empty when there is none.
      type: dict
      returned: success
      contains:
        cause:
          description: What is wrong and on which side.
          type: str
          returned: success
        remedy:
          description: What to do.
          type: str
          returned: success
failure:
  description: What went wrong, for playbooks that react to it.
  returned: failure
  type: dict
  sample: {kind: Unauthorized, message: "...", remedy: check the credentials, status: 401, code: security_exception}
"""

from typing import Any

from ansible_collections.crosscluster.elastic.plugins.module_utils.api.session import Transport
from ansible_collections.crosscluster.elastic.plugins.module_utils.model import access, aliases
from ansible_collections.crosscluster.elastic.plugins.module_utils.module import options
from ansible_collections.crosscluster.elastic.plugins.module_utils.module.run import Outcome, run
from ansible_collections.crosscluster.elastic.plugins.module_utils.operations import connection


def work(params: dict[str, Any], transport: Transport) -> Outcome:
    client = options.elasticsearch_client(params, transport)
    return Outcome(None, {"remote_clusters": connection.observe(client, params["alias"], params["access"])})


def problems(params: dict[str, Any]) -> list[str]:
    texts = [text for text in [aliases.existing_problem(params["alias"] or "any")] if text]
    return texts + (access.problems(params["access"]) if params["access"] is not None else [])


def main() -> None:
    spec = {**options.ELASTICSEARCH, "alias": {"type": "str"}, "access": options.ACCESS}
    run(work, problems=problems, argument_spec=spec, **options.CREDENTIAL_RULES)


if __name__ == "__main__":
    main()
