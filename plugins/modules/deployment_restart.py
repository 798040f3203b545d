#!/usr/bin/python
# Copyright: the crosscluster.elastic authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: deployment_restart
short_description: Restart Elasticsearch of a deployment of Elastic Cloud
version_added: 0.1.0
author: The crosscluster.elastic authors (@crosscluster)
description:
  - Restarts the Elasticsearch nodes of a deployment of Elastic Cloud Hosted or Elastic Cloud Enterprise, one zone after the other.
  - A plan that is pending is waited for before.
  - Needed after a changed secure setting only where the platform does not load it by itself, before Elasticsearch 8.14.
extends_documentation_fragment:
  - crosscluster.elastic.attributes.action
  - crosscluster.elastic.attributes.cloud_group
  - crosscluster.elastic.cloud
  - crosscluster.elastic.wait
options:
  deployment:
    description:
      - Id or exact name of the deployment.
    type: str
    required: true
seealso:
  - module: crosscluster.elastic.deployment_keystore
"""

EXAMPLES = r"""
- name: Restart the search deployment
  crosscluster.elastic.deployment_restart:
    url: https://coordinator.example.com:12443
    api_key: "{{ ece_api_key }}"
    ca_path: files/ece-ca.pem
    deployment: search-prod
    wait_timeout: 3600
"""

RETURN = r"""
deployment:
  description: The deployment, after the restart or as it is when nobody waits for it.
  returned: success
  type: dict
  contains:
    id:
      description: Id of the deployment.
      type: str
      returned: success
    name:
      description: Name of the deployment.
      type: str
      returned: success
    ref_id:
      description: Name of its Elasticsearch resource.
      type: str
      returned: success
    region:
      description: Region of the resource.
      type: str
      returned: success
    cluster_id:
      description: Id of the Elasticsearch resource in the Cloud. Trust lists and filters take this one.
      type: str
      returned: success
    version:
      description: Version of Elasticsearch.
      type: str
      returned: success
    endpoint:
      description: Host name of the deployment, without a port. Port 9443 of it is the remote cluster server.
      type: str
      returned: success
    url:
      description: Address of Elasticsearch.
      type: str
      returned: success
    status:
      description: State as the platform reports it, V(started) when it can be used.
      type: str
      returned: success
    healthy:
      description: Whether the last plan succeeded.
      type: bool
      returned: success
    pending:
      description: Id of the plan that is under way, empty when none is.
      type: str
      returned: success
    instances:
      description: Names of the Elasticsearch instances that take requests.
      type: list
      elements: str
      returned: success
    organization_id:
      description: Id of the organization, empty on Elastic Cloud Enterprise.
      type: str
      returned: success
    trust:
      description: Trust settings as the API returns them.
      type: dict
      returned: success
    last_plan_ended:
      description: When the last plan that succeeded had ended, in milliseconds since 1970, 0 when unknown.
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
from ansible_collections.crosscluster.elastic.plugins.module_utils.api.waiting import Clock
from ansible_collections.crosscluster.elastic.plugins.module_utils.model.change import Change
from ansible_collections.crosscluster.elastic.plugins.module_utils.module import options
from ansible_collections.crosscluster.elastic.plugins.module_utils.module.run import Outcome, run
from ansible_collections.crosscluster.elastic.plugins.module_utils.operations import deployments, restart


def work(params: dict[str, Any], transport: Transport) -> Outcome:
    cloud = options.cloud_client(params, transport)
    deployment = deployments.find(cloud, params["deployment"])

    def make(change: Change) -> dict[str, Any]:
        waiting = {"wait": params["wait"], "timeout": params["wait_timeout"], "clock": Clock(wait=transport.wait), "tell": transport.log}
        return {"deployment": restart.apply(cloud, change, **waiting).as_dict()}

    return Outcome(restart.plan(deployment), {"deployment": deployment.as_dict()}, make)


def main() -> None:
    run(work, argument_spec={**options.CLOUD, **options.DEPLOYMENT, **options.WAIT}, **options.CREDENTIAL_RULES)


if __name__ == "__main__":
    main()
