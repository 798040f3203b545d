# SPDX-License-Identifier: GPL-3.0-or-later
"""What owners of self-managed clusters have: a CA of their own for remote cluster servers."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from harness.cloud import MiniCloud

YEAR = datetime.timedelta(days=365)


def ca(folder: Path) -> tuple[Path, Path]:
    """Paths of the certificate and the key of a CA, which is made when there is none yet."""
    paths = folder / "remote-cluster-ca.crt", folder / "remote-cluster-ca.key"
    if not paths[0].exists():
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Remote cluster CA")])
        now = datetime.datetime.now(datetime.UTC)
        draft = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + YEAR)
        certificate = draft.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True).sign(key, hashes.SHA256())
        paths[0].write_bytes(certificate.public_bytes(Encoding.PEM))
        paths[1].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
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


def public_server_variables(cloud: MiniCloud, remote: dict[str, Any]) -> dict[str, Any]:
    """The same with a certificate that a public CA has issued."""
    names = [*(node["host"] for node in remote["nodes"]), remote["remote_address"].rpartition(":")[0]]
    issued = cloud.admin("POST", "/certificates", {"names": names})
    return {
        "remote_cluster_server_certificate": issued["certificate"],
        "remote_cluster_server_private_key": issued["key"],
        "remote_cluster_server_host": "{{ node_address }}",
    }
