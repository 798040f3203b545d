# SPDX-License-Identifier: GPL-3.0-or-later
"""What owners of self-managed clusters have: a CA of their own for remote cluster servers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible_collections.crosscluster.elastic.tests.unit.plugins import certificates


def ca(folder: Path) -> tuple[Path, Path]:
    """Paths of the certificate and the key of a CA, which is made when there is none yet."""
    paths = folder / "remote-cluster-ca.crt", folder / "remote-cluster-ca.key"
    if not paths[0].exists():
        made = certificates.authority("Remote cluster CA")
        paths[0].write_text(made.pem)
        paths[1].write_text(made.private)
    return paths


def server_variables(folder: Path, remote: dict[str, Any]) -> dict[str, Any]:
    """Variables of the role ``remote_cluster_server`` for a cluster of a mini cloud."""
    certificate, key = ca(folder)
    return {
        "remote_cluster_server_ca_certificate": str(certificate),
        "remote_cluster_server_ca_key": str(key),
        "remote_cluster_server_host": "{{ node_address }}",
        "remote_cluster_server_dns": ["{{ node_host }}", remote["remote_address"].rpartition(":")[0]],
    }
