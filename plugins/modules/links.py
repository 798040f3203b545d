#!/usr/bin/python
# Copyright: the crosscluster.elastic authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: links
short_description: Links between Elasticsearch clusters
version_added: 0.1.0
author: The crosscluster.elastic authors (@crosscluster)
description:
  - Makes Elasticsearch clusters remote clusters of each other, many at once, and proves that they are.
  - Works in the controller, whatever the connection of the host, and talks to the Cloud APIs and to Elasticsearch from there.
  - Each link is made with a cross-cluster API key on the remote, which goes into the keystore of the local deployment without ever
    leaving the memory of the controller. Keys are recognised by their metadata, those of others are not touched.
  - A key that is missing, revoked, expired or not in use is replaced. The old one is revoked only when every node of the local cluster
    was seen to use the new one, so searches go on during a replacement. Open scrolls end.
extends_documentation_fragment:
  - crosscluster.elastic.links
options:
  platforms:
    description:
      - Where the clusters run, with the control planes to talk to.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name by which clusters refer to it.
        type: str
        required: true
      type:
        description:
          - V(ech) for Elastic Cloud Hosted, V(ece) for Elastic Cloud Enterprise, V(self_managed) for clusters without a control plane.
          - Such a platform has neither O(platforms[].url) nor credentials.
        type: str
        required: true
        choices: [ech, ece, self_managed]
      url:
        description: Address of the API. For V(ech) the default is V(https://api.elastic-cloud.com).
        type: str
      api_key:
        description: API key of the platform.
        type: str
      username:
        description: Name of an administrator of ECE, in place of an API key.
        type: str
      password:
        description: Password of the administrator.
        type: str
      ca_path:
        description: PEM file with the CA certificates of the API and of the deployments. It replaces the CA certificates of the system.
        type: path
      validate_certs:
        description: Whether to verify certificates. The default is V(true).
        type: bool
      egress:
        description:
          - IPv4 addresses or networks from which the connections of its clusters come, for the traffic filters of remotes elsewhere.
          - On Elastic Cloud Enterprise those of the allocators, on Elastic Cloud Hosted those that Elastic lists for the region, else the
            public ones of the data centre.
        type: list
        elements: str
  clusters:
    description:
      - The clusters that links may refer to.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name by which links refer to it.
        type: str
        required: true
      platform:
        description: Name of its platform.
        type: str
        required: true
      deployment:
        description: Id or exact name of its deployment. Required unless the cluster is self-managed.
        type: str
      username:
        description: Name of an Elasticsearch user with C(manage) and C(manage_security). An API key of the platform gives no access.
        type: str
      password:
        description: Password of the user.
        type: str
      api_key:
        description: Elasticsearch API key in its encoded form, in place of a user. Clusters that are remotes need a user.
        type: str
      url:
        description: Address of Elasticsearch, if it is not the one that the platform says. Required for a self-managed cluster.
        type: str
      ca_path:
        description: PEM file with the CA certificates of Elasticsearch. The default is that of the platform.
        type: path
      validate_certs:
        description: Whether to verify the certificate of Elasticsearch. The default is that of the platform.
        type: bool
      nodes:
        description:
          - Addresses of all nodes of a self-managed cluster, which are asked one by one for the key that they use.
          - Without them only the node that answers at O(clusters[].url) is.
        type: list
        elements: str
      remote_address:
        description:
          - Host and port of the remote cluster server of a self-managed cluster.
          - The default is the host of O(clusters[].url) and port 9443.
        type: str
      egress:
        description: As O(platforms[].egress), for this cluster alone.
        type: list
        elements: str
  state:
    description:
      - V(present) makes the links and proves them.
      - V(absent) takes them away, in reverse and only what is ours. Roles stay, without the entries for the alias. It is refused while
        an index or an auto-follow pattern of the local cluster follows through the alias.
    type: str
    choices: [present, absent]
    default: present
  nodes:
    description:
      - What is in the keystores of the nodes of self-managed local clusters, since no API tells it.
      - The role P(crosscluster.elastic.links#role) finds it out by C(tasks_from=look_at_nodes).
    type: list
    elements: dict
    suboptions:
      cluster:
        description: Name of the cluster, out of O(clusters).
        type: str
        required: true
      keystore:
        description: Names of the secure settings of one node.
        type: list
        elements: str
        required: true
  steps:
    description:
      - What to do. V(check) alone shows what all other steps would change.
      - V(network) admits the local cluster where the remote has traffic filters; V(trust) makes the local deployment trust a private CA.
    type: list
    elements: str
    choices: [check, network, trust, credentials, connection, roles, verify, retire]
    default: [check, network, trust, credentials, connection, roles, verify, retire]
  run:
    description:
      - RV(run) of an earlier task of the same play, so that it is gone on from there and nothing is looked at twice.
    type: dict
  on_failure:
    description:
      - V(report) lets the task succeed when links fail, for a later task with the same O(run) to fail.
    type: str
    choices: [fail, report]
    default: fail
  pool:
    description:
      - How many requests are under way at the same time.
    type: int
    default: 32
  wait_timeout:
    description:
      - Seconds to wait for a plan of a deployment, and for a changed link to work.
    type: int
    default: 600
  timeout:
    description:
      - Seconds to wait for the answer to a request.
    type: int
    default: 60
attributes:
  check_mode:
    support: full
    description: Predicts the changes. Links that have not been made yet are not proven.
  diff_mode:
    support: full
    description: Shows for each link and object what is changed, without secrets.
  idempotent:
    support: full
    description: A second run reads only.
  action_group:
    support: full
    description: Use C(group/crosscluster.elastic.links) in C(module_defaults).
    membership:
      - crosscluster.elastic.links
requirements:
  - requests >= 2.31.0
seealso:
  - name: Remote clusters
    description: What Elastic says about them.
    link: https://www.elastic.co/docs/deploy-manage/remote-clusters
"""

EXAMPLES = r"""
- name: Let the search cluster in Berlin read the orders in the cloud
  crosscluster.elastic.links:
    platforms:
      - name: hosted
        type: ech
        api_key: "{{ vault_ech_api_key }}"
      - name: berlin
        type: ece
        url: https://coordinator.example.com:12443
        api_key: "{{ vault_ece_api_key }}"
        ca_path: files/ece-ca.pem
    clusters:
      - name: search
        platform: berlin
        deployment: search-prod
        username: elastic
        password: "{{ vault_search_password }}"
      - name: orders
        platform: hosted
        deployment: orders-prod
        username: elastic
        password: "{{ vault_orders_password }}"
    links:
      - local: search
        remote: orders
        access:
          search:
            - names: [orders-*]
        expiration: 90d
        renew_before: 14d
"""

RETURN = r"""
credentials:
  description:
    - Keys that are yet to be brought into the keystores of the nodes of self-managed local clusters, as nothing else can write them.
    - The task must have C(no_log=true) for it.
  returned: when a key was made for a link of a self-managed local cluster
  type: list
  elements: dict
  contains:
    cluster:
      description: Name of the local cluster.
      type: str
      returned: success
    alias:
      description: Name of the remote on the local cluster.
      type: str
      returned: success
    encoded:
      description: The key, for the secure setting C(cluster.remote.<alias>.credentials).
      type: str
      returned: success
authorities:
  description: The private CAs that the nodes of self-managed local clusters need for the certificates of their remotes.
  returned: when a remote of a self-managed local cluster has a private CA, and when links of such a cluster are taken away
  type: list
  elements: dict
  contains:
    cluster:
      description: Name of the local cluster.
      type: str
      returned: success
    certificates:
      description: The CAs as PEM.
      type: list
      elements: str
      returned: success
    others:
      description: Aliases of the cluster that may need further CAs, which nodes trust already. These links do not tell.
      type: list
      elements: str
      returned: success
reload:
  description:
    - Self-managed local clusters whose nodes have a credential in their keystores that they have not loaded, as somebody was interrupted.
    - Let them load it, for example with M(crosscluster.elastic.secure_settings_reload).
  returned: when there are such clusters
  type: list
  elements: str
links:
  description: What became of each link, in the order of O(links).
  returned: unless the declaration is not valid
  type: list
  elements: dict
  contains:
    local:
      description: Name of the local cluster.
      type: str
      returned: success
    remote:
      description: Name of the remote cluster.
      type: str
      returned: success
    alias:
      description: Name of the remote on the local cluster.
      type: str
      returned: success
    status:
      description: V(proven), V(planned), V(removed) or V(failed).
      type: str
      returned: success
    changes:
      description: What this task changed, or would change in check mode.
      type: list
      elements: str
      returned: success
    proof:
      description:
        - Evidence that the link works, null if it was not looked for.
        - Holds C(key), the id of the key in use; C(nodes), the nodes of the local cluster that use it; C(search), the search that was
          answered; C(status) of its part on the remote; and C(took_ms).
      type: dict
      returned: success
    failure:
      description: Null, or C(kind), C(message) and C(remedy).
      type: dict
      returned: success
changes:
  description: All changes of the steps of this task, planned or made. V(check) alone lists those of all steps.
  returned: unless the declaration is not valid
  type: list
  elements: dict
  contains:
    link:
      description: Local cluster and alias.
      type: str
      returned: success
    step:
      description: The step that makes the change.
      type: str
      returned: success
    action:
      description: For example V(create), V(replace) or V(update).
      type: str
      returned: success
    what:
      description: What is changed.
      type: str
      returned: success
    before:
      description: What is there.
      type: dict
      returned: success
    after:
      description: What is wanted.
      type: dict
      returned: success
    requests:
      description: The writes that the change consists of. One write may serve several changes.
      type: list
      elements: str
      returned: success
run:
  description: What was seen and done, without any secret, for O(run) of a later task.
  returned: unless the declaration is not valid
  type: dict
failure:
  description: What is wrong with the declaration, as C(kind), C(message) and C(remedy).
  returned: when the declaration is not valid
  type: dict
"""
