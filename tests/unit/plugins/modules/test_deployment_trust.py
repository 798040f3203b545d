# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12

from ansible_collections.crosscluster.elastic.plugins.module_utils.model.trust import proxy_entry
from ansible_collections.crosscluster.elastic.tests.unit.plugins import certificates

CA, NEXT, OLD = certificates.authority("Berlin"), certificates.authority("Berlin 2"), certificates.authority("Old", ended=True)
FOREIGN = {"type": "generic", "name": "theirs", "uid": "u1", "certificates": [{"pem": "x"}], "later": {"a": [1]}}


@pytest.fixture
def trust(call, platform):
    defaults = {"deployment": "search-prod", "name": "berlin", "certificates": [CA.pem]}
    return lambda **options: call("deployment_trust", **{**defaults, **platform.connection, **options})


@pytest.mark.proves("R37", "R38", "R39", "R40", "R41")
def test_an_entry_is_made_once_and_everything_else_stays(trust, platform):
    """A trusted environment of type proxy with the CA and a name of the user's choice."""
    platform.trust["direct"] = [FOREIGN]
    first, second = trust(), trust()
    assert first["changed"] and first["trust"]["direct"] == [FOREIGN, proxy_entry("berlin", [CA.pem])]
    assert first["trust"]["accounts"] == [{"account_id": "42", "trust_all": True, "name": "own"}]
    assert not second["changed"] and second["trust"] == first["trust"] and len(platform.bodies) == 1
    assert [entry["subject"] for entry in first["certificates"]] == ["CN=Berlin"]


def test_certificates_are_replaced_by_those_that_are_given(trust, platform):
    trust()
    both, one = trust(certificates=[NEXT.pem + CA.pem]), trust(certificates=[NEXT.pem])
    assert both["changed"] and len(both["diff"]["after"]["direct"][0]["certificates"]) == 2
    assert one["trust"]["direct"] == [proxy_entry("berlin", [NEXT.pem])]


def test_certificates_may_be_files_also_with_a_password(trust, tmp_path):
    path = tmp_path / "elastic-stack-ca.p12"
    content = pkcs12.serialize_key_and_certificates(b"ca", CA.key, CA.certificate, None, BestAvailableEncryption(b"p12-password"))
    path.write_bytes(content)
    made = trust(certificates=[str(path)], certificates_password="p12-password")
    assert made["trust"]["direct"] == [proxy_entry("berlin", [CA.pem])]


@pytest.mark.proves("R43")
def test_the_root_that_a_platform_tells_can_be_kept_in_a_file_and_trusted(trust, call, platform, tmp_path):
    platform.chain = [CA.pem]
    path = tmp_path / "berlin.crt"
    path.write_text(call("platform_certificate_info", **platform.connection)["root"]["pem"])
    assert trust(certificates=[str(path)])["trust"]["direct"] == [proxy_entry("berlin", [CA.pem])]


def test_check_mode_predicts_and_writes_nothing(trust, platform):
    predicted = trust(check=True)
    assert predicted["changed"] and "direct" not in predicted["trust"] and platform.writes() == []
    assert predicted["diff"] == trust()["diff"]


def test_absent_removes_the_entry_and_nothing_else(trust, platform):
    platform.trust["direct"] = [FOREIGN]
    trust()
    gone, again = (trust(state="absent", certificates=None) for _count in range(2))
    assert gone["changed"] and gone["trust"]["direct"] == [FOREIGN] and gone["diff"]["after"] == {}
    assert not again["changed"] and again["trust"] == gone["trust"]


@pytest.mark.parametrize(("level", "accounts"), [("all", [{"account_id": "42", "trust_all": True}]), ("none", [])])
def test_where_trust_was_never_set_its_level_has_to_be_said(trust, platform, level, accounts):
    platform.trust = {}
    assert "was never set" in trust()["msg"] and platform.writes() == []
    assert trust(own_account=level)["trust"]["accounts"] == accounts


@pytest.mark.parametrize("check", [True, False])
def test_a_platform_that_would_change_more_is_refused_in_check_mode_too(trust, platform, check):
    platform.backend_plan = {"elasticsearch": {"version": "8.19.21"}, "cluster_topology": [{"id": "hot"}]}
    failed = trust(check=check)
    assert failed["failure"]["kind"] == "Refused" and "cluster_topology" in failed["msg"] and platform.writes() == []


def test_an_expired_certificate_is_a_warning(trust):
    made = trust(certificates=[OLD.pem])
    assert made["changed"] and any("CN=Old has expired on" in str(text) for text in made["warnings"])


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ([CA.pem + CA.private], "certificates[0] holds a private key"),
        ([certificates.server("a.example.com").pem], "CN=a.example.com is the certificate of a server"),
        ([CA.private + "\0"], "has the control character U+0000"),
        (["none.pem"], "none.pem) cannot be read"),
        ([], "certificates are needed"),
        (None, "certificates are needed"),
    ],
)
def test_bad_certificates_fail_before_anything_is_read(trust, platform, given, words):
    failed = trust(certificates=given)
    assert failed["failure"]["kind"] == "InvalidDeclaration" and words in failed["msg"]
    assert platform.server.requests == [] and "PRIVATE KEY" not in str(failed)
