#!/usr/bin/python
# Copyright: the crosscluster.elastic authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: node_keystore
short_description: Secure settings in the keystore of a node
version_added: 0.1.0
author: The crosscluster.elastic authors (@crosscluster)
description:
  - Sets and removes secure settings of a self-managed node with Elasticsearch's own C(elasticsearch-keystore). It needs to run on every
    node, since keystores are files of nodes.
  - Values go to the program by standard input. They are compared with what is there, so writing the same value again is no change.
  - Settings that are not named stay as they are, and so do group and mode of the file. A missing keystore is made.
  - A node reads its keystore when it starts. Credentials of remote clusters are read again by
    M(crosscluster.elastic.secure_settings_reload), from Elasticsearch 8.13 on.
extends_documentation_fragment:
  - crosscluster.elastic.attributes
  - crosscluster.elastic.keystore
attributes:
  idempotent:
    support: partial
    details: Not with O(update=always) and a C(elasticsearch-keystore) that has no C(show); then values are written each time.
options:
  secrets:
    description:
      - The secure settings.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description:
          - Name of the setting, for example V(cluster.remote.orders.credentials).
        type: str
        required: true
      value:
        description:
          - The value, one line of text. Needed for O(state=present).
        type: str
  state:
    description:
      - V(present) sets the values, V(absent) removes the settings.
    type: str
    choices: [present, absent]
    default: present
  update:
    description:
      - What to do with settings that exist. V(always) writes values that differ, V(on_create) leaves them as they are.
    type: str
    choices: [on_create, always]
    default: always
notes:
  - Check mode predicts the changes of the run. It reads the keystore, too.
  - Switch pipelining on, so that the values are in no file on the host.
seealso:
  - module: crosscluster.elastic.node_keystore_info
  - module: crosscluster.elastic.secure_settings_reload
  - module: crosscluster.elastic.deployment_keystore
"""

EXAMPLES = r"""
- name: Give each node of the search cluster the key of the orders cluster
  crosscluster.elastic.node_keystore:
    secrets:
      - name: cluster.remote.orders.credentials
        value: "{{ orders_key.encoded }}"

- name: Take it away from a node that is installed elsewhere and has a protected keystore
  crosscluster.elastic.node_keystore:
    home: /opt/elasticsearch
    config: /opt/elasticsearch/config
    password: "{{ vault_keystore_password }}"
    secrets:
      - name: cluster.remote.orders.credentials
    state: absent
"""

RETURN = r"""
keystore:
  description: Names of the secure settings that are there now.
  returned: success
  type: list
  elements: str
  sample: [cluster.remote.orders.credentials, keystore.seed]
failure:
  description: What went wrong, for playbooks that react to it.
  returned: failure
  type: dict
  sample: {kind: Unauthorized, message: "...", remedy: check the credentials, status: 401, code: security_exception}
"""

from typing import Any

from ansible_collections.crosscluster.elastic.plugins.module_utils.model import secure_settings
from ansible_collections.crosscluster.elastic.plugins.module_utils.module import node_options
from ansible_collections.crosscluster.elastic.plugins.module_utils.module.frame import Outcome, run_on_node
from ansible_collections.crosscluster.elastic.plugins.module_utils.operations import node_keystore


def work(params: dict[str, Any], check_mode: bool) -> Outcome:
    keystore = node_options.keystore(params, read_only=check_mode)
    wanted = secure_settings.wanted(params["secrets"], present=params["state"] == "present")
    compared = wanted if params["state"] == "present" and params["update"] == "always" else ()
    observed = node_keystore.observe(keystore, compared)
    change = node_keystore.plan(observed, str(keystore), wanted)
    return Outcome(change, {"keystore": observed.names}, lambda planned: {"keystore": node_keystore.apply(keystore, planned)})


def problems(params: dict[str, Any]) -> list[str]:
    return secure_settings.problems(params["secrets"], present=params["state"] == "present")


def main() -> None:
    run_on_node(
        work,
        problems=problems,
        argument_spec={
            **node_options.KEYSTORE,
            **node_options.STATE,
            "secrets": {
                "type": "list",
                "elements": "dict",
                "required": True,
                "no_log": False,
                "options": {"name": {"type": "str", "required": True}, "value": {"type": "str", "no_log": True}},
            },
            "update": {"type": "str", "choices": ["on_create", "always"], "default": "always"},
        },
    )


if __name__ == "__main__":
    main()
