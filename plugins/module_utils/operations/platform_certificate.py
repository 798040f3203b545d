# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates of the services of an Elastic Cloud Enterprise platform, as everybody sees them who connects."""

from __future__ import annotations

from ..api.cloud import CloudClient
from ..model.errors import Refused


def observe(cloud: CloudClient, service: str = "proxy") -> list[str]:
    """The certificate of a service and those that signed it, as PEM, the root last. Raises Refused where the platform does not tell."""
    found = cloud.certificate_chain(service)
    if found is None:
        raise Refused(
            f"{cloud.subject}: the certificate of the service {service} cannot be read",
            "use credentials of a platform administrator of Elastic Cloud Enterprise; Elastic Cloud Hosted has certificates of a public"
            " CA, which need no trust of their own",
        )
    return found
