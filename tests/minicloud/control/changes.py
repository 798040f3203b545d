# SPDX-License-Identifier: GPL-3.0-or-later
"""Handlers: changing a deployment: update, keystore, restart."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Collection, Mapping
from typing import Any

from minicloud.control import trust, views
from minicloud.control.call import Answer, Call
from minicloud.control.errors import UNSUPPORTED, ApiError, bad_request
from minicloud.control.plans import Work
from minicloud.control.state import Deployment, Secret

_NOTHING_PRUNED: Mapping[str, list[str]] = {
    kind: [] for kind in ("elasticsearch", "kibana", "apm", "appsearch", "enterprise_search", "integrations_server")
}
_SETTING = re.compile(r"[A-Za-z0-9_.-]+")


async def update(call: Call) -> Answer:
    deployment = call.deployment()
    wanted = call.query.get("version")
    if wanted not in (None, str(deployment.version)):
        status = call.tenant.switches.version_conflict
        raise ApiError(status, "deployments.version_conflict", f"the deployment has version {deployment.version}, not {wanted}")
    payload = _elasticsearch_payload(deployment, call.body)
    settings = (payload or {}).get("settings") or {}
    trusted = trust.after_update(call.tenant, deployment, settings)
    secrets = _secrets(settings.get("keystore_contents") or {"secrets": {}}, call.tenant.switches.keystore_delete)
    if payload is not None and deployment.plans.pending is not None:
        raise _plan_pending(deployment, call.tenant.switches.update_during_plan)
    pruned = call.body["prune_orphans"] and deployment.kibana_id is not None
    answer: dict[str, Any] = {"id": deployment.id, "name": call.body.get("name", deployment.name), "resources": [views.summary(deployment)]}
    if pruned:
        answer["shutdown_resources"] = {**_NOTHING_PRUNED, "kibana": [deployment.kibana_id]}
    if call.query.get("validate_only"):
        if payload is not None:
            shown = {"ref_id": deployment.spec.ref_id, "display_name": deployment.name, "backend_plan": payload["plan"]}
            answer["diagnostics"] = {"updates": {"elasticsearch": [shown]}}
        return Answer(answer)
    restarts = call.tenant.switches.trust_change_restarts and trusted != deployment.trust
    deployment.name = answer["name"]
    deployment.kibana_id = None if pruned else deployment.kibana_id
    if "trust" in settings:
        deployment.trust, deployment.trust_is_set = trusted, settings["trust"] is not None
        await trust.share_certificates(call.tenant, deployment)
    deployment.touch()
    if payload is not None:
        await deployment.deliver(deployment.set_secrets(secrets))
        await _apply(call, deployment, payload["plan"], restarts)
    return Answer(answer, headers=views.versioning(deployment))


async def get_keystore(call: Call) -> Answer:
    return Answer(_keystore(call.resource()))


async def set_keystore(call: Call) -> Answer:
    deployment = call.resource()
    secrets = _secrets(call.body, call.tenant.switches.keystore_delete)
    if not call.tenant.switches.keystore_change_starts_plan:
        await deployment.deliver(deployment.set_secrets(secrets))
        return Answer(_keystore(deployment))
    if deployment.plans.pending is not None:
        raise _plan_pending(deployment)
    work = functools.partial(deployment.deliver, deployment.set_secrets(secrets))
    _start_plan(call, deployment, "reconfiguring", deployment.plans.current.plan, work)
    return Answer(_keystore(deployment))


async def restart(call: Call) -> Answer:
    deployment = call.resource()
    if deployment.plans.pending is not None:
        if not call.query.get("cancel_pending"):
            raise _plan_pending(deployment)
        await deployment.plans.cancel()
    plan = {**deployment.plans.current.plan, "transient": {"plan_configuration": {"cluster_reboot": "forced"}}}
    _start_plan(call, deployment, "restarting", plan, deployment.restart)
    deployment.touch()
    return Answer({"warnings": []}, status=202)


async def _apply(call: Call, deployment: Deployment, plan: dict[str, Any], restarts: bool) -> None:
    """Bring the trust settings to the nodes: by a plan, unless updates that change no plan start none."""

    async def work() -> None:
        await deployment.apply_trust()
        if restarts:
            await deployment.restart()

    if restarts or call.tenant.switches.unchanged_update_starts_plan:
        _start_plan(call, deployment, "reconfiguring", plan, work)
    else:
        await work()


def _start_plan(call: Call, deployment: Deployment, activity: str, plan: dict[str, Any], work: Work) -> None:
    deployment.plans.start(f"deployments.{call.operation}", call.user, activity, plan, work, call.conditions)


def _keystore(deployment: Deployment) -> dict[str, Any]:
    shown_value = {"absent": {}, "null": {"value": None}, "object": {"value": {}}}[deployment.switches.keystore_value]
    return {"secrets": {name: {"as_file": as_file, **shown_value} for name, as_file in sorted(deployment.secrets.items())}}


def _secrets(contents: Mapping[str, Any], deletions: Collection[str]) -> dict[str, Secret | None]:
    """What a keystore change asks for, None = remove. Raises ApiError for names that no setting has."""
    if refused := [name for name in contents["secrets"] if not _SETTING.fullmatch(name)]:
        raise bad_request("not a name of a setting", refused)
    changes: dict[str, Secret | None] = {}
    for name, entry in contents["secrets"].items():
        value = None if entry is None else entry.get("value")
        if value is None or value == "":
            spelling = "null_entry" if entry is None else "empty_object" if value is None else "empty_value"
            if spelling in deletions:
                changes[name] = None
        else:
            text = value if isinstance(value, str) else json.dumps(value)
            changes[name] = Secret(text, entry.get("as_file", not isinstance(value, str)))
    return changes


def _plan_pending(deployment: Deployment, status: int = 422) -> ApiError:
    return ApiError(status, "deployments.deployment_resource_plan_change_error", f"deployment {deployment.id} has a pending plan")


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
