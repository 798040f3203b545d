# SPDX-License-Identifier: GPL-3.0-or-later
"""Why a connection could not be opened, in the words of a node."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from minicloud.dataplane.simulated import versions
from minicloud.dataplane.simulated.errors import ElasticsearchError

_PKIX = "unable to find valid certification path to requested target"
_BUILDING = f"PKIX path building failed: sun.security.provider.certpath.SunCertPathBuilderException: {_PKIX}"


def unreachable(alias: str, place: str, causes: Sequence[Mapping[str, Any]]) -> ElasticsearchError:
    """What a node says that could open no connection; `causes` are nested, outermost first."""
    nested: dict[str, Any] = {}
    for cause in reversed(causes):
        nested = {**cause, **({"caused_by": nested} if nested else {})}
    suppressed = {"type": "connect_transport_exception", "reason": f"[][{place}] connect_exception", "caused_by": nested}
    reason = f"Unable to open any proxy connections to cluster [{alias}] at address [{place}]"
    return ElasticsearchError(500, "no_seed_node_left_exception", reason, fields={"suppressed": [suppressed]})


def refused(place: str) -> list[dict[str, str]]:
    reason = f"Connection refused: {place if '/' in place else f'/{place}'}"
    return [
        {"type": "uncategorized_execution_exception", "reason": "Failed execution"},
        {"type": "execution_exception", "reason": f"io.netty.channel.AbstractChannel$AnnotatedConnectException: {reason}"},
        {"type": "annotated_connect_exception", "reason": reason},
        {"type": "connect_exception", "reason": "Connection refused"},
    ]


def untrusted() -> list[dict[str, str]]:
    return [
        {"type": "uncategorized_execution_exception", "reason": "Failed execution"},
        {"type": "execution_exception", "reason": f"javax.net.ssl.SSLHandshakeException: {_BUILDING}"},
        {"type": "s_s_l_handshake_exception", "reason": _BUILDING},
        {"type": "validator_exception", "reason": _BUILDING},
        {"type": "sun_cert_path_builder_exception", "reason": _PKIX},
    ]


def closed() -> list[dict[str, Any]]:
    during = {"type": "stackless_s_s_l_handshake_exception", "reason": "Connection closed while SSL/TLS handshake was in progress"}
    return [
        {"type": "uncategorized_execution_exception", "reason": "Failed execution"},
        {"type": "execution_exception", "reason": "java.nio.channels.ClosedChannelException"},
        {"type": "closed_channel_exception", "reason": None, "suppressed": [during]},
    ]


def handshake(reason: str) -> list[dict[str, str]]:
    return [
        {"type": "uncategorized_execution_exception", "reason": "Failed execution"},
        {"type": "execution_exception", "reason": f"javax.net.ssl.SSLHandshakeException: {reason}"},
        {"type": "s_s_l_handshake_exception", "reason": reason},
    ]


def incompatible(local: versions.Version, remote: versions.Version) -> list[dict[str, str]]:
    oldest = versions.text(versions.minimum_wire(local))
    reason = f"Received message from unsupported version: [{versions.text(remote)}] minimal compatible version is: [{oldest}]"
    return [{"type": "illegal_state_exception", "reason": reason}]
