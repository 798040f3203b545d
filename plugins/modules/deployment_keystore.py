#!/usr/bin/python
# Copyright: the crosscluster.elastic authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: deployment_keystore
short_description: Secure settings of a deployment of Elastic Cloud
version_added: 0.1.0
author: The crosscluster.elastic authors (@crosscluster)
description:
  - Sets and removes secure settings (keystore entries) of a deployment of Elastic Cloud Hosted or Elastic Cloud Enterprise.
  - All settings of a call are written at once. Settings that are not named stay as they are.
  - From Elasticsearch 8.14 on, the platform loads a changed credential of a remote cluster by itself, some time after this module has
    ended. Before that, restart the deployment.
extends_documentation_fragment:
  - crosscluster.elastic.attributes
  - crosscluster.elastic.attributes.cloud_group
  - crosscluster.elastic.cloud
attributes:
  idempotent:
    support: partial
    details: Not with O(update=always), which writes each time.
options:
  deployment:
    description:
      - Id or exact name of the deployment.
    type: str
    required: true
  secrets:
    description:
      - The secure settings.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description:
          - Name of the setting, for example V(cluster.remote.orders.credentials).
        type: str
        required: true
      value:
        description:
          - The value as text, or as a dictionary for a setting that is a JSON file.
          - Needed for O(state=present). The credential of a remote cluster is what
            RV(crosscluster.elastic.cross_cluster_api_key#module:encoded) holds.
        type: raw
  state:
    description:
      - V(present) sets the values, V(absent) removes the settings.
    type: str
    choices: [present, absent]
    default: present
  update:
    description:
      - What to do with settings that exist. Their values cannot be read, so they cannot be compared.
      - V(on_create) leaves them as they are, V(always) writes them each time.
    type: str
    choices: [on_create, always]
    default: on_create
  wait_timeout:
    description:
      - Seconds to wait for a plan that is pending, where the platform takes no changed settings meanwhile.
    type: int
    default: 1800
notes:
  - Check mode predicts the changes of the run.
  - Switch pipelining on, so that the values are in no file on the managed node.
seealso:
  - module: crosscluster.elastic.cross_cluster_api_key
  - module: crosscluster.elastic.deployment_restart
"""

EXAMPLES = r"""
- name: Give the search cluster the key of the orders cluster
  crosscluster.elastic.deployment_keystore:
    url: https://coordinator.example.com:12443
    api_key: "{{ ece_api_key }}"
    ca_path: files/ece-ca.pem
    deployment: search-prod
    secrets:
      - name: cluster.remote.orders.credentials
        value: "{{ orders_key.encoded }}"

- name: Take it away
  crosscluster.elastic.deployment_keystore:
    url: https://coordinator.example.com:12443
    api_key: "{{ ece_api_key }}"
    ca_path: files/ece-ca.pem
    deployment: search-prod
    secrets:
      - name: cluster.remote.orders.credentials
    state: absent
"""

RETURN = r"""
keystore:
  description: Names of the secure settings that are there now. Their values cannot be read.
  returned: success
  type: list
  elements: str
  sample: [cluster.remote.orders.credentials]
failure:
  description: What went wrong, for playbooks that react to it.
  returned: failure
  type: dict
  sample: {kind: Unauthorized, message: "...", remedy: check the credentials, status: 401, code: security_exception}
"""

from typing import Any

from ansible_collections.crosscluster.elastic.plugins.module_utils.api.session import Transport
from ansible_collections.crosscluster.elastic.plugins.module_utils.api.waiting import Clock
from ansible_collections.crosscluster.elastic.plugins.module_utils.model import secure_settings
from ansible_collections.crosscluster.elastic.plugins.module_utils.model.change import Change
from ansible_collections.crosscluster.elastic.plugins.module_utils.module import options
from ansible_collections.crosscluster.elastic.plugins.module_utils.module.run import Outcome, run
from ansible_collections.crosscluster.elastic.plugins.module_utils.operations import deployments, keystore


def work(params: dict[str, Any], transport: Transport) -> Outcome:
    cloud = options.cloud_client(params, transport)
    deployment = deployments.find(cloud, params["deployment"])
    observed = keystore.observe(cloud, deployment)
    wanted = secure_settings.wanted(params["secrets"], present=params["state"] == "present")
    change = keystore.plan(observed, deployment, wanted, always=params["update"] == "always")

    def make(planned: Change) -> dict[str, Any]:
        waiting = {"timeout": params["wait_timeout"], "clock": Clock(wait=transport.wait), "tell": transport.log}
        return {"keystore": list(keystore.apply(cloud, planned, **waiting))}

    return Outcome(change, {"keystore": list(observed)}, make)


def problems(params: dict[str, Any]) -> list[str]:
    return secure_settings.problems(params["secrets"], present=params["state"] == "present")


def main() -> None:
    run(
        work,
        problems=problems,
        argument_spec={
            **options.CLOUD,
            **options.STATE,
            **options.DEPLOYMENT,
            **options.WAIT_TIMEOUT,
            "secrets": {
                "type": "list",
                "elements": "dict",
                "required": True,
                "no_log": False,
                "options": {"name": {"type": "str", "required": True}, "value": {"type": "raw", "no_log": True}},
            },
            "update": {"type": "str", "choices": ["on_create", "always"], "default": "on_create"},
        },
        **options.CREDENTIAL_RULES,
    )


if __name__ == "__main__":
    main()
