#!/usr/bin/python
# Copyright: the crosscluster.elastic authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: account_trust
short_description: Default trust of an organization between its deployments
version_added: 0.1.0
author: The crosscluster.elastic authors (@crosscluster)
description:
  - Says whether deployments that are created from now on trust all others of their organization of Elastic Cloud Hosted, or of their
    environment of Elastic Cloud Enterprise. It counts for connections with TLS certificates.
  - Deployments that exist are not changed, see M(crosscluster.elastic.deployment_trust) for them.
extends_documentation_fragment:
  - crosscluster.elastic.attributes
  - crosscluster.elastic.attributes.cloud_group
  - crosscluster.elastic.cloud
options:
  trust_all:
    description:
      - V(true) lets new deployments trust all others of the organization, V(false) none.
    type: bool
    required: true
seealso:
  - module: crosscluster.elastic.deployment_trust
  - name: Remote clusters within one environment of Elastic Cloud Enterprise
    description: Where the console has this setting.
    link: https://www.elastic.co/docs/deploy-manage/remote-clusters/ece-remote-cluster-same-ece
"""

EXAMPLES = r"""
- name: Let new deployments trust nobody
  crosscluster.elastic.account_trust:
    url: https://coordinator.example.com:12443
    api_key: "{{ ece_api_key }}"
    ca_path: files/ece-ca.pem
    trust_all: false
"""

RETURN = r"""
account:
  description: The organization, or the environment.
  returned: success
  type: dict
  contains:
    id:
      description: Its id.
      type: str
      returned: success
    trust_all:
      description: Whether new deployments trust all others.
      type: bool
      returned: success
failure:
  description: What went wrong, for playbooks that react to it.
  returned: failure
  type: dict
  sample: {kind: Unauthorized, message: "...", remedy: check the credentials, status: 401, code: security_exception}
"""

from typing import Any

from ansible_collections.crosscluster.elastic.plugins.module_utils.api.session import Transport
from ansible_collections.crosscluster.elastic.plugins.module_utils.model.change import Change
from ansible_collections.crosscluster.elastic.plugins.module_utils.module import options
from ansible_collections.crosscluster.elastic.plugins.module_utils.module.run import Outcome, run
from ansible_collections.crosscluster.elastic.plugins.module_utils.operations import account


def work(params: dict[str, Any], transport: Transport) -> Outcome:
    cloud = options.cloud_client(params, transport)
    seen = account.observe(cloud)

    def make(change: Change) -> dict[str, Any]:
        return account.result(account.apply(cloud, change))

    return Outcome(account.plan(seen, params["trust_all"]), account.result(seen), make)


def main() -> None:
    run(work, argument_spec={**options.CLOUD, "trust_all": {"type": "bool", "required": True}}, **options.CREDENTIAL_RULES)


if __name__ == "__main__":
    main()
