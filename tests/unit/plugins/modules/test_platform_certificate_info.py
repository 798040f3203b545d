# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.crosscluster.elastic.tests.unit.plugins import certificates

ROOT = certificates.authority("Berlin Root")
MIDDLE = certificates.authority("Berlin Proxies", issuer=ROOT)
SERVER = certificates.server("*.berlin.example.com", issuer=MIDDLE)


@pytest.fixture
def read(call, platform):
    return lambda **options: call("platform_certificate_info", **{**platform.connection, **options})


@pytest.mark.proves("R42")
def test_the_chain_of_the_proxies_is_read_and_its_root_is_the_last_certificate(read, platform):
    """The root is the last certificate of the chain of the service proxy, as text for a file."""
    platform.chain = [SERVER.pem, MIDDLE.pem, ROOT.pem]
    found = read()
    assert not found["publicly_trusted"]
    assert not found["changed"] and found["root"]["pem"] == ROOT.pem and found["root"] == found["chain"][-1]
    assert [entry["subject"] for entry in found["chain"]] == ["CN=*.berlin.example.com", "CN=Berlin Proxies", "CN=Berlin Root"]
    assert platform.server.seen() == ["GET /api/v1/platform/configuration/security/tls/proxy"]


def test_another_service_can_be_asked_for(read, platform):
    platform.chain = [ROOT.pem]
    assert read(service="ui")["root"]["subject"] == "CN=Berlin Root"
    assert platform.server.seen() == ["GET /api/v1/platform/configuration/security/tls/ui"]


def test_a_chain_without_root_is_explained(read, platform):
    platform.chain = [SERVER.pem, MIDDLE.pem]
    failed = read()
    assert failed["failure"]["kind"] == "Refused" and "CN=Berlin Proxies, is not self-signed" in failed["msg"]
    assert "issued by CN=Berlin Root" in failed["msg"] and "let the platform's administrator" in failed["failure"]["remedy"]


def test_a_platform_that_does_not_tell_is_explained(read, platform):
    platform.chain = None
    assert "Elastic Cloud Hosted has certificates of a public CA" in read()["msg"]


def test_a_chain_of_a_public_ca_needs_no_root(read, platform, monkeypatch, tmp_path):
    roots = tmp_path / "roots.pem"
    roots.write_text(ROOT.pem)
    monkeypatch.setenv("SSL_CERT_FILE", str(roots))
    for chain, root in (([SERVER.pem, MIDDLE.pem], None), ([SERVER.pem, MIDDLE.pem, ROOT.pem], ROOT.pem)):
        platform.chain = chain
        found = read()
        assert found["publicly_trusted"] and (found["root"] and found["root"]["pem"]) == root
