# SPDX-License-Identifier: GPL-3.0-or-later
"""The configuration files of a node, as pure functions of where it lives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from minicloud.world import NODE_HTTP_PORT, ClusterSpec

TRANSPORT_PORT = 9300
REMOTE_CLUSTER_SERVER_PORT = 9443
PORTS = (NODE_HTTP_PORT, TRANSPORT_PORT, REMOTE_CLUSTER_SERVER_PORT)
TRANSPORT_AUTHORITIES = "transport.crt"
TRUST_RESTRICTIONS = "trust.yml"
# Files which security complains about when they are not there; empty ones will do.
_EXPECTED = ("roles.yml", "role_mapping.yml", "users", "users_roles")


@dataclass(frozen=True)
class Member:
    """One node of a cluster: `address` is a loopback address of its own, so that each node has the usual ports."""

    cluster: ClusterSpec
    name: str
    address: str
    folder: Path

    @property
    def config(self) -> Path:
        return self.folder / "config"

    @property
    def http_url(self) -> str:
        return f"http://{self.address}:{NODE_HTTP_PORT}"


def elasticsearch_yml(member: Member, members: Sequence[Member]) -> dict[str, Any]:
    """The settings of `member` in a cluster of `members`; certificate files are relative to its config folder."""
    own = {"key": "certs/node.key", "certificate": "certs/node.crt"}
    settings: dict[str, Any] = {
        "cluster.name": member.cluster.cluster_name,
        "node.name": member.name,
        "path.data": str(member.folder / "data"),
        "path.logs": str(member.folder / "logs"),
        "network.host": member.address,
        "http.port": NODE_HTTP_PORT,
        "transport.port": TRANSPORT_PORT,
        "remote_cluster_server.enabled": True,
        "remote_cluster.host": member.address,
        "remote_cluster.port": REMOTE_CLUSTER_SERVER_PORT,
        # A full disk of the machine is no concern of these nodes.
        "cluster.routing.allocation.disk.threshold_enabled": False,
        "xpack.license.self_generated.type": "trial",
        "xpack.security.enabled": True,
        "xpack.security.autoconfiguration.enabled": False,
        # TLS towards clients ends at the platform's proxy.
        "xpack.security.http.ssl.enabled": False,
        "xpack.security.transport.ssl": {
            "enabled": True,
            # Nodes elsewhere have other names than the addresses at which they are reached.
            "verification_mode": "certificate",
            "certificate_authorities": [f"certs/{TRANSPORT_AUTHORITIES}"],
            "trust_restrictions.path": TRUST_RESTRICTIONS,
            **own,
        },
        "xpack.security.remote_cluster_server.ssl": {"enabled": True, **own},
        "xpack.security.remote_cluster_client.ssl": {
            "enabled": True,
            "verification_mode": "full",
            "certificate_authorities": ["certs/remotes.crt"],
        },
    }
    if len(members) == 1:
        return {**settings, "discovery.type": "single-node"}
    return {
        **settings,
        "discovery.seed_hosts": [f"{other.address}:{TRANSPORT_PORT}" for other in members],
        "cluster.initial_master_nodes": [other.name for other in members],
    }


def write_configuration(member: Member, settings: Mapping[str, Any]) -> None:
    """Make the folders of a node, and in them what is the same for all kinds of nodes."""
    for name in ("config", "data", "logs", "tmp"):
        (member.folder / name).mkdir(parents=True)
    for name in _EXPECTED:
        (member.config / name).touch()
    (member.config / "elasticsearch.yml").write_text(yaml.safe_dump(dict(settings), sort_keys=False), encoding="utf-8")


def jvm_options(member: Member, hosts: Path) -> str:
    """Small and quick to boot rather than fast: one compiler, one collector thread, heap touched only when used."""
    options = (
        "-Xms64m",
        "-Xmx192m",
        "-XX:-AlwaysPreTouch",
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",
        "-XX:-UsePerfData",
        "-XX:+ExitOnOutOfMemoryError",
        f"-XX:ErrorFile={member.folder}/logs/hs_err.log",
        f"-Djava.io.tmpdir={member.folder}/tmp",
        f"-Djdk.net.hosts.file={hosts}",
        "-Des.networkaddress.cache.ttl=0",
        "-Des.networkaddress.cache.negative.ttl=0",
    )
    return "".join(f"{option}\n" for option in options)


LOG4J2_PROPERTIES = """\
status = error
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = [%d{ISO8601}][%-5p][%c{1.}] [%node_name] %marker%m%n
rootLogger.level = info
rootLogger.appenderRef.console.ref = console
"""


def hosts_file(addresses: Mapping[str, str]) -> str:
    """Host name -> address in the form of /etc/hosts. Java looks nowhere else, so the machine's own name is in it too."""
    return "".join(f"{address} {name}\n" for name, address in {"localhost": "127.0.0.1", **addresses}.items())
