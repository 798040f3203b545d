# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of the connection to the Elastic Cloud API, see module_utils/module/options.py."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  url:
    description:
      - Address of the API. Elastic Cloud Hosted has one for everybody, the default.
      - For Elastic Cloud Enterprise give the coordinator, for example V(https://coordinator.example.com:12443).
      - If not set, the value of the environment variable E(EC_URL) or E(EC_HOST) is used.
    type: str
    default: https://api.elastic-cloud.com
  api_key:
    description:
      - API key of the organization (Elastic Cloud Hosted) or of a user (Elastic Cloud Enterprise).
      - Mutually exclusive with O(username).
      - If not set, the value of the environment variable E(EC_API_KEY) is used.
    type: str
  username:
    description:
      - Name of a user of Elastic Cloud Enterprise. Elastic Cloud Hosted takes API keys only.
      - If not set, the value of the environment variable E(EC_USERNAME) is used.
    type: str
  password:
    description:
      - Password of the user.
      - If not set, the value of the environment variable E(EC_PASSWORD) is used.
    type: str
  ca_path:
    description:
      - PEM file with the CA certificates to trust. It replaces the CA certificates of the system.
      - Elastic Cloud Enterprise has an installation CA of its own unless another certificate was given to it.
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
