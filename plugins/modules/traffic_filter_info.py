#!/usr/bin/python
# Copyright: the crosscluster.elastic authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: traffic_filter_info
short_description: Read traffic filters of an Elastic Cloud platform
version_added: 0.1.0
author: The crosscluster.elastic authors (@crosscluster)
description:
  - Reads the traffic filters (rulesets) of Elastic Cloud Hosted or Elastic Cloud Enterprise with the deployments they are associated with.
extends_documentation_fragment:
  - crosscluster.elastic.attributes.info
  - crosscluster.elastic.attributes.cloud_group
  - crosscluster.elastic.cloud
options:
  name:
    description:
      - Id or exact name of a ruleset. Without it, all are read.
    type: str
  deployment:
    description:
      - Id or exact name of a deployment. Only rulesets that it has are returned.
    type: str
  caller:
    description:
      - A local cluster of which O(deployment) is the remote, to learn whether its connections are let through.
    type: dict
    suboptions:
      organization_id:
        description:
          - Id of its organization, if it is on the same platform.
        type: str
      cluster_id:
        description:
          - Its cluster id (not the id of the deployment), if it is on the same platform.
        type: str
      sources:
        description:
          - All addresses and networks that its connections come from.
        type: list
        elements: str
seealso:
  - module: crosscluster.elastic.traffic_filter
"""

EXAMPLES = r"""
- name: See who may connect to the orders deployment
  crosscluster.elastic.traffic_filter_info:
    api_key: "{{ ech_api_key }}"
    deployment: orders-prod
"""

RETURN = r"""
traffic_filters:
  description: The rulesets. None with O(deployment) given means that everybody may connect to it.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: Id of the ruleset.
      type: str
      returned: success
    name:
      description: Name of the ruleset.
      type: str
      returned: success
    type:
      description: Type of the ruleset.
      type: str
      returned: success
    region:
      description: Region whose deployments can have it.
      type: str
      returned: success
    description:
      description: What it is for.
      type: str
      returned: success
    include_by_default:
      description: Whether new deployments of the region get it.
      type: bool
      returned: success
    rules:
      description: The rules, as the API returns them.
      type: list
      elements: dict
      returned: success
    associations:
      description: Ids of the deployments that have it, as far as the credentials may see them.
      type: list
      elements: str
      returned: success
    total:
      description: How many deployments have it, those included that the credentials may not see.
      type: int
      returned: success
admitted:
  description: Whether these rulesets let connections of O(caller) through. Without any ruleset everybody is let through.
  returned: with O(caller)
  type: bool
failure:
  description: What went wrong, for playbooks that react to it.
  returned: failure
  type: dict
  sample: {kind: Unauthorized, message: "...", remedy: check the credentials, status: 401, code: security_exception}
"""

from typing import Any

from ansible_collections.crosscluster.elastic.plugins.module_utils.api.session import Transport
from ansible_collections.crosscluster.elastic.plugins.module_utils.model.filters import admits, named, network
from ansible_collections.crosscluster.elastic.plugins.module_utils.module import options
from ansible_collections.crosscluster.elastic.plugins.module_utils.module.run import Outcome, run
from ansible_collections.crosscluster.elastic.plugins.module_utils.operations import deployments, filters


def work(params: dict[str, Any], transport: Transport) -> Outcome:
    cloud = options.cloud_client(params, transport)
    deployment = deployments.find(cloud, params["deployment"]) if params["deployment"] else None
    having = [deployment.id, deployment.cluster_id] if deployment else []
    found = named(filters.observe(cloud), params["name"] or "", having)
    caller = params["caller"]
    told = {} if caller is None else {"admitted": admits(found, **{name: value or "" for name, value in caller.items()})}
    return Outcome(None, {"traffic_filters": [ruleset.as_dict() for ruleset in found], **told})


def problems(params: dict[str, Any]) -> list[str]:
    sources = (params["caller"] or {}).get("sources") or []
    return [
        f"caller.sources has {text!r}, which is neither an address nor a network such as 192.0.2.0/24"
        for text in sources
        if not network(text)
    ]


def main() -> None:
    caller = {
        "organization_id": {"type": "str"},
        "cluster_id": {"type": "str"},
        "sources": {"type": "list", "elements": "str"},
    }
    spec = {
        **options.CLOUD,
        "name": {"type": "str"},
        "deployment": {"type": "str"},
        "caller": {"type": "dict", "options": caller},
    }
    run(work, argument_spec=spec, problems=problems, required_by={"caller": "deployment"}, **options.CREDENTIAL_RULES)


if __name__ == "__main__":
    main()
