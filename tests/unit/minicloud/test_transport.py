# SPDX-License-Identifier: GPL-3.0-or-later
"""Whom nodes trust by the trust settings of their deployment, and how connections of nodes find the deployment that they name."""

from __future__ import annotations

import asyncio
import ssl
from typing import Any

import pytest

from minicloud.dataplane.passthrough import greeting
from minicloud.transport import TransportTrust, trust_of

ORGANIZATIONS = {"own": ["own CA"], "partner": ["partner CA"]}
RELATIONSHIPS = {"r1": {"account_ids": ["munich"], "public_ca_cert": "munich CA"}}
NOTHING: dict[str, Any] = {"accounts": [], "external": [], "direct": []}


def trusted(**lists: Any) -> TransportTrust:
    return trust_of("c1", "own", ORGANIZATIONS, RELATIONSHIPS, {**NOTHING, **lists})


def test_nodes_trust_their_own_cluster_whatever_the_settings_are() -> None:
    assert trusted() == TransportTrust(("own CA",), ("*.node.c1.cluster.own.account",))


@pytest.mark.parametrize(
    ("entry", "subject", "accepted"),
    [
        ({"account_id": "partner", "trust_all": True}, "n.node.c9.cluster.partner.account", True),
        ({"account_id": "partner", "trust_all": False, "trust_allowlist": ["c9"]}, "n.node.c9.cluster.partner.account", True),
        ({"account_id": "partner", "trust_all": False, "trust_allowlist": ["c8"]}, "n.node.c9.cluster.partner.account", False),
        ({"account_id": "partner", "trust_all": False}, "n.node.c9.cluster.partner.account", False),
        ({"account_id": "own", "trust_all": True}, "n.node.c9.cluster.partner.account", False),
    ],
)
def test_an_organization_is_trusted_as_a_whole_or_by_the_clusters_that_are_listed(
    entry: dict[str, Any], subject: str, accepted: bool
) -> None:
    assert trusted(accounts=[entry]).accepts("partner CA", subject) is accepted


@pytest.mark.parametrize(
    ("entry", "subject", "accepted"),
    [
        ({"trust_relationship_id": "r1", "trust_all": True}, "n.node.c9.cluster.munich.account", True),
        ({"trust_relationship_id": "r1", "trust_all": False, "trust_allowlist": ["c8"]}, "n.node.c9.cluster.munich.account", False),
        ({"trust_relationship_id": "r1", "trust_all": True}, "n.node.c9.cluster.paris.account", False),
        ({"trust_relationship_id": "r2", "trust_all": True}, "n.node.c9.cluster.munich.account", False),
    ],
)
def test_another_environment_is_trusted_by_the_relationship_that_the_platform_has_with_it(
    entry: dict[str, Any], subject: str, accepted: bool
) -> None:
    assert trusted(external=[entry]).accepts("munich CA", subject) is accepted


def test_what_is_trusted_directly_brings_its_ca_along_but_a_proxy_none_for_nodes() -> None:
    entry = {"type": "generic", "trust_all": False, "additional_node_names": ["es01"], "certificates": [{"pem": "their CA"}]}
    assert trusted(direct=[entry]).accepts("their CA", "es01")
    assert not trusted(direct=[{**entry, "type": "proxy"}]).accepts("their CA", "es01")
    assert not trusted(direct=[entry]).accepts("their CA", "es02")


def hello(name: str) -> bytes:
    """What a TLS client sends first."""
    sent = ssl.MemoryBIO()
    client = ssl.create_default_context().wrap_bio(ssl.MemoryBIO(), sent, server_hostname=name)
    with pytest.raises(ssl.SSLWantReadError):
        client.do_handshake()
    return sent.read()


@pytest.mark.parametrize("size", [1, 100, 10_000])
def test_the_host_name_is_found_however_the_bytes_arrive(size: int) -> None:
    async def read() -> tuple[str, bytes]:
        reader = asyncio.StreamReader()
        for start in range(0, len(sent), size):
            reader.feed_data(sent[start : start + size])
        return await greeting(reader)

    sent = hello("Search.minicloud.test")
    assert asyncio.run(read()) == ("search.minicloud.test", sent)


def test_who_names_no_host_or_speaks_no_tls_is_known_by_nothing() -> None:
    async def read(content: bytes) -> str:
        reader = asyncio.StreamReader()
        reader.feed_data(content)
        reader.feed_eof()
        return (await greeting(reader))[0]

    assert [asyncio.run(read(content)) for content in (b"", b"GET / HTTP/1.1\r\n\r\n", hello("search.test")[:50])] == ["", "", ""]
