# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.crosscluster.elastic.tests.unit.plugins import certificates
from ansible_collections.crosscluster.elastic.tests.unit.plugins.fakes import CLUSTER_ID

NOW = certificates.authority("Region CA 2026")
NEXT = certificates.authority("Region CA 2027")


@pytest.fixture
def read(call, platform):
    return lambda: call("deployment_certificate_authority_info", deployment="search-prod", **platform.connection)


def test_the_active_ca_comes_first_and_the_next_one_with_it(read, platform):
    platform.authorities = [(False, NEXT.pem), (True, NOW.pem)]

    found = read()

    assert not found["changed"]
    assert [entry["subject"] for entry in found["certificates"]] == ["CN=Region CA 2026", "CN=Region CA 2027"]
    assert [entry["active"] for entry in found["certificates"]] == [True, False]
    assert found["certificates"][0]["pem"] == NOW.pem
    assert (found["trust_restriction"], found["cluster_id"]) == ("*.node.c1.cluster.42.account", CLUSTER_ID)


def test_a_platform_that_does_not_tell_is_explained(read, platform):
    platform.authorities = None

    failed = read()

    assert "the certificate authority of deployment 'search-prod' cannot be read" in failed["msg"]
    assert "Elastic Cloud Enterprise 3.3 or later" in failed["failure"]["remedy"]


def test_a_certificate_of_a_server_in_its_place_is_refused(read, platform):
    platform.authorities = [(True, certificates.server("node-0", issuer=NOW).pem)]

    assert "CN=node-0 is the certificate of a server and not of a CA" in read()["msg"]
