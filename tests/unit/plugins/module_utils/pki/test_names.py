# SPDX-License-Identifier: GPL-3.0-or-later
"""Which hosts a certificate covers."""

from __future__ import annotations

import pytest

from ansible_collections.crosscluster.elastic.plugins.module_utils.model.errors import InvalidDeclaration
from ansible_collections.crosscluster.elastic.plugins.module_utils.pki.names import among, covers
from ansible_collections.crosscluster.elastic.tests.unit.plugins import certificates


@pytest.fixture(scope="module")
def certificate():
    return certificates.server("proxy.example.com", "*.es.example.com", "*.com", "f*.odd.example.com", "10.0.0.7", "2001:db8::7").pem


@pytest.mark.parametrize(
    ("host", "covered"),
    [
        ("proxy.example.com", True),
        ("PROXY.Example.com.", True),
        ("other.example.com", False),
        ("a.es.example.com", True),
        ("es.example.com", False),
        ("a.b.es.example.com", False),
        ("example.com", False),
        ("foo.odd.example.com", False),
        ("10.0.0.7", True),
        ("10.0.0.8", False),
        ("2001:DB8:0::7", True),
        ("[2001:db8::7]", True),
    ],
)
def test_a_certificate_covers_its_names_and_one_label_for_an_asterisk(certificate, host, covered):
    assert covers(certificate, host) is covered


def test_the_common_name_covers_nothing():
    assert covers(certificates.authority("proxy.example.com").pem, "proxy.example.com") is False


def test_a_text_without_certificate_is_refused():
    with pytest.raises(InvalidDeclaration):
        covers("none", "proxy.example.com")


@pytest.mark.parametrize(
    ("host", "covered"), [("a.example.com", True), ("b.example.com", False), ("[2001:db8:0::7]", True), ("::1", False)]
)
def test_names_that_are_to_be_in_a_certificate_are_compared_alike(host, covered):
    assert among(host, ["a.example.com"], ["2001:db8::7"]) is covered
