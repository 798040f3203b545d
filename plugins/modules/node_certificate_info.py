#!/usr/bin/python
# Copyright: the crosscluster.elastic authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: node_certificate_info
short_description: Read the certificate of a node
version_added: 0.1.0
author: The crosscluster.elastic authors (@crosscluster)
description:
  - Reads a certificate on the host of a self-managed node and tells whether its private key fits. The key is not returned.
extends_documentation_fragment:
  - crosscluster.elastic.attributes.info
  - crosscluster.elastic.certificate_files
seealso:
  - module: crosscluster.elastic.node_certificate
"""

EXAMPLES = r"""
- name: Read the certificate of the remote cluster server
  crosscluster.elastic.node_certificate_info:
    path: /etc/elasticsearch/certs/remote_cluster_server.crt
    key_path: /etc/elasticsearch/certs/remote_cluster_server.key
  register: node
"""

RETURN = r"""
certificate:
  description: The certificate, PEM text. Empty when there is none.
  returned: success
  type: str
key_fits:
  description: Whether there is a private key that belongs to the certificate, encrypted with O(passphrase) when that is given.
  returned: success
  type: bool
failure:
  description: What went wrong, for playbooks that react to it.
  returned: failure
  type: dict
  sample: {kind: Unauthorized, message: "...", remedy: check the credentials, status: 401, code: security_exception}
"""

from typing import Any

from ansible_collections.crosscluster.elastic.plugins.module_utils.module import node_options
from ansible_collections.crosscluster.elastic.plugins.module_utils.module.frame import Outcome, run_on_node
from ansible_collections.crosscluster.elastic.plugins.module_utils.operations import node_certificate


def work(params: dict[str, Any], _check_mode: bool) -> Outcome:
    return Outcome(None, node_certificate.observe(params["path"], params["key_path"], params["passphrase"]))


def main() -> None:
    run_on_node(work, argument_spec=node_options.CERTIFICATE_FILES)


if __name__ == "__main__":
    main()
