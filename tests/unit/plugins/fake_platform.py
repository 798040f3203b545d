# SPDX-License-Identifier: GPL-3.0-or-later
"""The Cloud API as far as trust, certificates and traffic filters go, on top of the small Cloud with one deployment."""

from __future__ import annotations

import copy

from ansible_collections.crosscluster.elastic.tests.unit.plugins import fakes
from ansible_collections.crosscluster.elastic.tests.unit.plugins.fakes import Answer

RELATIONSHIPS = "/api/v1/regions/ece-region/platform/configuration/trust-relationships"
FILTERS = "/api/v1/deployments/traffic-filter/rulesets"


class Platform(fakes.Cloud):
    """trust: settings of the deployment. backend_plan: what ``validate_only`` answers, None for the present plan.
    chain: certificates of the proxies, None where the platform has none to show. rulesets: by id.
    account_trust: the default for new deployments.
    relationships: with other environments, by id, besides its own entry; None where the platform does not know the question.
    authorities: of the nodes, whether they are active and as PEM, None where the platform does not know the question."""

    def __init__(self) -> None:
        super().__init__()
        self.trust: dict = {"accounts": [{"account_id": "42", "trust_all": True, "name": "own"}]}
        self.account_trust: dict | None = {"trust_all": True}
        self.backend_plan: dict | None = None
        self.chain: list[str] | None = []
        self.authorities: list[tuple[bool, str]] | None = []
        self.rulesets: dict[str, dict] = {}
        self.relationships: dict[str, dict] | None = {}
        self.bodies: list[dict] = []

    def writes(self) -> list[str]:
        tried = {f"{request.method} {request.path}" for request in self.server.requests if "validate_only" in request.query}
        return [line for line in super().writes() if line not in tried] + ["update"] * len(self.bodies)

    def ruleset(self, ruleset_id: str, *associations: str, **fields) -> dict:
        """Put a ruleset there."""
        self.rulesets[ruleset_id] = {
            "id": ruleset_id,
            "name": f"named {ruleset_id}",
            "type": "ip",
            "region": "ece-region",
            "include_by_default": False,
            "rules": [{"id": "rule-1", "source": "192.0.2.0/24"}],
            "associations": [{"entity_type": "deployment", "id": deployment} for deployment in associations],
            **fields,
        }
        return self.rulesets[ruleset_id]

    def update(self, request, _deployment_id):
        (payload,) = request.body["resources"]["elasticsearch"]
        if "validate_only" in request.query:
            shown = {"ref_id": payload["ref_id"], "backend_plan": self.backend_plan or payload["plan"]}
            return Answer(body={"diagnostics": {"updates": {"elasticsearch": [shown]}}})
        self.bodies.append(request.body)
        self.trust = copy.deepcopy(payload["settings"]["trust"])
        self.attempts += 1
        return Answer()

    def account(self, _request):
        return Answer(body={"id": "42", **({} if self.account_trust is None else {"trust": self.account_trust})})

    def update_account(self, request):
        self.account_trust = request.body["trust"]
        return self.account(request)

    def environments(self, _request):
        return Answer(404)

    def certificates(self, _request, service):
        return Answer(403) if self.chain is None else Answer(body={"user_supplied": True, "chain": self.chain, "service": service})

    def certificate_authority(self, _request, _deployment_id):
        if self.authorities is None:
            return Answer(404)
        certificates = [{"active": active, "pem": pem, "metadata": {"fingerprint": "..."}} for active, pem in self.authorities]
        return Answer(body={"recommended_trust_restriction": "*.node.c1.cluster.42.account", "public_certificates": certificates})

    def list_relationships(self, _request):
        if self.relationships is None:
            return Answer(404)
        own = {"id": "local", "name": "berlin", "local": True, "trust_by_default": True, "account_ids": ["42"], "public_ca_cert": "own CA"}
        return Answer(body={"trust_relationships": copy.deepcopy([own, *self.relationships.values()])})

    def create_relationship(self, request):
        made = {"id": f"t{len(self.relationships)}", "local": False, "trust_by_default": False, **request.body}
        self.relationships[made["id"]] = made
        return Answer(201, {name: value for name, value in made.items() if name != "public_ca_cert"})

    def replace_relationship(self, request, relationship_id):
        self.relationships[relationship_id] = {"id": relationship_id, "local": False, **request.body}
        return Answer(body={"id": relationship_id})

    def delete_relationship(self, _request, relationship_id):
        return Answer(404) if self.relationships.pop(relationship_id, None) is None else Answer(body={})

    def list_rulesets(self, _request):
        return Answer(body={"rulesets": [self._shown(ruleset) for ruleset in self.rulesets.values()]})

    def get_ruleset(self, _request, ruleset_id):
        return Answer(body=self._shown(self.rulesets[ruleset_id])) if ruleset_id in self.rulesets else Answer(404)

    def create_ruleset(self, request):
        self.ruleset(f"r{len(self.rulesets)}", **request.body)
        return Answer(201, {"id": f"r{len(self.rulesets) - 1}"})

    def replace_ruleset(self, request, ruleset_id):
        rules = [{**rule, "id": f"{ruleset_id}-{number}"} for number, rule in enumerate(request.body["rules"])]
        self.rulesets[ruleset_id].update({**request.body, "rules": rules})
        return Answer(body={"id": ruleset_id})

    def delete_ruleset(self, _request, ruleset_id):
        return Answer(404) if self.rulesets.pop(ruleset_id, None) is None else Answer()

    def associate(self, request, ruleset_id):
        self.rulesets[ruleset_id]["associations"].append(dict(request.body))
        return Answer(201)

    def dissociate(self, _request, ruleset_id, deployment_id):
        kept = [entry for entry in self.rulesets[ruleset_id]["associations"] if entry["id"] != deployment_id]
        self.rulesets[ruleset_id]["associations"] = kept
        return Answer()

    def _shown(self, ruleset: dict) -> dict:
        return {"total_associations": len(ruleset["associations"]), **copy.deepcopy(ruleset)}

    def _resource(self) -> dict:
        resource = super()._resource()
        resource["info"]["settings"] = {"trust": copy.deepcopy(self.trust)}
        return resource

    routes = {
        **fakes.Cloud.routes,
        ("GET", "/api/v1/account"): account,
        ("PUT", "/api/v1/account"): update_account,
        ("GET", "/api/v1/trusted-environments"): environments,
        ("GET", "/api/v1/platform/configuration/security/tls/([^/]+)"): certificates,
        ("GET", "/api/v1/deployments/([^/]+)/certificate-authority"): certificate_authority,
        ("GET", RELATIONSHIPS): list_relationships,
        ("POST", RELATIONSHIPS): create_relationship,
        ("PUT", f"{RELATIONSHIPS}/([^/]+)"): replace_relationship,
        ("DELETE", f"{RELATIONSHIPS}/([^/]+)"): delete_relationship,
        ("GET", FILTERS): list_rulesets,
        ("POST", FILTERS): create_ruleset,
        ("GET", f"{FILTERS}/([^/]+)"): get_ruleset,
        ("PUT", f"{FILTERS}/([^/]+)"): replace_ruleset,
        ("DELETE", f"{FILTERS}/([^/]+)"): delete_ruleset,
        ("POST", f"{FILTERS}/([^/]+)/associations"): associate,
        ("DELETE", f"{FILTERS}/([^/]+)/associations/deployment/([^/]+)"): dissociate,
        ("PUT", "/api/v1/deployments/([^/]+)"): update,
    }
