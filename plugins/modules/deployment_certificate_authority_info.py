#!/usr/bin/python
# Copyright: the crosscluster.elastic authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: deployment_certificate_authority_info
short_description: Read the CAs that sign the node certificates of a deployment
version_added: 0.1.0
author: The crosscluster.elastic authors (@crosscluster)
description:
  - Reads the certificate authorities of the nodes of a deployment. They are what the other side has to trust for connections with TLS
    certificates, and for keys that demand a signed identity of the local cluster (C(certificate_identity)).
  - The active one has signed the certificates that nodes have now. The others are past ones, or the one that comes next. Trust all of them,
    so that connections survive the next rotation.
  - The CA of a region of Elastic Cloud Hosted signs the nodes of all its customers. Whoever trusts it needs trust restrictions besides.
  - For connections with API keys the other side meets the proxies of the platform instead, see
    M(crosscluster.elastic.platform_certificate_info).
extends_documentation_fragment:
  - crosscluster.elastic.attributes.info
  - crosscluster.elastic.attributes.cloud_group
  - crosscluster.elastic.cloud
options:
  deployment:
    description:
      - Id or exact name of the deployment.
    type: str
    required: true
requirements:
  - cryptography >= 42.0.0
seealso:
  - module: crosscluster.elastic.deployment_trust
  - name: Remote clusters with a self-managed cluster
    description: What is done with the CA and the name pattern by hand.
    link: https://www.elastic.co/docs/deploy-manage/remote-clusters/ec-remote-cluster-self-managed
"""

EXAMPLES = r"""
- name: Find the CAs of the nodes
  crosscluster.elastic.deployment_certificate_authority_info:
    api_key: "{{ ech_api_key }}"
    deployment: orders-prod
  register: orders

- name: Save all of them for whoever has to trust them
  ansible.builtin.copy:
    content: "{{ orders.certificates | map(attribute='pem') | join }}"
    dest: files/orders-nodes.crt
    mode: "0644"
"""

RETURN = r"""
certificates:
  description: The CAs, the active one first.
  returned: success
  type: list
  elements: dict
  contains:
    active:
      description: Whether it has signed the certificates that the nodes have now.
      type: bool
      returned: success
    pem:
      description: The certificate as PEM, ready for a file.
      type: str
      returned: success
    subject:
      description: Whose certificate it is.
      type: str
      returned: success
    issuer:
      description: Who has signed it.
      type: str
      returned: success
    fingerprint:
      description: SHA-256 of the certificate in hexadecimal digits without colons.
      type: str
      returned: success
    not_before:
      description: When it becomes valid, in UTC.
      type: str
      returned: success
    not_after:
      description: When it expires, in UTC.
      type: str
      returned: success
    self_signed:
      description: Whether it is signed with its own key, as roots are.
      type: bool
      returned: success
    is_ca:
      description: Whether it may sign other certificates.
      type: bool
      returned: success
trust_restriction:
  description: Pattern of the names in the node certificates, for the trust restrictions of the other side. It admits this deployment only.
  returned: success
  type: str
  sample: "*.node.0123456789abcdef0123456789abcdef.cluster.4242424242.account"
cluster_id:
  description: Id of the Elasticsearch resource in the Cloud, which lists of trusted clusters take.
  returned: success
  type: str
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
from ansible_collections.crosscluster.elastic.plugins.module_utils.operations import certificate_authority, deployments


def work(params: dict[str, Any], transport: Transport) -> Outcome:
    cloud = options.cloud_client(params, transport)
    deployment = deployments.find(cloud, params["deployment"])
    return Outcome(None, {**certificate_authority.observe(cloud, deployment), "cluster_id": deployment.cluster_id})


def main() -> None:
    run(work, argument_spec={**options.CLOUD, **options.DEPLOYMENT}, **options.CREDENTIAL_RULES)


if __name__ == "__main__":
    main()
