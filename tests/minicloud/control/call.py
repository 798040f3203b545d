# SPDX-License-Identifier: GPL-3.0-or-later
"""One call of an operation, and its answer, as the handlers see them: without HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from minicloud.control.errors import ApiError
from minicloud.control.state import Deployment, Tenant
from minicloud.exchange import Conditions


@dataclass(frozen=True)
class Call:
    """`user` is who calls; `operation` is named as in the route table; `parameters` are those of the path, `query` the parsed ones,
    `body` the parsed JSON (None where there is none).

    `conditions` is what a fault has in mind for a plan that the call starts.
    """

    tenant: Tenant
    user: str
    operation: str
    parameters: Mapping[str, str]
    query: Mapping[str, Any]
    body: Any
    conditions: Conditions = Conditions()

    def deployment(self) -> Deployment:
        """The deployment that the path names. Raises ApiError."""
        return self.find_deployment(self.parameters["deployment_id"])

    def find_deployment(self, deployment_id: str) -> Deployment:
        """The deployment of this id. Raises ApiError."""
        deployment = self.tenant.deployments.get(deployment_id)
        if deployment is not None:
            return deployment
        if self.tenant.account.type == "ech":
            # Whether it exists in another organization is nobody's business.
            raise ApiError(403, "root.permission_denied", "the caller has no permission for this deployment")
        raise ApiError(404, "deployments.deployment_not_found", f"deployment {deployment_id} was not found")

    def resource(self) -> Deployment:
        """The deployment whose Elasticsearch resource the path names. Raises ApiError."""
        deployment = self.deployment()
        if self.parameters["ref_id"] not in (deployment.spec.ref_id, "_main"):
            raise ApiError(
                404,
                "deployments.deployment_resource_not_found",
                f"deployment {deployment.id} has no elasticsearch resource {self.parameters['ref_id']}",
            )
        return deployment


@dataclass(frozen=True)
class Answer:
    body: Any
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
