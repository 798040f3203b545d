#!/usr/bin/python
# Copyright: the crosscluster.elastic authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: security_role
short_description: Role of a cluster, with privileges on remote clusters
version_added: 0.1.0
author: The crosscluster.elastic authors (@crosscluster)
description:
  - Makes, changes and removes a role. In the API key model a user of the local cluster can search a remote one only with a role that has
    O(remote_indices) for its alias.
  - What a role has besides is kept. In O(remote_indices) and O(remote_cluster) an entry replaces those for the same set of aliases; in
    all other parts the entries are added.
extends_documentation_fragment:
  - crosscluster.elastic.attributes
  - crosscluster.elastic.attributes.elasticsearch_group
  - crosscluster.elastic.elasticsearch
options:
  name:
    description:
      - Name of the role.
    type: str
    required: true
  state:
    description:
      - V(present) makes the role or adds to it, V(absent) removes it.
    type: str
    choices: [present, absent]
    default: present
  exact:
    description:
      - Whether the parts that are given replace those of the role instead of being merged. Parts that are not given stay in any case.
    type: bool
    default: false
  description:
    description:
      - Description of the role, from Elasticsearch 8.15 on.
    type: str
  cluster:
    description:
      - Cluster privileges on the local cluster.
    type: list
    elements: str
  indices:
    description:
      - Privileges on indices of the local cluster.
    type: list
    elements: dict
    suboptions:
      names:
        description:
          - Names or patterns of indices, data streams and aliases.
        type: list
        elements: str
        required: true
      privileges:
        description:
          - Index privileges, for example V(read).
        type: list
        elements: str
        required: true
      field_security:
        description:
          - Fields that can be seen.
        type: dict
        suboptions:
          grant:
            description: Fields that can be seen.
            type: list
            elements: str
          except:
            description: Fields out of these that cannot be seen.
            type: list
            elements: str
      query:
        description:
          - A query in the query DSL, as a dictionary or as JSON text. Only documents that match it can be seen.
        type: raw
      allow_restricted_indices:
        description:
          - Whether the names cover restricted indices such as C(.security) too.
        type: bool
  remote_indices:
    description:
      - Privileges on indices of remote clusters that are linked in the API key model.
    type: list
    elements: dict
    suboptions:
      clusters:
        description:
          - Aliases of remote clusters, or patterns of them.
        type: list
        elements: str
        required: true
      names:
        description:
          - Names or patterns of indices, data streams and aliases.
        type: list
        elements: str
        required: true
      privileges:
        description:
          - Index privileges, for example V(read).
        type: list
        elements: str
        required: true
      field_security:
        description:
          - Fields that can be seen.
        type: dict
        suboptions:
          grant:
            description: Fields that can be seen.
            type: list
            elements: str
          except:
            description: Fields out of these that cannot be seen.
            type: list
            elements: str
      query:
        description:
          - A query in the query DSL, as a dictionary or as JSON text. Only documents that match it can be seen.
        type: raw
      allow_restricted_indices:
        description:
          - Whether the names cover restricted indices such as C(.security) too.
        type: bool
  remote_cluster:
    description:
      - Cluster privileges on remote clusters, from Elasticsearch 8.15 on.
    type: list
    elements: dict
    suboptions:
      clusters:
        description:
          - Aliases of remote clusters, or patterns of them.
        type: list
        elements: str
        required: true
      privileges:
        description:
          - Cluster privileges, for example V(monitor_enrich).
        type: list
        elements: str
        required: true
  run_as:
    description:
      - Users that the role may act as.
    type: list
    elements: str
  metadata:
    description:
      - Any data to keep with the role. Names that begin with an underscore are reserved.
    type: dict
seealso:
  - module: crosscluster.elastic.remote_cluster
"""

EXAMPLES = r"""
- name: Let analysts search the orders through the alias
  crosscluster.elastic.security_role:
    url: https://search.example.com:9243
    username: elastic
    password: "{{ search_password }}"
    name: analysts
    remote_indices:
      - clusters: [orders]
        names: [orders-*]
        privileges: [read, read_cross_cluster, view_index_metadata]

- name: Remove the role
  crosscluster.elastic.security_role:
    url: https://search.example.com:9243
    username: elastic
    password: "{{ search_password }}"
    name: analysts
    state: absent
"""

RETURN = r"""
security_role:
  description: The role as it is now, without the parts that are empty. Empty when there is none.
  returned: success
  type: dict
  contains:
    name:
      description: Name of the role.
      type: str
      returned: success
    cluster:
      description: Cluster privileges on the local cluster.
      type: list
      elements: str
      returned: when the role has it
    indices:
      description: Privileges on indices of the local cluster.
      type: list
      elements: dict
      returned: when the role has it
    applications:
      description: Privileges on applications.
      type: list
      elements: dict
      returned: when the role has it
    remote_indices:
      description: Privileges on indices of remote clusters.
      type: list
      elements: dict
      returned: when the role has it
    remote_cluster:
      description: Cluster privileges on remote clusters.
      type: list
      elements: dict
      returned: when the role has it
    run_as:
      description: Users that the role may act as.
      type: list
      elements: str
      returned: when the role has it
    metadata:
      description: Data kept with the role.
      type: dict
      returned: when the role has it
    description:
      description: Description of the role.
      type: str
      returned: when the role has it
failure:
  description: What went wrong, for playbooks that react to it.
  returned: failure
  type: dict
  sample: {kind: Unauthorized, message: "...", remedy: check the credentials, status: 401, code: security_exception}
"""

from typing import Any

from ansible_collections.crosscluster.elastic.plugins.module_utils.api.session import Transport
from ansible_collections.crosscluster.elastic.plugins.module_utils.model import roles
from ansible_collections.crosscluster.elastic.plugins.module_utils.module import options
from ansible_collections.crosscluster.elastic.plugins.module_utils.module.run import Outcome, run
from ansible_collections.crosscluster.elastic.plugins.module_utils.operations import role

CLUSTERS = {"clusters": {"type": "list", "elements": "str", "required": True}}
PRIVILEGES = {"privileges": {"type": "list", "elements": "str", "required": True}}
PARTS = {
    "description": {"type": "str"},
    "cluster": {"type": "list", "elements": "str"},
    "indices": {"type": "list", "elements": "dict", "options": {**options.INDICES, **PRIVILEGES}},
    "remote_indices": {"type": "list", "elements": "dict", "options": {**CLUSTERS, **options.INDICES, **PRIVILEGES}},
    "remote_cluster": {"type": "list", "elements": "dict", "options": {**CLUSTERS, **PRIVILEGES}},
    "run_as": {"type": "list", "elements": "str"},
    "metadata": {"type": "dict"},
}


def work(params: dict[str, Any], transport: Transport) -> Outcome:
    client, name = options.elasticsearch_client(params, transport), params["name"]
    observed = role.observe(client, name)
    if params["state"] == "absent":
        change = role.plan_absent(observed, name)
    else:
        change = role.plan(observed, name, {part: params[part] for part in PARTS}, params["exact"])
    return Outcome(change, role.result(name, observed), lambda planned: role.result(name, role.apply(client, planned)))


def problems(params: dict[str, Any]) -> list[str]:
    found = [text for text in [roles.name_problem(params["name"])] if text]
    return found if params["state"] == "absent" else found + roles.problems(params)


def main() -> None:
    run(
        work,
        problems=problems,
        argument_spec={
            **options.ELASTICSEARCH,
            **options.STATE,
            **PARTS,
            "name": {"type": "str", "required": True},
            "exact": {"type": "bool", "default": False},
        },
        **options.CREDENTIAL_RULES,
    )


if __name__ == "__main__":
    main()
