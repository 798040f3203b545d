#!/usr/bin/python
# Copyright: the crosscluster.elastic authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: node_keystore_info
short_description: Read the names in the keystore of a node
version_added: 0.1.0
author: The crosscluster.elastic authors (@crosscluster)
description:
  - Reads which secure settings the keystore of a self-managed node has. Values are not read.
extends_documentation_fragment:
  - crosscluster.elastic.attributes.info
  - crosscluster.elastic.keystore
seealso:
  - module: crosscluster.elastic.node_keystore
"""

EXAMPLES = r"""
- name: See which remote clusters the node has credentials for
  crosscluster.elastic.node_keystore_info:
    config: /etc/elasticsearch
  register: node
"""

RETURN = r"""
exists:
  description: Whether there is a keystore.
  returned: success
  type: bool
keystore:
  description: Names of its secure settings.
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

from ansible_collections.crosscluster.elastic.plugins.module_utils.module import node_options
from ansible_collections.crosscluster.elastic.plugins.module_utils.module.frame import Outcome, run_on_node
from ansible_collections.crosscluster.elastic.plugins.module_utils.operations import node_keystore


def work(params: dict[str, Any], _check_mode: bool) -> Outcome:
    observed = node_keystore.observe(node_options.keystore(params, read_only=True))
    return Outcome(None, {"exists": observed.exists, "keystore": observed.names})


def main() -> None:
    run_on_node(work, argument_spec=node_options.KEYSTORE)


if __name__ == "__main__":
    main()
