#!/usr/bin/python
# Copyright: the crosscluster.elastic authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: platform_trust_relationship
short_description: Trust between environments of Elastic Cloud Enterprise
version_added: 0.1.0
author: The crosscluster.elastic authors (@crosscluster)
description:
  - Makes, changes and removes a trust relationship of an environment of Elastic Cloud Enterprise with another one. Deployments refer to it
    when they trust clusters there, see the type V(external) of M(crosscluster.elastic.deployment_trust).
  - A relationship is needed in both environments. What the other one has to be told is read by
    M(crosscluster.elastic.platform_trust_relationship_info).
extends_documentation_fragment:
  - crosscluster.elastic.attributes
  - crosscluster.elastic.attributes.cloud_group
  - crosscluster.elastic.cloud
options:
  name:
    description:
      - Name of the relationship, by which it is recognised.
    type: str
    required: true
  environment_id:
    description:
      - Id of the other environment. Needed for O(state=present).
    type: str
  certificate:
    description:
      - CA certificate of the nodes of the other environment, as PEM text or the path of a file in PEM, DER or PKCS#12 form.
      - A file with a private key is refused, except for PKCS#12, of which only the certificates are taken.
      - Needed for O(state=present).
    type: str
  certificate_password:
    description:
      - Password of O(certificate) if that is a PKCS#12 file.
    type: str
  trust_by_default:
    description:
      - Whether deployments that are made later trust all clusters of the other environment.
      - Without it, that stays as it is, which is V(false) for a new relationship.
    type: bool
  region:
    description:
      - Region of the environment in the paths of its API.
    type: str
    default: ece-region
  state:
    description:
      - V(present) brings the relationship to what is given, V(absent) removes it.
      - Deployments that trust by the relationship should stop to do so before it is removed.
    type: str
    choices: [present, absent]
    default: present
requirements:
  - cryptography >= 42.0.0
seealso:
  - module: crosscluster.elastic.platform_trust_relationship_info
  - module: crosscluster.elastic.deployment_trust
  - name: Remote clusters of another environment of Elastic Cloud Enterprise
    description: Where the consoles have this setting.
    link: https://www.elastic.co/docs/deploy-manage/remote-clusters/ece-remote-cluster-other-ece
"""

EXAMPLES = r"""
- name: Ask the other environment what it is to be trusted by
  crosscluster.elastic.platform_trust_relationship_info:
    url: https://munich.example.com:12443
    api_key: "{{ munich_api_key }}"
    ca_path: files/munich-ca.pem
  register: munich

- name: Make the relationship with it
  crosscluster.elastic.platform_trust_relationship:
    url: https://berlin.example.com:12443
    api_key: "{{ berlin_api_key }}"
    ca_path: files/berlin-ca.pem
    name: munich
    environment_id: "{{ munich.local.environment_id }}"
    certificate: "{{ munich.local.certificate }}"

- name: Let a deployment trust a cluster there
  crosscluster.elastic.deployment_trust:
    url: https://berlin.example.com:12443
    api_key: "{{ berlin_api_key }}"
    ca_path: files/berlin-ca.pem
    deployment: search-prod
    type: external
    trust_relationship: munich
    trust_allowlist: ["{{ orders.deployments[0].cluster_id }}"]
"""

RETURN = r"""
trust_relationship:
  description: The relationship as it is now; empty when it is absent.
  returned: success
  type: dict
  contains:
    id:
      description: Id of the relationship.
      type: str
      returned: success
    name:
      description: Its name.
      type: str
      returned: success
    environment_id:
      description: Id of the environment.
      type: str
      returned: success
    account_ids:
      description: Ids of the accounts of the environment; it has one.
      type: list
      elements: str
      returned: success
    trust_by_default:
      description: Whether deployments that are made later trust all clusters there.
      type: bool
      returned: success
    local:
      description: Whether this is the environment itself.
      type: bool
      returned: success
    certificate:
      description: The CA certificates of its nodes as PEM.
      type: str
      returned: success
    fingerprints:
      description: SHA-256 of these certificates in hexadecimal digits without colons.
      type: list
      elements: str
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
from ansible_collections.crosscluster.elastic.plugins.module_utils.model.errors import Refused
from ansible_collections.crosscluster.elastic.plugins.module_utils.model.relationships import own
from ansible_collections.crosscluster.elastic.plugins.module_utils.module import options
from ansible_collections.crosscluster.elastic.plugins.module_utils.module.run import Outcome, run
from ansible_collections.crosscluster.elastic.plugins.module_utils.operations import relationship
from ansible_collections.crosscluster.elastic.plugins.module_utils.pki import authorities


def work(params: dict[str, Any], transport: Transport) -> Outcome:
    present, name, region = params["state"] == "present", params["name"], params["region"]
    given = authorities.gather([params["certificate"]], params["certificate_password"], option="certificate") if present else []
    cloud = options.cloud_client(params, transport)
    observed = relationship.observe(cloud, region)
    if present:
        if params["environment_id"] in (own(observed).get("account_ids") or []):
            raise Refused(f"{params['environment_id']} is this environment itself", "give the id of the other one")
        pems = "".join(authority.pem for authority in given)
        given_too = {option: params[option] for option in ("environment_id", "trust_by_default")}
        change = relationship.plan(observed, {"name": name, "public_ca_cert": pems, **given_too})
    else:
        change = relationship.plan_absent(observed, name)
    warnings = authorities.expired(given, datetime.datetime.now(datetime.timezone.utc))
    return Outcome(
        change,
        relationship.result(observed, name),
        lambda planned: relationship.result(relationship.apply(cloud, planned, region), name),
        warnings,
    )


def problems(params: dict[str, Any]) -> list[str]:
    needed = ("environment_id", "certificate") if params["state"] == "present" else ()
    return [f"{name} is needed for state present" for name in needed if not params[name]]


def main() -> None:
    run(
        work,
        problems=problems,
        argument_spec={
            **options.CLOUD,
            **options.STATE,
            "name": {"type": "str", "required": True},
            "environment_id": {"type": "str"},
            "certificate": {"type": "str"},
            "certificate_password": {"type": "str", "no_log": True},
            "trust_by_default": {"type": "bool"},
            "region": {"type": "str", "default": relationship.REGION},
        },
        **options.CREDENTIAL_RULES,
    )


if __name__ == "__main__":
    main()
