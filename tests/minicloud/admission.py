# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may connect to a deployment: the rules of traffic filters, and how they judge a cluster that calls. Pure."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Rule = Mapping[str, Any]

ECH_INSTALLATION = "ech"
_PRIVATE_CONNECTIONS = ("vpce", "azure_private_endpoint", "gcp_private_service_connect_endpoint")
TYPES: Mapping[str, Sequence[str]] = {
    "ech": ("ip", "remote_cluster", "egress_firewall", *_PRIVATE_CONNECTIONS),
    "ece": ("ip", "remote_cluster"),
}


@dataclass(frozen=True)
class Caller:
    """A cluster that connects to others.

    `installation` is what it runs on: Elastic Cloud Hosted as a whole, or one environment; `scope_id` its organization or environment;
    `egress` are the networks from whose addresses its connections come.
    """

    installation: str
    scope_id: str
    cluster_id: str
    egress: tuple[str, ...]


@dataclass(frozen=True)
class Filter:
    """What the rule sets of a deployment let in: networks, and clusters as (organization or environment id, cluster id), "" = any."""

    networks: frozenset[str] = frozenset()
    clusters: frozenset[tuple[str, str]] = frozenset()

    def admits(self, caller: Caller, installation: str) -> bool:
        """Whether a cluster may connect to a deployment on `installation`."""
        return self._knows_cluster(caller, installation) or self._covers(caller.egress)

    def _knows_cluster(self, caller: Caller, installation: str) -> bool:
        # Proxies know the identity of the clusters of their own installation only.
        return caller.installation == installation and any(
            scope_id in ("", caller.scope_id) and cluster_id in ("", caller.cluster_id) for scope_id, cluster_id in self.clusters
        )

    def _covers(self, egress: Sequence[str]) -> bool:
        """Whether every address is let in: a connection may come from any of them, and a link that works now and then does not work."""
        merged = [*_merged(self.networks, 4), *_merged(self.networks, 6)]
        own = [ipaddress.ip_network(network) for network in egress]
        return bool(own) and all(any(_is_within(network, admitted) for admitted in merged) for network in own)


def combined(rulesets: Iterable[tuple[str, Sequence[Rule]]]) -> Filter | None:
    """What (type, rules) of all rule sets of a deployment let in together; None = everybody, because nothing filters what comes in.

    Private connections filter, but no cluster of the mini cloud comes by one.
    """
    incoming = [(kind, rules) for kind, rules in rulesets if kind != "egress_firewall"]
    if not incoming:
        return None
    networks = frozenset(rule["source"] for kind, rules in incoming if kind == "ip" for rule in rules)
    clusters = [rule for kind, rules in incoming if kind == "remote_cluster" for rule in rules]
    ids = frozenset((rule.get("remote_cluster_org_id") or "", rule.get("remote_cluster_id") or "") for rule in clusters)
    return Filter(networks, ids)


def problem(platform_type: str, kind: str, rules: Sequence[Rule]) -> str | None:
    """What is wrong with a rule set of this type, None when nothing is."""
    if kind not in TYPES[platform_type]:
        return f"type must be one of {', '.join(TYPES[platform_type])}"
    needs, is_complete = _NEEDS[kind]
    return next((f"each rule of type {kind} needs {needs}" for rule in rules if not is_complete(rule)), None)


def is_network(text: Any) -> bool:
    """Whether it is an address or a network in CIDR notation."""
    try:
        ipaddress.ip_network(text)
    except ValueError:
        return False
    return isinstance(text, str)


def _merged(networks: Iterable[str], version: int) -> Iterable[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    parsed = map(ipaddress.ip_network, networks)
    return ipaddress.collapse_addresses(network for network in parsed if network.version == version)


def _is_within(network: Any, other: Any) -> bool:
    return network.version == other.version and network.subnet_of(other)


def _has_any(*fields: str) -> Callable[[Rule], bool]:
    return lambda rule: any(rule.get(field) for field in fields)


_NEEDS: Mapping[str, tuple[str, Callable[[Rule], bool]]] = {
    "ip": ("a source that is an address or a network in CIDR notation", lambda rule: is_network(rule.get("source"))),
    "remote_cluster": ("remote_cluster_org_id or remote_cluster_id", _has_any("remote_cluster_org_id", "remote_cluster_id")),
    "egress_firewall": ("egress_rule", _has_any("egress_rule")),
    "vpce": ("source", _has_any("source")),
    "azure_private_endpoint": ("azure_endpoint_name or azure_endpoint_guid", _has_any("azure_endpoint_name", "azure_endpoint_guid")),
    "gcp_private_service_connect_endpoint": ("source", _has_any("source")),
}
