#!/usr/bin/python
# Copyright: the crosscluster.elastic authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: platform_trust_relationship_info
short_description: Read the trust between environments of Elastic Cloud Enterprise
version_added: 0.1.0
author: The crosscluster.elastic authors (@crosscluster)
description:
  - Reads what others need to trust an environment of Elastic Cloud Enterprise, its id and the CA of its nodes, and its trust relationships
    with other environments.
extends_documentation_fragment:
  - crosscluster.elastic.attributes.info
  - crosscluster.elastic.attributes.cloud_group
  - crosscluster.elastic.cloud
options:
  region:
    description:
      - Region of the environment in the paths of its API.
    type: str
    default: ece-region
notes:
  - Which field of the API holds the id of an environment is not documented. What is returned as C(environment_id) is the id of its first
    account; compare it once with what the console shows at Trust parameters.
seealso:
  - module: crosscluster.elastic.platform_trust_relationship
  - module: crosscluster.elastic.deployment_certificate_authority_info
"""

EXAMPLES = r"""
- name: Ask an environment what it is to be trusted by
  crosscluster.elastic.platform_trust_relationship_info:
    url: https://munich.example.com:12443
    api_key: "{{ munich_api_key }}"
    ca_path: files/munich-ca.pem
  register: munich

- name: Show with whom it has relationships
  ansible.builtin.debug:
    msg: "{{ munich.trust_relationships | map(attribute='name') | list }}"
"""

RETURN = r"""
local:
  description: The environment itself.
  returned: success
  type: dict
  contains: &relationship
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
trust_relationships:
  description: The relationships with other environments.
  returned: success
  type: list
  elements: dict
  contains: *relationship
failure:
  description: What went wrong, for playbooks that react to it.
  returned: failure
  type: dict
  sample: {kind: Unauthorized, message: "...", remedy: check the credentials, status: 401, code: security_exception}
"""

from typing import Any

from ansible_collections.crosscluster.elastic.plugins.module_utils.api.session import Transport
from ansible_collections.crosscluster.elastic.plugins.module_utils.model.relationships import described, others, own
from ansible_collections.crosscluster.elastic.plugins.module_utils.module import options
from ansible_collections.crosscluster.elastic.plugins.module_utils.module.run import Outcome, run
from ansible_collections.crosscluster.elastic.plugins.module_utils.operations import relationship


def work(params: dict[str, Any], transport: Transport) -> Outcome:
    observed = relationship.observe(options.cloud_client(params, transport), params["region"])
    return Outcome(None, {"local": described(own(observed)), "trust_relationships": [described(each) for each in others(observed)]})


def main() -> None:
    run(work, argument_spec={**options.CLOUD, "region": {"type": "str", "default": relationship.REGION}}, **options.CREDENTIAL_RULES)


if __name__ == "__main__":
    main()
