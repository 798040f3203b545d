# SPDX-License-Identifier: GPL-3.0-or-later
"""Handlers: traffic filters, that is rule sets and their associations with deployments."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from minicloud import admission
from minicloud.control.call import Answer, Call
from minicloud.control.errors import ApiError, bad_request
from minicloud.control.rulesets import Ruleset
from minicloud.control.state import Deployment

_NOT_FOUND = "traffic_filter.not_found"
_FAILED = "traffic_filter.request_execution_failed"
_RULE_TEXTS = ("description", "source", "remote_cluster_org_id", "remote_cluster_id")


async def list_all(call: Call) -> Answer:
    region = call.query.get("region")
    found = [ruleset for ruleset in call.tenant.rulesets if region in (None, ruleset.definition["region"])]
    return Answer({"rulesets": [_shown(call, ruleset) for ruleset in found]})


async def get(call: Call) -> Answer:
    return Answer(_shown(call, _ruleset(call)))


async def create(call: Call) -> Answer:
    """Names need not be unique: each call makes another rule set."""
    _check(call)
    ruleset = Ruleset.of(call.body)
    call.tenant.rulesets.put(ruleset)
    return Answer({"id": ruleset.id}, status=201)


async def update(call: Call) -> Answer:
    """Everything is replaced; what is left out is gone."""
    ruleset = _ruleset(call)
    _check(call)
    if fixed := [name for name in ("type", "region") if call.body[name] != ruleset.definition[name]]:
        raise bad_request(f"a rule set keeps its {', '.join(fixed)}", [f"body.{name}" for name in fixed])
    call.tenant.rulesets.put(ruleset.rewritten(call.body))
    await call.tenant.enforce_filters(ruleset.deployments)
    return Answer({"id": ruleset.id})


async def delete(call: Call) -> Answer:
    ruleset = _ruleset(call)
    if ruleset.deployments and not call.query.get("ignore_associations"):
        status = call.tenant.switches.associated_ruleset
        raise ApiError(status, _FAILED, f"the rule set is associated with {len(ruleset.deployments)} deployments")
    call.tenant.rulesets.remove(ruleset)
    await call.tenant.enforce_filters(ruleset.deployments)
    return Answer({})


async def list_associations(call: Call) -> Answer:
    return Answer(_associations(_ruleset(call)))


async def associate(call: Call) -> Answer:
    ruleset = _ruleset(call)
    deployment = _entity(call, call.body["entity_type"], call.body["id"])
    if deployment.id in ruleset.deployments:
        return Answer({})
    if deployment.spec.region != ruleset.definition["region"]:
        raise bad_request("the rule set is of another region than the deployment", ["body.id"], _FAILED)
    call.tenant.rulesets.put(ruleset.associated(deployment.id))
    await call.tenant.enforce_filters([deployment.id])
    return Answer({}, status=201)


async def dissociate(call: Call) -> Answer:
    ruleset = _ruleset(call)
    deployment = _entity(call, call.parameters["association_type"], call.parameters["associated_entity_id"])
    if deployment.id not in ruleset.deployments:
        raise ApiError(404, _NOT_FOUND, "the rule set is not associated with this deployment")
    call.tenant.rulesets.put(ruleset.dissociated(deployment.id))
    await call.tenant.enforce_filters([deployment.id])
    return Answer({})


async def list_of_entity(call: Call) -> Answer:
    deployment = _entity(call, call.parameters["association_type"], call.parameters["associated_entity_id"])
    return Answer({"rulesets": [ruleset.id for ruleset in call.tenant.rulesets.of(deployment.id)]})


def _ruleset(call: Call) -> Ruleset:
    """The rule set that the path names. Raises ApiError."""
    ruleset = call.tenant.rulesets.get(call.parameters["ruleset_id"])
    if ruleset is not None:
        return ruleset
    if call.tenant.account.type == "ech" and call.tenant.switches.missing_ruleset == 403:
        raise ApiError(403, "root.permission_denied", "the caller has no permission for this rule set")
    raise ApiError(404, _NOT_FOUND, f"rule set {call.parameters['ruleset_id']} was not found")


def _entity(call: Call, kind: str, entity_id: str) -> Deployment:
    """The deployment that an association is about; one of type "cluster" names it by the id of its cluster. Raises ApiError."""
    if kind == "deployment":
        return call.find_deployment(entity_id)
    if kind == "cluster":
        clusters = {deployment.cluster_id: deployment.id for deployment in call.tenant.deployments.values()}
        return call.find_deployment(clusters.get(entity_id, entity_id))
    raise ApiError(400, "traffic_filter.invalid_association_type", f"{kind} is no type of association")


def _check(call: Call) -> None:
    account = call.tenant.account
    if not call.body["name"]:
        raise bad_request("a rule set needs a name", ["body.name"])
    if call.body["region"] not in account.regions:
        raise bad_request(f"region must be one of {', '.join(account.regions)}", ["body.region"])
    if reason := admission.problem(account.type, call.body["type"], call.body["rules"]):
        raise bad_request(reason, ["body.rules"])


def _shown(call: Call, ruleset: Ruleset) -> dict[str, Any]:
    reads_empty = call.tenant.switches.empty_rule_text
    shown = {
        **_texts(ruleset.definition, ("description",), reads_empty),
        "id": ruleset.id,
        "rules": [_texts(rule, _RULE_TEXTS, reads_empty) for rule in ruleset.rules],
    }
    return {**shown, **_associations(ruleset)} if call.query.get("include_associations") else shown


def _associations(ruleset: Ruleset) -> dict[str, Any]:
    associations = [{"entity_type": "deployment", "id": deployment_id} for deployment_id in ruleset.deployments]
    return {"associations": associations, "total_associations": len(associations)}


def _texts(content: Mapping[str, Any], names: Iterable[str], reads_empty: str) -> dict[str, Any]:
    """Texts which are not set read in different ways, whatever was written."""
    empty = {"absent": {}, "null": dict.fromkeys(names), "empty": dict.fromkeys(names, "")}[reads_empty]
    return {**empty, **{name: value for name, value in content.items() if value not in (None, "")}}
