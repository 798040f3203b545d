# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.crosscluster.elastic.tests.unit.plugins import certificates

CA, NEXT = certificates.authority("Munich"), certificates.authority("Munich 2")
OTHER = {"id": "t9", "name": "paris", "local": False, "trust_by_default": True, "account_ids": ["7"], "public_ca_cert": NEXT.pem}


@pytest.fixture
def related(call, platform):
    defaults = {"name": "munich", "environment_id": "0099", "certificate": CA.pem}
    return lambda **options: call("platform_trust_relationship", **{**defaults, **platform.connection, **options})


@pytest.mark.proves("R70", "R72", "R73", "R75", "R89")
def test_a_relationship_is_made_once_and_others_stay(related, platform):
    platform.relationships["t9"] = OTHER
    first, second = related(), related()

    assert first["changed"] and not second["changed"]
    shown = first["trust_relationship"]
    assert (shown["name"], shown["environment_id"], shown["trust_by_default"], shown["certificate"]) == ("munich", "0099", False, CA.pem)
    assert second["trust_relationship"] == shown and platform.relationships["t9"] is OTHER
    assert [request for request in first["requests"] if "trust-relationships" in request]
    assert platform.writes() == ["POST /api/v1/regions/ece-region/platform/configuration/trust-relationships"]


def test_a_new_ca_is_seen_by_its_fingerprint_and_everything_else_is_sent_back(related, platform):
    related()
    platform.relationships["t0"] |= {"public_ca_cert": CA.pem.replace("\n", "\r\n"), "installation_id": "i1", "account_ids": ["0099", "1"]}
    assert not related()["changed"]

    renewed = related(certificate=NEXT.pem, trust_by_default=True)

    assert renewed["changed"] and renewed["diff"]["before"] != renewed["diff"]["after"]
    body = {name: value for name, value in platform.relationships["t0"].items() if name not in ("id", "local")}
    assert body == {
        "name": "munich",
        "public_ca_cert": NEXT.pem,
        "trust_by_default": True,
        "account_ids": ["0099", "1"],
        "installation_id": "i1",
    }


def test_check_mode_predicts_and_writes_nothing(related, platform):
    predicted = related(check=True)
    assert predicted["changed"] and platform.relationships == {} and platform.writes() == []
    assert predicted["diff"] == related()["diff"]


def test_absent_removes_it_and_nothing_else(related, platform):
    platform.relationships["t9"] = OTHER
    related()
    gone, again = (related(state="absent", environment_id=None, certificate=None) for _count in range(2))
    assert gone["changed"] and not again["changed"] and gone["trust_relationship"] == {}
    assert list(platform.relationships) == ["t9"]


@pytest.mark.parametrize(
    ("options", "kind", "words"),
    [
        ({"certificate": CA.pem + CA.private}, "InvalidDeclaration", "certificate[0] holds a private key"),
        ({"certificate": None}, "InvalidDeclaration", "certificate is needed"),
        ({"environment_id": None}, "InvalidDeclaration", "environment_id is needed"),
        ({"environment_id": "42"}, "Refused", "42 is this environment itself"),
    ],
)
def test_what_cannot_work_is_refused_before_anything_is_written(related, platform, options, kind, words):
    failed = related(**options)
    assert failed["failure"]["kind"] == kind and words in failed["msg"] and platform.writes() == []


def test_a_name_that_several_relationships_have_is_refused(related, platform):
    platform.relationships = {name: {**OTHER, "id": name, "name": "munich"} for name in ("t1", "t2")}
    assert "there are 2 trust relationships named 'munich' (t1, t2)" in related()["msg"] and platform.writes() == []


@pytest.mark.proves("R71")
def test_an_environment_tells_what_it_is_to_be_trusted_by(call, platform):
    platform.relationships["t9"] = OTHER
    read = call("platform_trust_relationship_info", **platform.connection)

    assert (read["local"]["environment_id"], read["local"]["certificate"]) == ("42", "own CA")
    assert [each["name"] for each in read["trust_relationships"]] == ["paris"] and not read["changed"]
