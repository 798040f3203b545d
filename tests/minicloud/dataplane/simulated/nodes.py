# SPDX-License-Identifier: GPL-3.0-or-later
"""What nodes say of themselves, and the reload of their keystores."""

from __future__ import annotations

import re
from typing import Any

from minicloud.dataplane.simulated import settings, versions
from minicloud.dataplane.simulated.call import Answer, Call
from minicloud.dataplane.simulated.cluster import Node
from minicloud.dataplane.simulated.configuration import read_secrets
from minicloud.dataplane.simulated.errors import ElasticsearchError
from minicloud.dataplane.simulated.keystoretool import WrongPassword
from minicloud.dataplane.simulated.links import load_credentials

_RELOAD = "cluster:admin/xpack/security/remote_cluster_credentials/reload"
_TAG_MISMATCH = {"type": "a_e_a_d_bad_tag_exception", "reason": "Tag mismatch!"}
_BAD_TAG = {"type": "i_o_exception", "reason": "javax.crypto.AEADBadTagException: Tag mismatch!", "caused_by": _TAG_MISMATCH}
_WRONG_PASSWORD = {
    "reload_exception": {"type": "security_exception", "reason": "Provided keystore password was incorrect", "caused_by": _BAD_TAG}
}
# Simulated nodes of a platform listen nowhere.
_ADDRESS = "127.0.0.1"
# Elasticsearch does not show where certificates lie and how they are checked.
_HIDDEN = re.compile(r"xpack\.security\..*\.ssl\.(?!enabled$).*")
_ROLES = (
    "data",
    "data_cold",
    "data_content",
    "data_frozen",
    "data_hot",
    "data_warm",
    "ingest",
    "master",
    "ml",
    "remote_cluster_client",
    "transform",
)


async def info(call: Call) -> Answer:
    """All nodes; of what a real node tells, only what concerns links."""
    call.subject.may("cluster:monitor/nodes/info")
    return Answer(_of_nodes(call, {node.id: _described(call, node) for node in _addressed(call)}))


async def http(call: Call) -> Answer:
    """Where nodes answer clients."""
    call.subject.may("cluster:monitor/nodes/info")
    found = {}
    for node in _addressed(call):
        place = f"{node.address or _ADDRESS}:9200"
        ports = {"bound_address": [place], "publish_address": place, "max_content_length_in_bytes": 104857600}
        found[node.id] = {**_described(call, node), "http": ports}
    return Answer(_of_nodes(call, found))


async def file_settings(call: Call) -> Answer:
    """The settings of nodes as their files have them."""
    call.subject.may("cluster:monitor/nodes/info")
    flat = call.flag("flat_settings")
    found = {
        node.id: {**_described(call, node), "settings": settings.shown(dict(sorted(_in_files(call, node).items())), flat)}
        for node in _addressed(call)
    }
    return Answer(_of_nodes(call, found))


async def jvm(call: Call) -> Answer:
    """Since when the processes of nodes have been running."""
    call.subject.may("cluster:monitor/nodes/info")
    found = {node.id: {**_described(call, node), "jvm": _process(node)} for node in _addressed(call)}
    return Answer(_of_nodes(call, found))


def _process(node: Node) -> dict[str, Any]:
    sizes = ("heap_init", "heap_max", "non_heap_init", "non_heap_max", "direct_max")
    return {
        "pid": 1,
        "version": "17.0.2",
        "vm_name": "OpenJDK 64-Bit Server VM",
        "vm_version": "17.0.2",
        "vm_vendor": "Eclipse Adoptium",
        "using_bundled_jdk": False,
        "start_time_in_millis": int(node.started * 1000),
        "mem": {f"{name}_in_bytes": 0 for name in sizes},
        "gc_collectors": ["Copy", "MarkSweepCompact"],
        "memory_pools": ["CodeCache", "Metaspace", "Compressed Class Space", "Eden Space", "Survivor Space", "Tenured Gen"],
        "using_compressed_ordinary_object_pointers": "true",
        "input_arguments": ["-Xms512m"],
    }


def _described(call: Call, node: Node) -> dict[str, Any]:
    address = node.address or _ADDRESS
    return {
        "name": node.name,
        "transport_address": f"{address}:9300",
        "host": address,
        "ip": address,
        "version": call.cluster.deployment.version,
        "transport_version": 8841096,
        "index_version": 8537000,
        "component_versions": {"api_key_version": 8150099, "ml_config_version": 12000099, "transform_config_version": 10000099},
        "build_flavor": "default",
        "build_type": "docker",
        "build_hash": "0" * 40,
        "roles": list(_ROLES),
        "attributes": {"xpack.installed": "true"},
    }


def _in_files(call: Call, node: Node) -> dict[str, Any]:
    """Of a self-managed node those it started with; of others those of the mini cloud's real nodes, from `minicloud.dataplane.settings`."""
    if node.folder is not None:
        return {name: value for name, value in node.settings.items() if not _HIDDEN.fullmatch(name)}
    switched_on = ("transport", "remote_cluster_client", "remote_cluster_server")
    return {
        "cluster.name": call.cluster.deployment.cluster_name,
        "cluster.routing.allocation.disk.threshold_enabled": "false",
        "discovery.type": "single-node",
        **{f"{name}.type": "security4" for name in ("http", "transport")},
        **{f"{name}.type.default": "netty4" for name in ("http", "transport")},
        "http.port": "9200",
        "network.host": _ADDRESS,
        "node.attr.xpack.installed": "true",
        "node.name": node.name,
        **{f"path.{name}": f"/usr/share/elasticsearch/{name}" for name in ("data", "home", "logs")},
        "remote_cluster.host": _ADDRESS,
        "remote_cluster.port": "9443",
        "remote_cluster_server.enabled": "true",
        "transport.port": "9300",
        "xpack.license.self_generated.type": call.cluster.deployment.licence,
        "xpack.security.autoconfiguration.enabled": "false",
        "xpack.security.enabled": "true",
        "xpack.security.http.ssl.enabled": "false",
        **{f"xpack.security.{name}.ssl.enabled": "true" for name in switched_on},
    }


async def reload_secure_settings(call: Call) -> Answer:
    password = call.optional_body().get("secure_settings_password")
    call.subject.may("cluster:admin/nodes/reload_secure_settings")
    return Answer(_of_nodes(call, {node.id: {"name": node.name, **_reloaded(call, node, password)} for node in _addressed(call)}))


def _reloaded(call: Call, node: Node, password: str | None) -> dict[str, Any]:
    version = call.cluster.version
    try:
        if node.folder is not None:
            node.stored = read_secrets(node.folder, password or "")
    except WrongPassword:
        return _WRONG_PASSWORD
    if password and node.folder is None:
        return _WRONG_PASSWORD
    if version < versions.CREDENTIALS_RELOAD:
        # It succeeds, but credentials of remote clusters are only read when a node starts.
        return {}
    if version < versions.RELOAD_WITH_MANAGE_ALONE:
        try:
            call.subject.may(_RELOAD)
        except ElasticsearchError as error:
            return {"reload_exception": error.cause}
    load_credentials(call.network, call.cluster, node)
    return {}


def _addressed(call: Call) -> list[Node]:
    selector = call.parameters.get("node", "_all")
    running = [node for node in call.cluster.nodes if node.is_up]
    if selector == "_local":
        return [call.node]
    return running if selector == "_all" else [node for node in running if selector in (node.id, node.name)]


def _of_nodes(call: Call, found: dict[str, Any]) -> dict[str, Any]:
    counts = {"total": len(found), "successful": len(found), "failed": 0}
    return {"_nodes": counts, "cluster_name": call.cluster.deployment.cluster_name, "nodes": found}
