# SPDX-License-Identifier: GPL-3.0-or-later
"""The certificate authorities of the nodes of a deployment, for those who have to trust its nodes."""

from __future__ import annotations

from typing import Any

from ..api.cloud import CloudClient
from ..model.deployment import Deployment
from ..model.errors import Refused
from ..pki import authorities


def observe(cloud: CloudClient, deployment: Deployment) -> dict[str, Any]:
    """``certificates`` as dictionaries, the active one first, and ``trust_restriction``. Raises Refused where they cannot be read."""
    found = cloud.certificate_authority(deployment.id)
    if found is None:
        raise Refused(
            f"{cloud.subject}: the certificate authority of deployment {deployment.name!r} cannot be read",
            "use credentials of an administrator of the deployment, and Elastic Cloud Enterprise 3.3 or later",
        )
    described = [
        {"active": bool(item.get("active")), **authority.as_dict()}
        for item in found.get("public_certificates") or []
        for authority in authorities.read(item["pem"].encode(), source=f"the CA of deployment {deployment.name!r}")
    ]
    certificates = sorted(described, key=lambda certificate: not certificate["active"])
    return {"certificates": certificates, "trust_restriction": found.get("recommended_trust_restriction", "")}
