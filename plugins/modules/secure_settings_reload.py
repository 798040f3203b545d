#!/usr/bin/python
# Copyright: the crosscluster.elastic authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: secure_settings_reload
short_description: Reload secure settings on all nodes of a cluster
version_added: 0.1.0
author: The crosscluster.elastic authors (@crosscluster)
description:
  - Makes every node of a cluster read its keystore again, so that a changed credential of a remote cluster counts.
  - Fails when a node could not, with the reason of each.
  - Elastic Cloud Hosted and Elastic Cloud Enterprise do this by themselves from Elasticsearch 8.14 on.
extends_documentation_fragment:
  - crosscluster.elastic.attributes.action
  - crosscluster.elastic.attributes.elasticsearch_group
  - crosscluster.elastic.elasticsearch
options:
  secure_settings_password:
    description:
      - Password of the keystores, when they have one. It must be the same on all nodes.
    type: str
seealso:
  - module: crosscluster.elastic.deployment_keystore
"""

EXAMPLES = r"""
- name: Load the changed credential
  crosscluster.elastic.secure_settings_reload:
    url: https://search.example.com:9200
    username: elastic
    password: "{{ search_password }}"
    ca_path: files/http-ca.pem
"""

RETURN = r"""
nodes:
  description: The nodes that have read their keystore. Empty in check mode.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: Id of the node.
      type: str
      returned: success
    name:
      description: Name of the node.
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
from ansible_collections.crosscluster.elastic.plugins.module_utils.module import options
from ansible_collections.crosscluster.elastic.plugins.module_utils.module.run import Outcome, run
from ansible_collections.crosscluster.elastic.plugins.module_utils.operations import secure_settings_reload


def work(params: dict[str, Any], transport: Transport) -> Outcome:
    client = options.elasticsearch_client(params, transport)
    return Outcome(
        secure_settings_reload.plan(client.subject),
        {"nodes": []},
        lambda _change: {"nodes": secure_settings_reload.apply(client, params["secure_settings_password"])},
    )


def main() -> None:
    run(
        work,
        argument_spec={**options.ELASTICSEARCH, "secure_settings_password": {"type": "str", "no_log": True}},
        **options.CREDENTIAL_RULES,
    )


if __name__ == "__main__":
    main()
