#!/usr/bin/python
# Copyright: the crosscluster.elastic authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: traffic_filter
short_description: Traffic filter of an Elastic Cloud platform
version_added: 0.1.0
author: The crosscluster.elastic authors (@crosscluster)
description:
  - Creates, changes and deletes a traffic filter (ruleset, in the console a network security policy) of Elastic Cloud Hosted or Elastic
    Cloud Enterprise.
  - A traffic filter has an effect only on deployments that it is associated with, see M(crosscluster.elastic.traffic_filter_association).
  - Rules that are there and are not named stay as they are and where they are, unless O(purge=true).
extends_documentation_fragment:
  - crosscluster.elastic.attributes
  - crosscluster.elastic.attributes.cloud_group
  - crosscluster.elastic.cloud
options:
  name:
    description:
      - Id or exact name of the ruleset. Names need not be unique. O(type) and O(region) help to tell rulesets of one name apart.
    type: str
    required: true
  type:
    description:
      - What its rules are about. Needed for a new ruleset, and cannot be changed.
      - V(ip) admits addresses and networks. V(remote_cluster) admits clusters of the same platform that connect with API keys.
    type: str
    choices: [ip, remote_cluster, vpce, azure_private_endpoint, gcp_private_service_connect_endpoint, egress_firewall]
  region:
    description:
      - Region whose deployments can have it, for example V(us-east-1); on Elastic Cloud Enterprise V(ece-region).
      - Needed for a new ruleset, and cannot be changed.
    type: str
  description:
    description:
      - What it is for.
    type: str
  include_by_default:
    description:
      - Whether new deployments of the region get it. A new ruleset is not included by default.
    type: bool
  rules:
    description:
      - The rules. Their order means nothing.
    type: list
    elements: dict
    suboptions:
      source:
        description:
          - Address or network in CIDR notation for type V(ip), id of the endpoint for V(vpce), id of the connection for
            V(gcp_private_service_connect_endpoint).
        type: str
      remote_cluster_id:
        description:
          - Id of the Elasticsearch resource of the deployment that may connect, for type V(remote_cluster). It is not the deployment's id,
            which is refused as far as the credentials may see that deployment.
        type: str
      remote_cluster_org_id:
        description:
          - Id of the organization, or of the environment of Elastic Cloud Enterprise, whose clusters may connect, for type
            V(remote_cluster).
        type: str
      azure_endpoint_name:
        description:
          - Name of the endpoint for type V(azure_private_endpoint).
        type: str
      azure_endpoint_guid:
        description:
          - Resource id of the endpoint for type V(azure_private_endpoint).
        type: str
      egress_rule:
        description:
          - Target, protocol and ports for type V(egress_firewall).
        type: dict
      description:
        description:
          - What the rule is for.
        type: str
  purge:
    description:
      - Whether rules that are not in O(rules) are removed.
    type: bool
    default: false
  state:
    description:
      - V(present) brings the ruleset to what is given, V(absent) deletes it. One that is associated with a deployment is not deleted.
    type: str
    choices: [present, absent]
    default: present
seealso:
  - module: crosscluster.elastic.traffic_filter_association
  - module: crosscluster.elastic.traffic_filter_info
"""

EXAMPLES = r"""
- name: Admit the search cluster of the same organization
  crosscluster.elastic.traffic_filter:
    api_key: "{{ ech_api_key }}"
    name: remote clusters
    type: remote_cluster
    region: us-east-1
    rules:
      - remote_cluster_id: 7e5f6b7c8d9e4f0a9b8c7d6e5f4a3b2c
        remote_cluster_org_id: "1234567890"

- name: Admit the allocators of an Elastic Cloud Enterprise platform, and nobody else
  crosscluster.elastic.traffic_filter:
    api_key: "{{ ech_api_key }}"
    name: berlin
    type: ip
    region: us-east-1
    rules:
      - source: 192.0.2.0/28
        description: allocators of Berlin
    purge: true
"""

RETURN = r"""
traffic_filter:
  description: The ruleset, empty when there is none.
  returned: success
  type: dict
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
failure:
  description: What went wrong, for playbooks that react to it.
  returned: failure
  type: dict
  sample: {kind: Unauthorized, message: "...", remedy: check the credentials, status: 401, code: security_exception}
"""

from typing import Any

from ansible_collections.crosscluster.elastic.plugins.module_utils.api.session import Transport
from ansible_collections.crosscluster.elastic.plugins.module_utils.api.waiting import Clock
from ansible_collections.crosscluster.elastic.plugins.module_utils.model.filters import FIELDS, Ruleset, Wish, find
from ansible_collections.crosscluster.elastic.plugins.module_utils.model.filters import problems as problems_of_rules
from ansible_collections.crosscluster.elastic.plugins.module_utils.module import options
from ansible_collections.crosscluster.elastic.plugins.module_utils.module.run import Outcome, run
from ansible_collections.crosscluster.elastic.plugins.module_utils.operations import filters


def work(params: dict[str, Any], transport: Transport) -> Outcome:
    cloud = options.cloud_client(params, transport)
    found = find(filters.observe(cloud), params["name"], type=params["type"], region=params["region"])
    change = filters.plan(found, wish(params, found)) if params["state"] == "present" else filters.plan_absent(found)
    if change:
        filters.refuse_deployment_ids(cloud, params["rules"] or [])
    clock = Clock(wait=transport.wait)
    return Outcome(change, shown(found), lambda planned: shown(filters.apply(cloud, planned, clock)))


def wish(params: dict[str, Any], found: Ruleset | None) -> Wish:
    fields = {field: params[field] for field in ("type", "region", "description", "include_by_default", "purge")}
    rules = None if params["rules"] is None else tuple(params["rules"])
    return Wish(name=found.name if found else params["name"], rules=rules, **fields)


def shown(ruleset: Ruleset | None) -> dict[str, Any]:
    return {"traffic_filter": ruleset.as_dict() if ruleset else {}}


def problems(params: dict[str, Any]) -> list[str]:
    missing = ["rules are needed for purge"] if params["purge"] and params["rules"] is None else []
    return missing + (problems_of_rules(params["type"], params["rules"] or []) if params["type"] else [])


def main() -> None:
    texts = ["source", "remote_cluster_id", "remote_cluster_org_id", "azure_endpoint_name", "azure_endpoint_guid", "description"]
    rule: dict[str, Any] = {**{name: {"type": "str"} for name in texts}, "egress_rule": {"type": "dict"}}
    run(
        work,
        problems=problems,
        argument_spec={
            **options.CLOUD,
            **options.STATE,
            "name": {"type": "str", "required": True},
            "type": {"type": "str", "choices": list(FIELDS)},
            "region": {"type": "str"},
            "description": {"type": "str"},
            "include_by_default": {"type": "bool"},
            "rules": {"type": "list", "elements": "dict", "options": rule},
            "purge": {"type": "bool", "default": False},
        },
        **options.CREDENTIAL_RULES,
    )


if __name__ == "__main__":
    main()
