# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of the connection to Elasticsearch, see module_utils/module/options.py."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  url:
    description:
      - Address of Elasticsearch, for example V(https://orders.es.us-east-1.aws.found.io).
      - If not set, the value of the environment variable E(ELASTICSEARCH_URL) is used.
    type: str
    required: true
  username:
    description:
      - Name of an Elasticsearch user.
      - Mutually exclusive with O(api_key).
      - If not set, the value of the environment variable E(ELASTICSEARCH_USERNAME) is used.
    type: str
  password:
    description:
      - Password of the user.
      - If not set, the value of the environment variable E(ELASTICSEARCH_PASSWORD) is used.
    type: str
  api_key:
    description:
      - An Elasticsearch API key in its encoded form. API keys of Elastic Cloud give no access to Elasticsearch.
      - Cross-cluster API keys can be made and changed by users only, not with an API key.
      - If not set, the value of the environment variable E(ELASTICSEARCH_API_KEY) is used.
    type: str
  ca_path:
    description:
      - PEM file with the CA certificates to trust. It replaces the CA certificates of the system.
    type: path
  validate_certs:
    description:
      - Whether to verify the certificate of the server. Switching this off exposes the credentials to anyone in between.
    type: bool
    default: true
  timeout:
    description:
      - Seconds to wait for the answer to a request.
    type: int
    default: 60
requirements:
  - requests >= 2.31.0
"""
