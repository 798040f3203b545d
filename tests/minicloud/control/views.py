# SPDX-License-Identifier: GPL-3.0-or-later
"""Deployments as the API shows them. Pure."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from minicloud import tls, world
from minicloud.clock import timestamp
from minicloud.control import plans
from minicloud.control.state import Deployment, Tenant
from minicloud.switches import Switches

_CAPACITY_MB = 1024


def listing(deployment: Deployment) -> dict[str, Any]:
    return {"id": deployment.id, "name": deployment.name, "resources": [summary(deployment)]}


def summary(deployment: Deployment) -> dict[str, Any]:
    """A resource in lists and in answers to updates."""
    spec = deployment.spec
    return {
        "kind": "elasticsearch",
        "ref_id": spec.ref_id,
        "id": spec.cluster_id,
        "region": spec.region,
        "cloud_id": _cloud_id(deployment),
    }


def versioning(deployment: Deployment) -> dict[str, str]:
    """The headers that tell the version of a deployment."""
    return {
        "x-cloud-resource-version": str(deployment.version),
        "x-cloud-resource-created": timestamp(deployment.created),
        "x-cloud-resource-last-modified": timestamp(deployment.modified),
    }


def full(deployment: Deployment, tenant: Tenant, flags: Mapping[str, Any]) -> dict[str, Any]:
    """A deployment of an account with everything that the flags of the request ask for."""
    organization_id = tenant.organization_id
    rulesets = [ruleset.id for ruleset in tenant.rulesets.of(deployment.id)]
    shown: dict[str, Any] = {
        "id": deployment.id,
        "name": deployment.name,
        "healthy": deployment.plans.history[-1].error is None,
        "metadata": {
            "last_modified": timestamp(deployment.modified),
            "last_resource_plan_modified": timestamp(deployment.plans.history[-1].started),
            "hidden": False,
            "system_owned": False,
        },
        "resources": {
            "elasticsearch": [resource(deployment, organization_id, flags)],
            "kibana": [] if deployment.kibana_id is None else [_kibana(deployment, deployment.kibana_id)],
            "apm": [],
            "appsearch": [],
            "enterprise_search": [],
            "integrations_server": [],
        },
        "settings": {"auto_ops": {"status": "not_connected"}, "traffic_filter_settings": {"rulesets": rulesets}},
    }
    if flags.get("show_instance_configurations", True):
        shown["instance_configurations"] = []
    if organization_id is not None:
        shown["metadata"]["organization_id"] = organization_id
    return shown


def resource(deployment: Deployment, organization_id: str | None, flags: Mapping[str, Any]) -> dict[str, Any]:
    """The Elasticsearch resource of a deployment."""
    spec = deployment.spec
    return {"ref_id": spec.ref_id, "id": spec.cluster_id, "region": spec.region, "info": _info(deployment, organization_id, flags)}


def trust(settings: Mapping[str, Any], switches: Switches) -> dict[str, Any]:
    """Trust settings."""
    shown = dict(settings)
    if switches.empty_trust_list == "null":
        shown = {name: entries or None for name, entries in shown.items()}
    elif switches.empty_trust_list == "absent":
        shown = {name: entries for name, entries in shown.items() if entries}
    if shown.get("direct"):
        shown["direct"] = [
            {**entry, "certificates": [{**item, "metadata": tls.describe(item["pem"])} for item in entry["certificates"]]}
            for entry in shown["direct"]
        ]
    return shown


def _info(deployment: Deployment, organization_id: str | None, flags: Mapping[str, Any]) -> dict[str, Any]:
    spec = deployment.spec
    info: dict[str, Any] = {
        "cluster_id": spec.cluster_id,
        "cluster_name": spec.cluster_id,
        "deployment_id": spec.id,
        "region": spec.region,
        "healthy": True,
        "status": deployment.status,
        "metadata": _metadata(deployment),
        "plan_info": _plan_info(deployment, flags),
        "topology": {"healthy": True, "instances": [_instance(spec, name) for name in spec.node_names]},
        "elasticsearch": _health(),
        "snapshots": {"count": 0, "healthy": True, "recent_success": False},
        "associated_apm_clusters": [],
        "associated_appsearch_clusters": [],
        "associated_enterprise_search_clusters": [],
        "associated_kibana_clusters": [],
        "external_links": [],
    }
    if flags.get("show_metadata"):
        info["metadata"]["raw"] = {}
    if flags.get("show_settings"):
        info["settings"] = {"metadata": {"name": deployment.name}}
        if deployment.trust_is_set or deployment.switches.default_trust == "shown":
            info["settings"]["trust"] = trust(deployment.trust, deployment.switches)
        if organization_id is not None:
            info["settings"]["metadata"]["organization_id"] = organization_id
    return info


def _plan_info(deployment: Deployment, flags: Mapping[str, Any]) -> dict[str, Any]:
    record = deployment.plans
    info: dict[str, Any] = {"healthy": record.history[-1].error is None, "history": []}
    logs, clear_transient = bool(flags.get("show_plan_logs")), bool(flags.get("clear_transient"))
    if flags.get("show_plans", True):
        info["current"] = plans.render(record.current, logs, clear_transient)
        if record.pending is not None:
            info["pending"] = plans.render(record.pending, logs, clear_transient)
    if flags.get("show_plan_history"):
        info["history"] = [plans.render(attempt, logs, clear_transient) for attempt in record.history[-100:]]
    return info


def _metadata(deployment: Deployment) -> dict[str, Any]:
    spec = deployment.spec
    return {
        "version": deployment.version,
        "last_modified": timestamp(deployment.modified),
        "endpoint": spec.endpoint,
        "service_url": spec.service_url,
        "cloud_id": _cloud_id(deployment),
        "ports": {"https": spec.service_port, "http": 9200, "transport_passthrough": world.TRANSPORT_PORT},
    }


def _cloud_id(deployment: Deployment) -> str:
    cluster_id, _dot, domain = deployment.spec.endpoint.partition(".")
    return f"{deployment.name}:{base64.b64encode(f'{domain}:{deployment.spec.service_port}${cluster_id}$'.encode()).decode()}"


def _instance(spec: world.DeploymentSpec, name: str) -> dict[str, Any]:
    return {
        "instance_name": name,
        "service_version": spec.version,
        "service_roles": ["master", "ingest", "data_hot", "data_content", "remote_cluster_client", "transform"],
        "container_started": True,
        "service_running": True,
        "healthy": True,
        "maintenance_mode": False,
        "zone": f"{spec.region}-{spec.node_names.index(name)}",
        "memory": {"instance_capacity": _CAPACITY_MB},
    }


def _kibana(deployment: Deployment, kibana_id: str) -> dict[str, Any]:
    """The resource that an update loses with `prune_orphans`. It has nothing to do otherwise."""
    spec = deployment.spec
    return {
        "ref_id": "main-kibana",
        "elasticsearch_cluster_ref_id": spec.ref_id,
        "id": kibana_id,
        "region": spec.region,
        "info": {
            "cluster_id": kibana_id,
            "cluster_name": kibana_id,
            "elasticsearch_cluster": {"elasticsearch_id": spec.cluster_id},
            "external_links": [],
            "healthy": True,
            "metadata": {"version": 1, "last_modified": timestamp(deployment.created)},
            "plan_info": {"healthy": True, "history": []},
            "status": "started",
            "topology": {"healthy": True, "instances": []},
        },
    }


def _health() -> dict[str, Any]:
    return {
        "healthy": True,
        "master_info": {"healthy": True, "masters": [], "instances_with_no_master": []},
        "shard_info": {"healthy": True, "available_shards": [], "unavailable_shards": [], "unavailable_replicas": []},
        "blocking_issues": {"healthy": True, "cluster_level": [], "index_level": []},
    }
