#!/usr/bin/python
# Copyright: the crosscluster.elastic authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: elasticsearch_info
short_description: Read version, licence and caller of an Elasticsearch cluster
version_added: 0.1.0
author: The crosscluster.elastic authors (@crosscluster)
description:
  - Reads what has to be known of a cluster before it is linked, and who the caller is there.
extends_documentation_fragment:
  - crosscluster.elastic.attributes.info
  - crosscluster.elastic.attributes.elasticsearch_group
  - crosscluster.elastic.elasticsearch
options:
  privileges:
    description:
      - Cluster privileges to check. Those that the caller lacks are returned in RV(elasticsearch.missing_privileges).
    type: list
    elements: str
seealso:
  - module: crosscluster.elastic.deployment_info
"""

EXAMPLES = r"""
- name: Ask the orders cluster whether the user may make cross-cluster API keys
  crosscluster.elastic.elasticsearch_info:
    url: https://orders.example.com:9243
    username: elastic
    password: "{{ orders_password }}"
    privileges: [manage_security]
  register: orders

- name: Stop when not
  ansible.builtin.assert:
    that: orders.elasticsearch.missing_privileges | length == 0
"""

RETURN = r"""
elasticsearch:
  description: The cluster and the caller.
  returned: success
  type: dict
  contains:
    version:
      description: Version of Elasticsearch.
      type: str
      returned: success
      sample: 8.19.21
    cluster_name:
      description: Name of the cluster.
      type: str
      returned: success
    cluster_uuid:
      description: What Elasticsearch calls the cluster. Not the cluster id of Elastic Cloud.
      type: str
      returned: success
    license:
      description: The licence. Cross-cluster API keys need V(enterprise) or V(trial).
      type: dict
      returned: success
      contains:
        type:
          description: Kind of the licence.
          type: str
          returned: success
        status:
          description: V(active) when it can be used.
          type: str
          returned: success
    username:
      description: Name of the user who calls.
      type: str
      returned: success
    authentication_type:
      description: How the user is known, for example V(realm) or V(api_key).
      type: str
      returned: success
    missing_privileges:
      description: Those of the O(privileges) that the caller lacks.
      type: list
      elements: str
      returned: success
failure:
  description: What went wrong, for playbooks that react to it.
  returned: failure
  type: dict
  sample: {kind: Unauthorized, message: "...", remedy: check the credentials, status: 401, code: security_exception}
"""

from typing import Any

from ansible_collections.crosscluster.elastic.plugins.module_utils.api.session import Transport
from ansible_collections.crosscluster.elastic.plugins.module_utils.module import options
from ansible_collections.crosscluster.elastic.plugins.module_utils.module.run import Outcome, run
from ansible_collections.crosscluster.elastic.plugins.module_utils.operations import cluster


def work(params: dict[str, Any], transport: Transport) -> Outcome:
    client = options.elasticsearch_client(params, transport)
    return Outcome(None, {"elasticsearch": cluster.observe(client, params["privileges"] or [])})


def main() -> None:
    run(work, argument_spec={**options.ELASTICSEARCH, "privileges": {"type": "list", "elements": "str"}}, **options.CREDENTIAL_RULES)


if __name__ == "__main__":
    main()
