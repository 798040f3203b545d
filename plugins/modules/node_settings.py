#!/usr/bin/python
# Copyright: the crosscluster.elastic authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: node_settings
short_description: Settings in elasticsearch.yml of a node
version_added: 0.1.0
author: The crosscluster.elastic authors (@crosscluster)
description:
  - Keeps settings in a block between two comment lines of C(elasticsearch.yml). All other lines stay as they are, byte for byte.
  - A setting that stands elsewhere in the file with the same value, however it is nested, is left there. One that stands there with
    another value is refused, since Elasticsearch takes no setting twice.
  - The node reads the file when it starts.
extends_documentation_fragment:
  - crosscluster.elastic.attributes
options:
  path:
    description:
      - The file.
    type: path
    default: /etc/elasticsearch/elasticsearch.yml
  name:
    description:
      - Name of the block, in its comment lines.
    type: str
    required: true
  settings:
    description:
      - All settings of the block, by their full names or nested. Null for one that must not be set anywhere. An empty dictionary removes
        the block.
    type: dict
    required: true
seealso:
  - module: crosscluster.elastic.elasticsearch_node_info
  - module: ansible.builtin.blockinfile
"""

EXAMPLES = r"""
- name: Switch the remote cluster server on
  crosscluster.elastic.node_settings:
    name: remote cluster server
    settings:
      remote_cluster_server.enabled: true
      remote_cluster.host: "{{ ansible_host }}"
"""

RETURN = r"""
failure:
  description: What went wrong, for playbooks that react to it.
  returned: failure
  type: dict
  sample: {kind: Unauthorized, message: "...", remedy: check the credentials, status: 401, code: security_exception}
"""
