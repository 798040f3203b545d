#!/usr/bin/python
# Copyright: the crosscluster.elastic authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: elasticsearch_node_info
short_description: Read what a running node says about itself
version_added: 0.1.0
author: The crosscluster.elastic authors (@crosscluster)
description:
  - Reads name, version and start of the node that answers at O(url). A node reads C(elasticsearch.yml) when it starts, so a file that is
    newer means that it has to be restarted.
extends_documentation_fragment:
  - crosscluster.elastic.attributes.info
  - crosscluster.elastic.attributes.elasticsearch_group
  - crosscluster.elastic.elasticsearch
options: {}
seealso:
  - module: crosscluster.elastic.node_settings
  - module: crosscluster.elastic.cluster_health
"""

EXAMPLES = r"""
- name: See since when the node has been running
  crosscluster.elastic.elasticsearch_node_info:
    url: "https://{{ ansible_host }}:9200"
    username: elastic
    password: "{{ orders_password }}"
  delegate_to: localhost
  register: running
"""

RETURN = r"""
node:
  description: The node.
  returned: success
  type: dict
  contains:
    id:
      description: Id of the node.
      type: str
      returned: success
    name:
      description: Name of the node.
      type: str
      returned: success
    version:
      description: Version of Elasticsearch.
      type: str
      returned: success
    started:
      description: When it was started, in milliseconds since 1970, by the clock of its host.
      type: int
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
from ansible_collections.crosscluster.elastic.plugins.module_utils.operations import local_node


def work(params: dict[str, Any], transport: Transport) -> Outcome:
    return Outcome(None, {"node": local_node.observe(options.elasticsearch_client(params, transport))})


def main() -> None:
    run(work, argument_spec=options.ELASTICSEARCH, **options.CREDENTIAL_RULES)


if __name__ == "__main__":
    main()
