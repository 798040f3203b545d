# SPDX-License-Identifier: GPL-3.0-or-later
"""Where certificate and key of a node are."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  path:
    description:
      - The file of the certificate on the host, PEM.
    type: path
    required: true
  key_path:
    description:
      - The file of the private key on the host, PEM.
    type: path
    required: true
  passphrase:
    description:
      - Passphrase of the private key. Without it, the key is not encrypted.
      - Elasticsearch wants it in the keystore, for example as C(xpack.security.remote_cluster_server.ssl.secure_key_passphrase).
    type: str
"""
