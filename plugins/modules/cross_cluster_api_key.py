#!/usr/bin/python
# Copyright: the crosscluster.elastic authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: cross_cluster_api_key
short_description: Cross-cluster API key on a remote cluster
version_added: 0.1.0
author: The crosscluster.elastic authors (@crosscluster)
description:
  - Makes, changes and revokes a cross-cluster API key, the credential with which a local cluster reaches this one.
  - Keys are recognised by their name. The name of a valid key must be unique for this module.
extends_documentation_fragment:
  - crosscluster.elastic.attributes
  - crosscluster.elastic.attributes.elasticsearch_group
  - crosscluster.elastic.elasticsearch
  - crosscluster.elastic.access
options:
  name:
    description:
      - Name of the key.
    type: str
    required: true
  state:
    description:
      - V(present) makes the key or changes its access in place. Only the user who made a key may change it.
      - V(absent) revokes every valid key of this name.
    type: str
    choices: [present, absent]
    default: present
  expiration:
    description:
      - How long a new key is valid, for example V(90d). Without it, the key does not expire.
      - A key that is there gets it only if it has none, since the API cannot tell what was asked for.
    type: str
  metadata:
    description:
      - Any data to keep with the key. Names that begin with an underscore are reserved.
    type: dict
notes:
  - The module returns RV(encoded) only when it makes the key. Put C(no_log=true) on the task and switch pipelining on, so that the
    key is in no log and no file.
  - Check mode predicts the changes of the run.
seealso:
  - module: crosscluster.elastic.cross_cluster_api_key_info
  - name: Create a cross-cluster API key
    description: The API that makes the key.
    link: https://www.elastic.co/docs/api/doc/elasticsearch/operation/operation-security-create-cross-cluster-api-key
"""

EXAMPLES = r"""
- name: Let the search cluster read the orders
  crosscluster.elastic.cross_cluster_api_key:
    url: https://orders.example.com:9243
    username: elastic
    password: "{{ orders_password }}"
    name: remote-cluster-orders
    access:
      search:
        - names: [orders-*]
    expiration: 90d
  register: orders_key
  no_log: true

- name: Revoke it
  crosscluster.elastic.cross_cluster_api_key:
    url: https://orders.example.com:9243
    username: elastic
    password: "{{ orders_password }}"
    name: remote-cluster-orders
    state: absent
"""

RETURN = r"""
cross_cluster_api_key:
  description: The key. Empty when there is none. In check mode a new key is not returned, as it has no id yet.
  returned: success
  type: dict
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
encoded:
  description: The key in the form in which the local cluster takes it. It cannot be read again.
  returned: when the key was made
  type: str
failure:
  description: What went wrong, for playbooks that react to it.
  returned: failure
  type: dict
  sample: {kind: Unauthorized, message: "...", remedy: check the credentials, status: 401, code: security_exception}
"""

from typing import Any

from ansible_collections.crosscluster.elastic.plugins.module_utils.api.session import Transport
from ansible_collections.crosscluster.elastic.plugins.module_utils.model import access, keys
from ansible_collections.crosscluster.elastic.plugins.module_utils.module import options
from ansible_collections.crosscluster.elastic.plugins.module_utils.module.run import Outcome, run
from ansible_collections.crosscluster.elastic.plugins.module_utils.operations import api_key


def work(params: dict[str, Any], transport: Transport) -> Outcome:
    client = options.elasticsearch_client(params, transport)
    observed = api_key.observe(client, {"name": params["name"]})
    if params["state"] == "absent":
        change = api_key.plan_absent(observed)
    else:
        change = api_key.plan(observed, {key: params[key] for key in ("name", "access", "metadata", "expiration")})
    return Outcome(change, api_key.result(api_key.newest_valid(observed)), lambda planned: api_key.result(api_key.apply(client, planned)))


def problems(params: dict[str, Any]) -> list[str]:
    if params["state"] == "absent":
        return []
    texts = [keys.name_problem(params["name"]), api_key.expiration_problem(params["expiration"])]
    return access.problems(params["access"] or {}) + keys.metadata_problems(params["metadata"]) + [text for text in texts if text]


def main() -> None:
    run(
        work,
        problems=problems,
        argument_spec={
            **options.ELASTICSEARCH,
            **options.STATE,
            "name": {"type": "str", "required": True},
            "access": options.ACCESS,
            "expiration": {"type": "str"},
            "metadata": {"type": "dict"},
        },
        required_if=[("state", "present", ("access",))],
        **options.CREDENTIAL_RULES,
    )


if __name__ == "__main__":
    main()
