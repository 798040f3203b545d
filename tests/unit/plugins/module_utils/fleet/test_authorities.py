# SPDX-License-Identifier: GPL-3.0-or-later
"""Which private CAs links need: those that they name, those that the platform of the remote tells, or none."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from ansible_collections.crosscluster.elastic.plugins.module_utils.fleet import authorities
from ansible_collections.crosscluster.elastic.plugins.module_utils.fleet.pool import Pool
from ansible_collections.crosscluster.elastic.tests.unit.plugins import certificates

from .builders import declared, deployment, own, view, world

ROOT = certificates.authority("Berlin Root")
PROXIES = certificates.server("*.example.com", issuer=ROOT)
ELSEWHERE = certificates.server("*.example.org", issuer=ROOT)
TO_ECE = {"local": "orders", "remote": "search", "alias": "a"}


class Platforms:
    """Platforms that tell the certificates of their proxies. asked: their names."""

    subject = "Cloud API"

    def __init__(self, *chain):
        self.pems, self.asked = [made.pem for made in chain], []

    def cloud(self, name):
        self.asked.append(name)
        return self

    def certificate_chain(self, _service):
        return self.pems


def wanted(link, platforms):
    declaration = declared(link)
    seen = world(billing=own("billing"), search=view("search", deployment=deployment("search")))
    return authorities.wanted(declaration, platforms, Pool(1), authorities.named(declaration), seen)


@pytest.mark.proves("R36", "R44")
@pytest.mark.parametrize("link", [{}, {"local": "stock", "remote": "orders"}, {**TO_ECE, "ca": "public"}, {"remote": "billing"}], ids=str)
def test_no_ca_is_needed_for_a_remote_with_a_public_one(link):
    platforms = Platforms(PROXIES, ROOT)
    [(_link, found)] = wanted(link, platforms)[0].items()
    assert (found, platforms.asked) == ((), [])


@pytest.mark.proves("R36")
def test_no_ca_is_needed_where_the_platform_tells_a_public_one(monkeypatch):
    root = ROOT.certificate.public_bytes(Encoding.DER)
    monkeypatch.setattr(authorities, "system_authorities", lambda: frozenset({root}))
    assert wanted(TO_ECE, Platforms(PROXIES, ROOT)) == ({"orders/a": ()}, {})


@pytest.mark.proves("R7", "R35", "R42")
@pytest.mark.parametrize("ca", ["auto", "private"])
def test_a_private_ca_is_the_root_that_the_platform_tells(ca):
    platforms = Platforms(PROXIES, ROOT)
    assert wanted({**TO_ECE, "ca": ca}, platforms) == ({"orders/a": (ROOT.pem,)}, {})
    assert platforms.asked == ["berlin"]


@pytest.mark.proves("R35")
def test_a_ca_that_is_named_is_taken_without_asking():
    other = certificates.authority("Another").pem
    platforms = Platforms(PROXIES, ROOT)
    assert wanted({**TO_ECE, "ca_certificates": [other]}, platforms) == ({"orders/a": (other,)}, {})
    assert platforms.asked == []


@pytest.mark.proves("R45")
@pytest.mark.parametrize(
    ("link", "fits"),
    [
        ({}, False),
        ({"server_name": "proxy.example.org"}, True),
        ({"proxy_address": "proxy.example.org:9443"}, True),
        ({"server_name": "proxy.example.net"}, False),
    ],
)
def test_a_private_certificate_has_to_name_the_remote_as_it_is_dialled_or_asked_for(link, fits):
    found, refused = wanted({**TO_ECE, **link}, Platforms(ELSEWHERE, ROOT))
    assert list(refused) == ([] if fits else ["orders/a"])
    assert fits or "does not name" in refused["orders/a"].message and "server_name" in refused["orders/a"].remedy
    assert found["orders/a"] == ((ROOT.pem,) if fits else ())


def test_a_platform_that_does_not_tell_is_explained():
    platforms = Platforms()
    platforms.pems = None
    refused = wanted(TO_ECE, platforms)[1]["orders/a"]
    assert "cannot be found out" in refused.message and "ca_certificates" in refused.remedy
