#!/usr/bin/python
# Copyright: the crosscluster.elastic authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: cross_cluster_api_key_info
short_description: Read cross-cluster API keys of a cluster
version_added: 0.1.0
author: The crosscluster.elastic authors (@crosscluster)
description:
  - Lists the cross-cluster API keys of a cluster, revoked and expired ones included as long as Elasticsearch keeps them.
  - The encoded form of a key cannot be read.
extends_documentation_fragment:
  - crosscluster.elastic.attributes.info
  - crosscluster.elastic.attributes.elasticsearch_group
  - crosscluster.elastic.elasticsearch
options:
  name:
    description:
      - Exact name of the keys.
    type: str
  metadata:
    description:
      - Texts that the metadata of the keys must have, by name.
      - Keys of this collection have C(managed_by) and C(link), the latter being the cluster uuid of the local cluster and the alias.
    type: dict
seealso:
  - module: crosscluster.elastic.cross_cluster_api_key
"""

EXAMPLES = r"""
- name: List the keys that this collection has made for links
  crosscluster.elastic.cross_cluster_api_key_info:
    url: https://orders.example.com:9243
    username: elastic
    password: "{{ orders_password }}"
    metadata:
      managed_by: crosscluster.elastic
  register: keys

- name: Show those that can be used
  ansible.builtin.debug:
    msg: "{{ keys.cross_cluster_api_keys | rejectattr('invalidated') | map(attribute='name') }}"
"""

RETURN = r"""
cross_cluster_api_keys:
  description: The keys, the newest last.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: Id of the key.
      type: str
      returned: success
    name:
      description: Name of the key.
      type: str
      returned: success
    access:
      description: What the key allows.
      type: dict
      returned: success
    metadata:
      description: Data kept with the key.
      type: dict
      returned: success
    owner:
      description: The user who made the key.
      type: str
      returned: success
    creation:
      description: When the key was made, in milliseconds since 1970.
      type: int
      returned: success
    expiration:
      description: When the key expires, in milliseconds since 1970; null if it does not.
      type: int
      returned: success
    invalidated:
      description: Whether the key was revoked.
      type: bool
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
from ansible_collections.crosscluster.elastic.plugins.module_utils.operations import api_key


def work(params: dict[str, Any], transport: Transport) -> Outcome:
    client = options.elasticsearch_client(params, transport)
    filters = api_key.filters(params["name"], params["metadata"])
    return Outcome(None, {"cross_cluster_api_keys": [api_key.describe(key) for key in api_key.observe(client, filters)]})


def main() -> None:
    run(
        work,
        argument_spec={**options.ELASTICSEARCH, "name": {"type": "str"}, "metadata": {"type": "dict"}},
        **options.CREDENTIAL_RULES,
    )


if __name__ == "__main__":
    main()
