#!/usr/bin/python
# Copyright: the crosscluster.elastic authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: deployment_trust
short_description: Trust of a deployment of Elastic Cloud in other clusters
version_added: 0.1.0
author: The crosscluster.elastic authors (@crosscluster)
description:
  - Adds, changes and removes one entry of the trust settings of a deployment of Elastic Cloud Hosted or Elastic Cloud Enterprise.
  - An entry of type V(proxy) makes a local deployment accept the certificates of a remote cluster server that a private CA has signed, for
    connections with API keys. It adds to the public CAs, which stay trusted.
  - Entries of all other types are for connections with TLS certificates. They let clusters talk to the nodes of the deployment, and the
    other way round, as soon as both sides have such an entry.
  - All other trust settings, those with fields that this module does not know included, are sent back as they were read.
  - The platform changes trust by a plan. The present plan is sent back as it is, and the change is refused when the platform would make
    more of it. A plan that is pending is waited for before.
extends_documentation_fragment:
  - crosscluster.elastic.attributes
  - crosscluster.elastic.attributes.cloud_group
  - crosscluster.elastic.cloud
  - crosscluster.elastic.wait
options:
  deployment:
    description:
      - Id or exact name of the deployment.
    type: str
    required: true
  type:
    description:
      - Type of the entry.
      - V(account) is the deployment's own organization or environment, or another organization of Elastic Cloud Hosted.
      - V(external) is another environment of Elastic Cloud Enterprise that the platform has a trust relationship with.
      - V(ESS), V(ECE) and V(generic) are organizations of Elastic Cloud Hosted, environments of Elastic Cloud Enterprise, and self-managed
        clusters that the platform does not know; they come with the CAs of their nodes.
      - V(proxy) has the CA of a remote cluster server.
    type: str
    choices: [account, external, ESS, ECE, generic, proxy]
    default: proxy
  name:
    description:
      - Name of the entry. Whoever looks at the deployment in the console sees it.
      - Types V(ESS), V(ECE), V(generic) and V(proxy) need it and are recognised by it. It is the label of an entry of type V(account).
    type: str
  account_id:
    description:
      - Id of the organization or environment, by which an entry of type V(account) is recognised. That of the credentials if it is not
        given.
    type: str
  trust_relationship:
    description:
      - Id or exact name of the relationship, by which an entry of type V(external) is recognised.
    type: str
  scope_id:
    description:
      - Id of the organization or environment whose clusters are trusted, with which the names in the certificates of their nodes end.
      - Needed for types V(ESS) and V(ECE). Type V(generic) needs it for O(trust_all) and O(trust_allowlist).
    type: str
  trust_all:
    description:
      - Whether all clusters are trusted, also those that are made later.
      - V(false) without O(trust_allowlist) is for type V(account) only, where it means that none is trusted.
    type: bool
  trust_allowlist:
    description:
      - Ids of the clusters that are trusted, which replace those that the entry has.
      - A cluster has another id than its deployment, see RV(crosscluster.elastic.deployment_info#module:deployments[].cluster_id).
    type: list
    elements: str
  additional_node_names:
    description:
      - Names of self-managed nodes as they stand in their certificates, without wildcards. For type V(generic).
    type: list
    elements: str
  certificates:
    description:
      - The CA certificates, each entry a PEM text or the path of a file in PEM, DER or PKCS#12 form, which may hold several.
      - They replace those that the entry has. While a CA is exchanged for another, give both.
      - A file with a private key is refused, except for PKCS#12, of which only the certificates are taken.
      - Needed for O(state=present), except for types V(account) and V(external), of which the platform knows the CAs.
    type: list
    elements: str
  certificates_password:
    description:
      - Password of the PKCS#12 files among O(certificates).
    type: str
  own_account:
    description:
      - Which deployments of its own organization or environment the deployment trusts, if its trust was never set before. The first write
        may end what holds by default then, so it has to be said; it is refused otherwise.
      - Has no effect on a deployment whose trust was set.
    type: str
    choices: [all, none]
  state:
    description:
      - V(present) brings the entry to what is given, V(absent) removes it.
    type: str
    choices: [present, absent]
    default: present
notes:
  - Within an organization, a platform takes all entries with the same certificate for the same environment. New certificates of an entry
    then hold for the other deployments that trust this environment, too, and a certificate that another entry has may be refused. Use one
    name and one set of certificates for a CA everywhere.
requirements:
  - cryptography >= 42.0.0
seealso:
  - module: crosscluster.elastic.deployment_certificate_authority_info
  - module: crosscluster.elastic.platform_certificate_info
  - module: crosscluster.elastic.deployment_info
"""

EXAMPLES = r"""
- name: Find the CA of the proxies of the remote platform
  crosscluster.elastic.platform_certificate_info:
    url: https://coordinator.example.com:12443
    api_key: "{{ ece_api_key }}"
    ca_path: files/ece-ca.pem
  register: berlin

- name: Let the search deployment accept it
  crosscluster.elastic.deployment_trust:
    api_key: "{{ ech_api_key }}"
    deployment: search-prod
    name: berlin
    certificates:
      - "{{ berlin.root.pem }}"

- name: Trust two clusters of the own organization, and no others of it
  crosscluster.elastic.deployment_trust:
    api_key: "{{ ech_api_key }}"
    deployment: search-prod
    type: account
    trust_allowlist:
      - "{{ orders.deployments[0].cluster_id }}"
      - "{{ stock.deployments[0].cluster_id }}"

- name: Read the CAs of a deployment of Elastic Cloud Hosted
  crosscluster.elastic.deployment_certificate_authority_info:
    api_key: "{{ ech_api_key }}"
    deployment: orders-prod
  register: orders_ca

- name: Let a deployment of Elastic Cloud Enterprise trust it by certificate
  crosscluster.elastic.deployment_trust:
    url: https://coordinator.example.com:12443
    api_key: "{{ ece_api_key }}"
    ca_path: files/ece-ca.pem
    deployment: search-prod
    type: ESS
    name: orders
    scope_id: "4242424242"
    trust_allowlist:
      - "{{ orders_ca.cluster_id }}"
    certificates: "{{ orders_ca.certificates | map(attribute='pem') | list }}"

- name: Trust named nodes of a self-managed cluster
  crosscluster.elastic.deployment_trust:
    api_key: "{{ ech_api_key }}"
    deployment: search-prod
    type: generic
    name: datacenter nodes
    additional_node_names: [node-1.example.com, node-2.example.com]
    certificates: [files/elastic-stack-ca.pem]

- name: Trust the CA of a self-managed cluster, out of the file that elasticsearch-certutil has made
  crosscluster.elastic.deployment_trust:
    api_key: "{{ ech_api_key }}"
    deployment: search-prod
    name: datacenter
    certificates:
      - files/elastic-stack-ca.p12
    certificates_password: "{{ vault_ca_password }}"
"""

RETURN = r"""
trust:
  description: Trust settings of the deployment as the API returns them.
  returned: success
  type: dict
certificates:
  description: The certificates that were given.
  returned: success
  type: list
  elements: dict
  contains:
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
failure:
  description: What went wrong, for playbooks that react to it.
  returned: failure
  type: dict
  sample: {kind: Unauthorized, message: "...", remedy: check the credentials, status: 401, code: security_exception}
"""

import datetime
from typing import Any

from ansible_collections.crosscluster.elastic.plugins.module_utils.api.session import Transport
from ansible_collections.crosscluster.elastic.plugins.module_utils.api.waiting import Clock
from ansible_collections.crosscluster.elastic.plugins.module_utils.model import trust_wanted
from ansible_collections.crosscluster.elastic.plugins.module_utils.model.change import Change
from ansible_collections.crosscluster.elastic.plugins.module_utils.module import options
from ansible_collections.crosscluster.elastic.plugins.module_utils.module.run import Outcome, run
from ansible_collections.crosscluster.elastic.plugins.module_utils.operations import deployments, trust
from ansible_collections.crosscluster.elastic.plugins.module_utils.pki import authorities


def work(params: dict[str, Any], transport: Transport) -> Outcome:
    present = params["state"] == "present"
    given = authorities.gather(params["certificates"] or [], params["certificates_password"]) if present else []
    cloud = options.cloud_client(params, transport)
    deployment = trust.observe(cloud, deployments.find(cloud, params["deployment"]))
    edit = trust.edit_of(cloud, params, [authority.pem for authority in given])
    change = trust.plan(deployment, [edit], trust.own_account(cloud, params["own_account"]))
    if change:
        trust.refuse_deployment_ids(cloud, params["trust_allowlist"] or [])
        trust.check(cloud, change)
    certificates = {"certificates": [authority.as_dict() for authority in given]}

    def make(planned: Change) -> dict[str, Any]:
        waiting = {"wait": params["wait"], "timeout": params["wait_timeout"], "clock": Clock(wait=transport.wait), "tell": transport.log}
        return {"trust": trust.apply(cloud, planned, **waiting).trust, **certificates}

    warnings = authorities.expired(given, datetime.datetime.now(datetime.timezone.utc))
    return Outcome(change, {"trust": deployment.trust, **certificates}, make, warnings)


def main() -> None:
    run(
        work,
        problems=trust_wanted.problems,
        argument_spec={
            **options.CLOUD,
            **options.STATE,
            **options.DEPLOYMENT,
            **options.WAIT,
            "type": {"type": "str", "choices": list(trust_wanted.TYPES), "default": "proxy"},
            "name": {"type": "str"},
            "account_id": {"type": "str"},
            "trust_relationship": {"type": "str"},
            "scope_id": {"type": "str"},
            "trust_all": {"type": "bool"},
            "trust_allowlist": {"type": "list", "elements": "str"},
            "additional_node_names": {"type": "list", "elements": "str"},
            "certificates": {"type": "list", "elements": "str"},
            "certificates_password": {"type": "str", "no_log": True},
            "own_account": {"type": "str", "choices": ["all", "none"]},
        },
        **options.CREDENTIAL_RULES,
    )


if __name__ == "__main__":
    main()
