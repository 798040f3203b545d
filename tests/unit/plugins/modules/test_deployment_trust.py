# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12

from ansible_collections.crosscluster.elastic.plugins.module_utils.model import trust as rules
from ansible_collections.crosscluster.elastic.tests.unit.plugins import certificates
from ansible_collections.crosscluster.elastic.tests.unit.plugins.fakes import DEPLOYMENT_ID

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
    assert first["changed"] and first["trust"]["direct"] == [FOREIGN, rules.proxy_entry("berlin", [CA.pem]).entry]
    assert first["trust"]["accounts"] == [{"account_id": "42", "trust_all": True, "name": "own"}]
    assert not second["changed"] and second["trust"] == first["trust"] and len(platform.bodies) == 1
    assert [entry["subject"] for entry in first["certificates"]] == ["CN=Berlin"]


def test_certificates_are_replaced_by_those_that_are_given(trust, platform):
    trust()
    both, one = trust(certificates=[NEXT.pem + CA.pem]), trust(certificates=[NEXT.pem])
    assert both["changed"] and len(both["diff"]["after"]["direct"][0]["certificates"]) == 2
    assert one["trust"]["direct"] == [rules.proxy_entry("berlin", [NEXT.pem]).entry]


def test_certificates_may_be_files_also_with_a_password(trust, tmp_path):
    path = tmp_path / "elastic-stack-ca.p12"
    content = pkcs12.serialize_key_and_certificates(b"ca", CA.key, CA.certificate, None, BestAvailableEncryption(b"p12-password"))
    path.write_bytes(content)
    made = trust(certificates=[str(path)], certificates_password="p12-password")
    assert made["trust"]["direct"] == [rules.proxy_entry("berlin", [CA.pem]).entry]


@pytest.mark.proves("R43")
def test_the_root_that_a_platform_tells_can_be_kept_in_a_file_and_trusted(trust, call, platform, tmp_path):
    platform.chain = [CA.pem]
    path = tmp_path / "berlin.crt"
    path.write_text(call("platform_certificate_info", **platform.connection)["root"]["pem"])
    assert trust(certificates=[str(path)])["trust"]["direct"] == [rules.proxy_entry("berlin", [CA.pem]).entry]


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


OWN = {"account_id": "42", "trust_all": True, "name": "own"}
C1, C2 = "1" * 32, "2" * 32


@pytest.mark.proves("R58", "R62", "R142")
def test_the_level_of_trust_in_the_own_organization_is_changed_in_its_entry(trust, platform):
    platform.trust["accounts"] = [{**OWN, "later": 1}, {"account_id": "9", "trust_all": True}]
    some = {"type": "account", "name": None, "certificates": None, "trust_allowlist": [C1, C2]}
    first, again = trust(**some), trust(**{**some, "trust_allowlist": [C2, C1]})
    nobody = trust(**{**some, "trust_allowlist": None, "trust_all": False})

    assert first["changed"] and not again["changed"] and nobody["changed"]
    assert first["trust"]["accounts"][0] == {**OWN, "later": 1, "trust_all": False, "trust_allowlist": [C1, C2]}
    assert nobody["trust"]["accounts"] == [
        {**OWN, "later": 1, "trust_all": False, "trust_allowlist": []},
        {"account_id": "9", "trust_all": True},
    ]


def test_the_own_organization_may_be_named_first_but_another_one_needs_a_word_about_it(trust, platform):
    platform.trust = {}
    some = {"type": "account", "name": None, "certificates": None, "trust_allowlist": [C1]}

    assert "was never set" in trust(**some, account_id="9")["msg"] and platform.writes() == []
    assert trust(**some)["trust"]["accounts"] == [{"account_id": "42", "trust_all": False, "trust_allowlist": [C1]}]


@pytest.mark.proves("R83", "R84", "R85")
def test_another_organization_comes_with_the_cas_of_its_regions_present_and_future(trust, platform):
    made = trust(type="ESS", name="partner", scope_id="0099", trust_all=True, certificates=[CA.pem, NEXT.pem])

    (entry,) = made["trust"]["direct"]
    assert (entry["type"], entry["scope_id"], entry["trust_all"], len(entry["certificates"])) == ("ESS", "0099", True, 2)
    assert made["trust"]["accounts"] == [OWN]
    gone = trust(type="ESS", name="partner", state="absent", certificates=None)
    assert gone["trust"]["direct"] == [] and gone["trust"]["accounts"] == [OWN]


def test_an_entry_of_another_type_with_this_name_is_neither_changed_nor_taken_away(trust, platform):
    platform.trust["direct"] = [FOREIGN]
    refused = trust(type="ESS", name="theirs", scope_id="0099", trust_all=True)
    gone = trust(type="ESS", name="theirs", state="absent", certificates=None)

    assert "the name 'theirs' is taken by 1 trust of type generic" in refused["msg"]
    assert not gone["changed"] and platform.writes() == []


@pytest.mark.proves("R76", "R79", "R145")
def test_another_environment_is_found_by_the_name_or_the_id_of_its_relationship(trust, platform):
    platform.relationships["r1"] = {"id": "r1", "name": "munich", "local": False, "trust_by_default": False, "account_ids": ["0099"]}
    trust()
    by_name = {"type": "external", "name": None, "certificates": None, "trust_relationship": "munich", "trust_allowlist": [C1]}
    first, second = trust(**by_name), trust(**{**by_name, "trust_relationship": "r1"})
    unknown = trust(**{**by_name, "trust_relationship": "paris"})
    del platform.relationships["r1"]
    gone = trust(**{**by_name, "state": "absent", "trust_allowlist": None, "trust_relationship": "r1"})
    assert not trust(**{**by_name, "state": "absent", "trust_allowlist": None, "trust_relationship": "never there"})["changed"]

    assert first["changed"] and not second["changed"]
    assert first["trust"]["external"] == [{"trust_relationship_id": "r1", "trust_all": False, "trust_allowlist": [C1]}]
    assert "there is no trust relationship 'paris'; known are munich (r1)" in unknown["msg"]
    assert gone["trust"]["external"] == [] and gone["trust"]["accounts"] == [OWN]
    assert [entry["type"] for entry in gone["trust"]["direct"]] == ["proxy"]


@pytest.mark.proves("R12")
def test_the_id_of_a_deployment_in_place_of_that_of_its_cluster_is_refused(trust, platform):
    failed = trust(type="account", name=None, certificates=None, trust_allowlist=[DEPLOYMENT_ID])
    assert f"{DEPLOYMENT_ID} is the id of deployment" in failed["msg"] and "give " in failed["msg"] and platform.writes() == []


def test_the_own_organization_as_a_foreign_one_is_refused(trust, platform):
    failed = trust(type="ESS", name="partner", scope_id="42", trust_all=True)
    assert "42 is the deployment's own organization" in failed["msg"] and platform.writes() == []


def test_a_platform_without_relationships_says_so(trust, platform):
    platform.relationships = None
    failed = trust(type="external", name=None, certificates=None, trust_relationship="munich", trust_all=True)
    assert "knows no trust relationships" in failed["msg"] and platform.writes() == []
