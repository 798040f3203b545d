#!/usr/bin/python
# Copyright: the crosscluster.elastic authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: node_certificate
short_description: Certificate of a node, signed on the controller
version_added: 0.1.0
author: The crosscluster.elastic authors (@crosscluster)
description:
  - Brings a certificate and its private key onto the host of a self-managed node, for example for its remote cluster server on port 9443.
  - Signs on the controller with a CA that is given, or that is made there once. The key of the CA never leaves the controller.
  - Leaves a certificate that does alone. Issues another one when the CA, a name, the type of the key or the passphrase differ, when the
    key is missing or does not fit, and when it ends soon.
  - The private key of the node is made in the memory of the controller and travels once, over the connection of the host, into a file
    that has its mode from the beginning. It is in no result, diff or log, and in no file of the controller. It is not made on the node,
    since nothing is sure to be there that can make it.
  - Certificates and keys that somebody else has issued can be brought there, too.
requirements:
  - cryptography >= 42.0.0 (on the controller)
extends_documentation_fragment:
  - crosscluster.elastic.attributes
  - crosscluster.elastic.certificate_files
options:
  owner:
    description:
      - Name or number of the user to whom the two files belong.
    type: str
  group:
    description:
      - Name or number of the group of the two files.
    type: str
  mode:
    description:
      - Mode of the file of the key, as octal text. The certificate has V(0644).
    type: str
    default: "0640"
  certificate:
    description:
      - A certificate that is there already, PEM text. Intermediate certificates follow it.
    type: str
  private_key:
    description:
      - Its private key, PEM text, encrypted with O(passphrase) if that is given.
    type: str
  ca_certificate:
    description:
      - The CA that signs, PEM text or the path of a PEM file on the controller.
      - Without O(ca_key), the path of a PKCS#12 file that has the key in it, such as C(elastic-stack-ca.p12).
      - Certificates between this CA and its root may follow. They are sent along with the certificate.
    type: str
  ca_key:
    description:
      - Private key of the CA, PEM text or the path of a PEM file on the controller.
    type: str
  ca_passphrase:
    description:
      - Passphrase of the private key of the CA, or of the PKCS#12 file.
    type: str
  ca_name:
    description:
      - Makes a CA with this common name when neither the file O(ca_certificate) nor the file O(ca_key) is there. The file of the key has
        mode 0600. Keep both files for the next run.
    type: str
  ca_valid_for:
    description:
      - How long a CA that is made is valid.
    type: str
    default: 3650d
  common_name:
    description:
      - Common name. The default is the first of O(dns).
    type: str
  dns:
    description:
      - Host names by which the node is reached.
    type: list
    elements: str
    default: []
  ip:
    description:
      - IP addresses by which the node is reached.
    type: list
    elements: str
    default: []
  other_names:
    description:
      - Names for trust restrictions, as alternative names of the kind C(otherName) with the type of a common name.
    type: list
    elements: str
    default: []
  verified_as:
    description:
      - Host names and IP addresses by which clients verify the server, for example the C(server_name) of remote cluster settings. A
        certificate that does not cover each of them is refused before anything is written.
    type: list
    elements: str
    default: []
  key_type:
    description:
      - Type of the private keys that are made.
    type: str
    choices: [ecdsa-p256, ecdsa-p384, rsa-2048, rsa-3072, rsa-4096]
    default: ecdsa-p256
  valid_for:
    description:
      - How long a certificate is valid, for example V(365d). It never ends later than its CA.
    type: str
    default: 365d
  renew_before:
    description:
      - A certificate that ends within this time is issued again.
    type: str
    default: 30d
notes:
  - Elasticsearch notices within seconds that the content of the files has changed. Another passphrase counts from the next start on.
  - Without pipelining, Ansible itself puts what it runs on a host, the key included, into a temporary file there that only the user of
    the connection can read, and removes it again. Switch pipelining on to do without.
seealso:
  - module: crosscluster.elastic.node_certificate_info
"""

EXAMPLES = r"""
- name: Give the remote cluster server of each node a certificate
  crosscluster.elastic.node_certificate:
    path: /etc/elasticsearch/certs/remote_cluster_server.crt
    key_path: /etc/elasticsearch/certs/remote_cluster_server.key
    owner: root
    group: elasticsearch
    ca_certificate: pki/remote-cluster-ca.crt
    ca_key: pki/remote-cluster-ca.key
    ca_passphrase: "{{ vault_ca_passphrase }}"
    ca_name: Remote Cluster CA
    dns: ["{{ inventory_hostname }}", orders.example.com]
    verified_as: [orders.example.com]
    ip: ["{{ ansible_host }}"]
"""

RETURN = r"""
certificate:
  description: The certificate on the host, PEM text. In check mode the one that was there before.
  returned: success
  type: str
ca_certificate:
  description: The CA that has signed it, PEM text, for those who have to trust it. Empty for a certificate that somebody else has issued.
  returned: success
  type: str
reasons:
  description: Why the certificate was written.
  returned: success
  type: list
  elements: str
  sample: [it has other alternative names]
failure:
  description: What went wrong, for playbooks that react to it.
  returned: failure
  type: dict
  sample: {kind: Unauthorized, message: "...", remedy: check the credentials, status: 401, code: security_exception}
"""

from typing import Any

from ansible_collections.crosscluster.elastic.plugins.module_utils.module import node_options
from ansible_collections.crosscluster.elastic.plugins.module_utils.module.frame import Outcome, run_on_node
from ansible_collections.crosscluster.elastic.plugins.module_utils.node import files
from ansible_collections.crosscluster.elastic.plugins.module_utils.operations import node_certificate


def work(params: dict[str, Any], _check_mode: bool) -> Outcome:
    wanted = node_options.certificate_files(params)
    change = node_certificate.plan(f"certificate {params['path']}", wanted)
    return Outcome(change, {}, node_certificate.apply)


def problems(params: dict[str, Any]) -> list[str]:
    return files.problems(node_options.attributes(params))


def main() -> None:
    # What is to be written comes from the action of this name, which has compared and signed.
    run_on_node(work, problems=problems, argument_spec=node_options.CERTIFICATE)


if __name__ == "__main__":
    main()
