#!/usr/bin/python
# Copyright: the crosscluster.elastic authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: remote_cluster
short_description: Remote cluster settings of a local cluster
version_added: 0.1.0
author: The crosscluster.elastic authors (@crosscluster)
description:
  - Makes, changes and removes an alias, the name under which the local cluster knows a remote cluster.
  - Writes the persistent settings C(cluster.remote.<alias>.*) in one request. Settings that are not named stay as they are, except that
    a change of O(mode) removes those of the other mode.
  - Settings alone make no link. In the API key model the local cluster needs the credential C(cluster.remote.<alias>.credentials) in its
    keystore first.
extends_documentation_fragment:
  - crosscluster.elastic.attributes
  - crosscluster.elastic.attributes.elasticsearch_group
  - crosscluster.elastic.elasticsearch
options:
  alias:
    description:
      - Name of the remote cluster on the local cluster. Lower case letters, digits, dash and underscore.
    type: str
    required: true
  state:
    description:
      - V(present) makes the alias or changes its settings.
      - V(absent) removes all settings of the alias. A credential in the keystore stays.
    type: str
    choices: [present, absent]
    default: present
  mode:
    description:
      - V(proxy) connects to one address. Deployments of Elastic Cloud can be reached in this mode only.
      - V(sniff) connects to nodes that it learns from O(seeds).
    type: str
    choices: [proxy, sniff]
    default: proxy
  proxy_address:
    description:
      - Address of the remote as host:port. Needed in proxy mode. The port is 9443 in the API key model and 9400 in the certificate model
        on Elastic Cloud.
    type: str
  server_name:
    description:
      - Host name that is sent in the TLS handshake, by which the proxies of Elastic Cloud know the deployment. Proxy mode only.
    type: str
  proxy_socket_connections:
    description:
      - Number of connections. Proxy mode only.
    type: int
  seeds:
    description:
      - Addresses of remote nodes as host:port. Needed in sniff mode.
    type: list
    elements: str
  node_connections:
    description:
      - Number of gateway nodes. Sniff mode only.
    type: int
  skip_unavailable:
    description:
      - Whether searches pass over the remote when it cannot be reached.
      - Always set, since the default of Elasticsearch depends on its version. V(true), the default of Elasticsearch from 8.15 on, turns
        a broken link into empty results without an error.
    type: bool
    default: false
  settings:
    description:
      - Further settings by the last part of their name, for example C(transport.compress). A null removes the setting.
    type: dict
seealso:
  - module: crosscluster.elastic.remote_cluster_info
  - module: crosscluster.elastic.deployment_keystore
  - name: Remote cluster settings
    description: All settings and what they mean.
    link: https://www.elastic.co/docs/reference/elasticsearch/configuration-reference/remote-clusters
"""

EXAMPLES = r"""
- name: Point the alias to the orders deployment
  crosscluster.elastic.remote_cluster:
    url: https://search.example.com:9243
    username: elastic
    password: "{{ search_password }}"
    alias: orders
    proxy_address: "{{ orders.deployments[0].endpoint }}:9443"
    server_name: "{{ orders.deployments[0].endpoint }}"

- name: Remove it
  crosscluster.elastic.remote_cluster:
    url: https://search.example.com:9243
    username: elastic
    password: "{{ search_password }}"
    alias: orders
    state: absent
"""

RETURN = r"""
remote_cluster:
  description: The alias as it is now.
  returned: success
  type: dict
  contains:
    alias:
      description: Name of the remote cluster.
      type: str
      returned: success
    settings:
      description: Its settings by the last part of their name, as text. Empty when there is none.
      type: dict
      returned: success
      sample: {mode: proxy, proxy_address: "orders.example.com:9443", skip_unavailable: "false"}
failure:
  description: What went wrong, for playbooks that react to it.
  returned: failure
  type: dict
  sample: {kind: Unauthorized, message: "...", remedy: check the credentials, status: 401, code: security_exception}
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.crosscluster.elastic.plugins.module_utils.api.session import Transport
from ansible_collections.crosscluster.elastic.plugins.module_utils.model import aliases, remote
from ansible_collections.crosscluster.elastic.plugins.module_utils.module import options
from ansible_collections.crosscluster.elastic.plugins.module_utils.module.run import Outcome, run
from ansible_collections.crosscluster.elastic.plugins.module_utils.operations import remote_cluster

OF_PROXY = {"proxy_address": {"type": "str"}, "server_name": {"type": "str"}, "proxy_socket_connections": {"type": "int"}}
OF_SNIFF = {"seeds": {"type": "list", "elements": "str"}, "node_connections": {"type": "int"}}
OF_BOTH = {"skip_unavailable": {"type": "bool", "default": False}}
SETTINGS = {**OF_PROXY, **OF_SNIFF, **OF_BOTH}


def work(params: dict[str, Any], transport: Transport) -> Outcome:
    client, alias = options.elasticsearch_client(params, transport), params["alias"]
    observed = remote_cluster.observe(client)
    if params["state"] == "absent":
        change = remote_cluster.plan_absent(observed, client.subject, alias)
    else:
        change = remote_cluster.plan(observed, client.subject, alias, remote.wanted(params["mode"], _given(params), params["settings"]))
    return Outcome(change, _result(observed, alias), lambda planned: _result(remote_cluster.apply(client, planned), alias))


def problems(params: dict[str, Any]) -> list[str]:
    if params["state"] == "absent":
        return [text for text in [aliases.existing_problem(params["alias"])] if text]
    return [text for text in [aliases.problem(params["alias"])] if text] + remote.problems(
        params["mode"], _given(params), params["settings"] or {}
    )


def _given(params: dict[str, Any]) -> dict[str, Any]:
    return {name: params[name] for name in SETTINGS}


def _result(settings: Mapping[str, Any], alias: str) -> dict[str, Any]:
    return {"remote_cluster": remote_cluster.describe(settings, alias)}


def main() -> None:
    run(
        work,
        problems=problems,
        argument_spec={
            **options.ELASTICSEARCH,
            **options.STATE,
            **SETTINGS,
            "alias": {"type": "str", "required": True},
            "mode": {"type": "str", "choices": ["proxy", "sniff"], "default": "proxy"},
            "settings": {"type": "dict"},
        },
        **options.CREDENTIAL_RULES,
    )


if __name__ == "__main__":
    main()
