# SPDX-License-Identifier: GPL-3.0-or-later
"""Handlers: changing a deployment: update, keystore, restart."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from typing import Any

from minicloud import tls
from minicloud.control import views
from minicloud.control.call import Answer, Call
from minicloud.control.errors import UNSUPPORTED, ApiError, bad_request
from minicloud.control.state import Deployment

_SETTING = re.compile(r"[A-Za-z0-9_.-]+")
_DIRECT_TYPES = ("ECE", "ESS", "generic", "proxy")
_NOT_FOR_PROXY = ("trust_allowlist", "scope_id", "additional_node_names")


async def update(call: Call) -> Answer:
    deployment = call.deployment()
    wanted = call.query.get("version")
    if wanted not in (None, str(deployment.version)):
        raise ApiError(409, "deployments.version_conflict", f"the deployment has version {deployment.version}, not {wanted}")
    payload = _elasticsearch_payload(deployment, call.body)
    settings = (payload or {}).get("settings") or {}
    trust = deployment.trust
    if "trust" in settings:
        trust = call.tenant.default_trust() if settings["trust"] is None else _trust(settings["trust"])
    _check_names(settings.get("keystore_contents") or {"secrets": {}})
    if payload is not None and deployment.plans.pending is not None:
        raise _plan_pending(deployment)
    answer: dict[str, Any] = {"id": deployment.id, "name": call.body.get("name", deployment.name), "resources": [views.summary(deployment)]}
    if call.query.get("validate_only"):
        if payload is not None:
            shown = {"ref_id": deployment.spec.ref_id, "display_name": deployment.name, "backend_plan": payload["plan"]}
            answer["diagnostics"] = {"updates": {"elasticsearch": [shown]}}
        return Answer(answer)
    deployment.name = answer["name"]
    deployment.trust = trust
    deployment.touch()
    if payload is not None:
        await deployment.change_keystore((settings.get("keystore_contents") or {}).get("secrets", {}))
        deployment.plans.start("deployments.update-deployment", call.user, "reconfiguring", payload["plan"], deployment.apply_trust)
    return Answer(answer, headers=views.versioning(deployment))


async def get_keystore(call: Call) -> Answer:
    return Answer(_keystore(call.resource()))


async def set_keystore(call: Call) -> Answer:
    deployment = call.resource()
    _check_names(call.body)
    await deployment.change_keystore(call.body["secrets"])
    return Answer(_keystore(deployment))


async def restart(call: Call) -> Answer:
    deployment = call.resource()
    if deployment.plans.pending is not None:
        if not call.query.get("cancel_pending"):
            raise _plan_pending(deployment)
        await deployment.plans.cancel()
    plan = {**deployment.plans.current.plan, "transient": {"plan_configuration": {"cluster_reboot": "forced"}}}
    deployment.plans.start("deployments.restart-deployment-es-resource", call.user, "restarting", plan, deployment.restart)
    deployment.touch()
    return Answer({"warnings": []}, status=202)


def _keystore(deployment: Deployment) -> dict[str, Any]:
    return {"secrets": {name: {"as_file": as_file} for name, as_file in sorted(deployment.secrets.items())}}


def _check_names(contents: Mapping[str, Any]) -> None:
    if refused := [name for name in contents["secrets"] if not _SETTING.fullmatch(name)]:
        raise bad_request("not a name of a setting", refused)


def _plan_pending(deployment: Deployment) -> ApiError:
    return ApiError(422, "deployments.deployment_resource_plan_change_error", f"deployment {deployment.id} has a pending plan")


def _elasticsearch_payload(deployment: Deployment, body: Mapping[str, Any]) -> dict[str, Any] | None:
    """The part of an update about Elasticsearch. Raises ApiError for whatever this deployment cannot become."""
    payloads = body.get("resources", {}).get("elasticsearch", [])
    if not payloads:
        if body["prune_orphans"]:
            raise bad_request("this would shut down the Elasticsearch resource, which the mini cloud does not do", code=UNSUPPORTED)
        return None
    payload = payloads[0]
    if len(payloads) > 1 or payload["ref_id"] not in (deployment.spec.ref_id, "_main"):
        raise bad_request(f"the only elasticsearch resource is {deployment.spec.ref_id}", ["body.resources.elasticsearch"], UNSUPPORTED)
    if payload["region"] != deployment.spec.region:
        raise bad_request("a resource does not change its region", ["body.resources.elasticsearch[0].region"])
    if _lasting(payload["plan"]) != _lasting(deployment.plans.current.plan):
        raise bad_request(
            "a plan replaces the present one as a whole, and the mini cloud changes neither topology nor version",
            ["body.resources.elasticsearch[0].plan"],
            "clusters.cluster_invalid_plan",
        )
    return payload


def _lasting(plan: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in plan.items() if name != "transient"}


def _trust(wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Trust settings as they are stored: all lists are replaced, and one that is not there is empty afterwards."""
    return {
        "accounts": [_without_nulls(entry) for entry in wanted.get("accounts") or []],
        "external": [_without_nulls(entry) for entry in wanted.get("external") or []],
        "direct": [_direct(entry) for entry in wanted.get("direct") or []],
    }


def _direct(wanted: Mapping[str, Any]) -> dict[str, Any]:
    entry = {"type": "generic", "uid": secrets.token_hex(16), **_without_nulls(wanted)}
    if entry["type"] not in _DIRECT_TYPES:
        raise bad_request(f"type must be one of {', '.join(_DIRECT_TYPES)}", ["trust.direct.type"])
    if entry["type"] == "proxy" and (entry["trust_all"] or any(name in entry for name in _NOT_FOR_PROXY)):
        raise bad_request(f"a trust of type proxy takes no {', '.join(_NOT_FOR_PROXY)}, and trust_all must be false", ["trust.direct"])
    try:
        chains = [tls.split_chain(certificate["pem"]) for certificate in entry["certificates"]]
    except ValueError as error:
        raise bad_request("a certificate is not readable as PEM", ["trust.direct.certificates"]) from error
    entry["certificates"] = [{"pem": pem} for chain in chains for pem in chain]
    return entry


def _without_nulls(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in entry.items() if value is not None}
