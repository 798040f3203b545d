# SPDX-License-Identifier: GPL-3.0-or-later
"""What cannot be right in a declaration, told before anything is read. Pure rules; all problems at once."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from . import access, aliases, deployment, durations, remote, roles
from .addresses import is_address, is_network, url_problem
from .platforms import ECE, ECH, SELF_MANAGED

if TYPE_CHECKING:
    from .declaration import Cluster, Declaration, Link, Platform


def name_problems(kind: str, items: Iterable[Mapping[str, Any]]) -> list[str]:
    """Names that are empty or given twice."""
    names = [item["name"] for item in items]
    found = [f"{kind} {name!r} is declared more than once" for name in dict.fromkeys(names) if names.count(name) > 1]
    return found + [f"a {kind} has an empty name" for name in names if not name.strip()]


def node_problems(nodes: Iterable[Mapping[str, Any]], clusters: Container[str]) -> list[str]:
    """Nodes of clusters that are not there. clusters: names."""
    names = dict.fromkeys(node["cluster"] for node in nodes)
    return [f"nodes: cluster {name!r} is not declared" for name in names if name not in clusters]


def problems(declaration: Declaration) -> list[str]:
    """Each problem names the object and the option."""
    found = [f"platform {platform.name!r}: {text}" for platform in declaration.platforms.values() for text in _platform(platform)]
    found += [f"cluster {cluster.name!r}: {text}" for cluster in declaration.clusters.values() for text in _cluster(cluster, declaration)]
    ids = [link.id for link in declaration.links]
    for link in declaration.links:
        found += [f"link {link}: {text}" for text in _link(link, declaration)]
    return found + [
        f"link {name}: the alias is declared more than once on this local cluster" for name in dict.fromkeys(ids) if ids.count(name) > 1
    ]


def _platform(platform: Platform) -> list[str]:
    found = _networks(platform.egress)
    if platform.type == SELF_MANAGED:
        return found + [f"{option} has no meaning here: a self-managed platform has no API" for option in _api_options(platform)]
    if platform.type == ECE and not platform.url:
        found.append("url is missing: give the address of the ECE coordinator, for example https://coordinator.example.com:12443")
    else:
        found += _stated(url_problem(platform.url))
    if platform.type == ECH and not platform.api_key:
        found.append("api_key is missing: Elastic Cloud Hosted takes API keys only")
    if platform.type == ECE and not platform.api_key and not (platform.username and platform.password):
        found.append("credentials are missing: give api_key, or username and password")
    return found


def _api_options(platform: Platform) -> list[str]:
    return [option for option in ("url", "api_key", "username", "password") if getattr(platform, option)]


def _networks(texts: Iterable[str]) -> list[str]:
    return [f"egress {text!r} is not an IPv4 address or network such as 192.0.2.0/24" for text in texts if not is_network(text)]


def _cluster(cluster: Cluster, declaration: Declaration) -> list[str]:
    found = _networks(cluster.egress)
    if cluster.platform not in declaration.platforms:
        found.append(f"platform {cluster.platform!r} is not declared")
    elif declaration.self_managed(cluster.name):
        found += _self_managed(cluster)
    else:
        found += _deployment(cluster)
    found += _stated(url_problem(cluster.url) if cluster.url else "")
    if not cluster.api_key and not (cluster.username and cluster.password):
        found.append("username and password of an Elasticsearch user are missing: a Cloud API key gives no access to Elasticsearch")
    return found


def _self_managed(cluster: Cluster) -> list[str]:
    found = [] if cluster.url else ["url is missing: give the address of Elasticsearch, for example https://node-1.example.com:9200"]
    if cluster.deployment:
        found.append("deployment has no meaning here: the cluster is self-managed")
    if cluster.remote_address and not is_address(cluster.remote_address):
        found.append(f"remote_address {cluster.remote_address!r} is not host:port")
    return found + [f"nodes: {text}" for url in cluster.nodes for text in _stated(url_problem(url))]


def _deployment(cluster: Cluster) -> list[str]:
    found = [f"{option} is for self-managed clusters only: the platform tells it" for option in _self_managed_options(cluster)]
    return found + _stated(deployment.problem(cluster.deployment))


def _self_managed_options(cluster: Cluster) -> list[str]:
    return [option for option in ("nodes", "remote_address") if getattr(cluster, option)]


def _link(link: Link, declaration: Declaration) -> list[str]:
    found = [
        f"{side} cluster {name!r} is not declared (in a sliced job each slice must see the whole registry: keep it in variables of all)"
        for side, name in (("local", link.local), ("remote", link.remote))
        if name not in declaration.clusters
    ]
    if link.local == link.remote:
        found.append("local and remote are the same cluster")
    if link.remote in declaration.clusters and declaration.clusters[link.remote].api_key:
        found.append(f"cluster {link.remote!r} has an api_key, but only a user can make cross-cluster API keys: give username and password")
    found += _stated(aliases.problem(link.alias))
    found += access.problems(link.access) if declaration.state == "present" else []
    known = link.remote in declaration.clusters and declaration.clusters[link.remote].platform in declaration.platforms
    found += _connection(link, declaration.self_managed(link.remote)) if known else []
    found += _authorities(link, declaration.platform_of(link.remote).type) if known else []
    found += _certificates(link, declaration) if link.security_model == "certificate" else []
    found += remote.server_name_problems(link.server_name)
    found += [text for role in link.roles for text in _stated(roles.name_problem(role["name"]))]
    found += [f"role {role['name']!r} {text}" for role in link.roles for text in access.filter_problems(role)]
    found += _purposes(link) if declaration.state == "present" else []
    return found + _durations(link)


def _connection(link: Link, self_managed: bool) -> list[str]:
    found = remote.further_problems(link.mode, link.settings)
    if link.mode == "sniff" and not self_managed:
        return [*found, "mode sniff cannot reach a deployment of Elastic Cloud: use proxy"]
    if link.mode == "sniff":
        found += [f"{option} does not go with mode sniff" for option in ("proxy_address", "server_name") if getattr(link, option)]
        found += [] if link.seeds else ["seeds is missing: mode sniff needs the addresses (host:port) of nodes of the remote"]
    elif link.seeds:
        found.append("seeds does not go with mode proxy")
    found += [f"seeds has {seed!r}, which is not host:port" for seed in link.seeds if not is_address(seed)]
    if link.proxy_address and not is_address(link.proxy_address):
        found.append(f"proxy_address {link.proxy_address!r} is not host:port")
    return found


def _authorities(link: Link, platform_type: str) -> list[str]:
    if link.ca == "private" and not link.ca_certificates and platform_type != ECE:
        return ["ca_certificates is missing: only Elastic Cloud Enterprise tells the CA of its proxies"]
    if link.ca == "public" and link.ca_certificates:
        return ["ca_certificates does not go with ca public: leave one of them out"]
    if link.ca_password and not link.ca_certificates:
        return ["ca_password is given without ca_certificates"]
    return []


def _certificates(link: Link, declaration: Declaration) -> list[str]:
    """Nodes that trust each other's certificates need no key, and none of what belongs to it."""
    sides = [declaration.clusters[name].platform for name in (link.local, link.remote) if name in declaration.clusters]
    own = any(declaration.platforms[name].type == SELF_MANAGED for name in sides if name in declaration.platforms)
    found = ["security_model certificate connects deployments of Elastic Cloud only: self-managed clusters need api_key"] if own else []
    if link.network == "always":
        found.append("network always does nothing with security_model certificate: traffic filters do not count for such connections")
    given = [option for option in ("expiration", "certificate_identity", "ca_certificates") if getattr(link, option)]
    given += ["remote_cluster of a role"] if any(role.get("remote_cluster") for role in link.roles) else []
    return found + [f"{option} belongs to security_model api_key: with certificate the roles of the remote decide" for option in given]


def _purposes(link: Link) -> list[str]:
    """Roles for which there is nothing that they could be for."""
    presets = {role["name"]: role.get("preset") or roles.SEARCH for role in link.roles if not role.get("names")}
    return [
        f"role {name!r} is for {preset}, but access.{preset} names nothing: give it names, or the other preset"
        for name, preset in presets.items()
        if not access.names(link.access, preset)
    ]


def _stated(problem: str) -> list[str]:
    """A problem as a list, "" as none."""
    return [problem] if problem else []


def _durations(link: Link) -> list[str]:
    found, values = [], {}
    for option in ("expiration", "renew_before", "orphan_after"):
        text = getattr(link, option)
        if text is None:
            continue
        try:
            values[option] = durations.milliseconds(text)
        except ValueError as error:
            found.append(f"{option} {error}")
    if not found and link.expiration and values["renew_before"] >= values["expiration"]:
        found.append(
            f"renew_before {link.renew_before} is not shorter than expiration {link.expiration}: the key would be renewed in every run"
        )
    return found
