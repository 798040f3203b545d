#!/usr/bin/python
# Copyright: the crosscluster.elastic authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: traffic_filter_association
short_description: Association of a traffic filter with a deployment of Elastic Cloud
version_added: 0.1.0
author: The crosscluster.elastic authors (@crosscluster)
description:
  - Associates a traffic filter (ruleset) with a deployment of Elastic Cloud Hosted or Elastic Cloud Enterprise, or ends that.
  - A deployment without traffic filters lets everybody in. With its first one, only those get in whom it admits. When its last one is
    taken away, everybody gets in. Both are refused unless you say that you want it.
  - Other traffic filters of the deployment stay.
extends_documentation_fragment:
  - crosscluster.elastic.attributes
  - crosscluster.elastic.attributes.cloud_group
  - crosscluster.elastic.cloud
options:
  traffic_filter:
    description:
      - Id or exact name of the ruleset. It must be of the region of the deployment.
    type: str
    required: true
  deployment:
    description:
      - Id or exact name of the deployment.
    type: str
    required: true
  allow_first:
    description:
      - Whether this may be the first traffic filter of the deployment, which locks out everybody whom it does not admit.
    type: bool
    default: false
  allow_last:
    description:
      - Whether the last traffic filter of the deployment may be taken away, which opens it to everybody.
    type: bool
    default: false
  state:
    description:
      - V(present) associates, V(absent) ends the association. The ruleset itself stays.
    type: str
    choices: [present, absent]
    default: present
seealso:
  - module: crosscluster.elastic.traffic_filter
"""

EXAMPLES = r"""
- name: Let the remote clusters into the orders deployment, which has other traffic filters already
  crosscluster.elastic.traffic_filter_association:
    api_key: "{{ ech_api_key }}"
    traffic_filter: remote clusters
    deployment: orders-prod
"""

RETURN = r"""
traffic_filters:
  description: Ids of all rulesets that decide who may connect to the deployment. None means that everybody may.
  returned: success
  type: list
  elements: str
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
from ansible_collections.crosscluster.elastic.plugins.module_utils.model.filters import Ruleset, of
from ansible_collections.crosscluster.elastic.plugins.module_utils.module import options
from ansible_collections.crosscluster.elastic.plugins.module_utils.module.run import Outcome, run
from ansible_collections.crosscluster.elastic.plugins.module_utils.operations import deployments, filters


def work(params: dict[str, Any], transport: Transport) -> Outcome:
    cloud = options.cloud_client(params, transport)
    deployment = deployments.find(cloud, params["deployment"])
    rulesets = filters.observe(cloud)
    if params["state"] == "present":
        change, warnings = filters.plan_associated(rulesets, params["traffic_filter"], deployment, params["allow_first"])
    else:
        change, warnings = filters.plan_dissociated(rulesets, params["traffic_filter"], deployment, params["allow_last"])

    def ids(found: list[Ruleset]) -> dict[str, Any]:
        return {"traffic_filters": [ruleset.id for ruleset in of(found, deployment.id, deployment.cluster_id)]}

    def make(planned: Change) -> dict[str, Any]:
        filters.apply(cloud, planned, Clock(wait=transport.wait))
        return ids(filters.observe(cloud))

    return Outcome(change, ids(rulesets), make, warnings)


def main() -> None:
    spec = {
        **options.CLOUD,
        **options.STATE,
        **options.DEPLOYMENT,
        "traffic_filter": {"type": "str", "required": True},
        "allow_first": {"type": "bool", "default": False},
        "allow_last": {"type": "bool", "default": False},
    }
    run(work, argument_spec=spec, **options.CREDENTIAL_RULES)


if __name__ == "__main__":
    main()
