# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import base64

import pytest

ACCESS = {"search": [{"names": ["orders-*"]}]}
NAME = "remote-cluster-orders"


@pytest.fixture
def key(call, elasticsearch):
    return lambda **options: call("cross_cluster_api_key", **{"name": NAME, "access": ACCESS, **elasticsearch.connection, **options})


@pytest.mark.proves("R19", "R20", "R21", "R25")
def test_a_new_key_is_returned_with_its_encoded_form_once(key, elasticsearch):
    first, second = key(), key()
    assert first["changed"] and base64.b64decode(first["encoded"]).startswith(b"key-1:")
    assert not second["changed"] and "encoded" not in second
    assert second["cross_cluster_api_key"] == first["cross_cluster_api_key"]
    assert elasticsearch.writes() == ["POST /_security/cross_cluster/api_key"]


def test_check_mode_predicts_the_change_and_writes_nothing(key, elasticsearch):
    predicted, made = key(check=True, expiration="90d"), key(expiration="90d")
    assert predicted["changed"] and predicted["diff"] == made["diff"]
    assert predicted["cross_cluster_api_key"] == {}
    assert len(elasticsearch.writes()) == 1


@pytest.mark.proves("R139")
def test_a_changed_access_list_is_updated_in_place(key, elasticsearch):
    key()
    changed = key(access={"search": [{"names": ["orders-*", "invoices"]}]})
    assert changed["changed"] and changed["cross_cluster_api_key"]["id"] == "key-1"
    assert changed["diff"]["before"]["access"]["search"][0]["names"] == ["orders-*"]
    assert elasticsearch.keys[0]["access"] == {"search": [{"names": ["invoices", "orders-*"]}]}


def test_changed_metadata_are_updated_and_metadata_that_are_not_given_stay(key, elasticsearch):
    key(metadata={"team": "a"})
    assert key(metadata={"team": "b"})["changed"]
    assert not key()["changed"]
    assert elasticsearch.keys[0]["metadata"] == {"team": "b"}


def test_the_spelling_of_access_makes_no_difference(key):
    key(access={"search": [{"names": ["a", "b"], "query": {"term": {"x": 1}}}]})
    assert not key(access={"search": [{"names": ["b", "a"], "query": '{"term": {"x": 1}}', "allow_restricted_indices": False}]})["changed"]


def test_absent_revokes_every_valid_key_of_the_name_and_no_other(key, elasticsearch):
    key()
    key(name="another")
    gone, again = key(state="absent"), key(state="absent")
    assert gone["changed"] and gone["diff"]["before"] == {"valid": ["key-1"]} and gone["cross_cluster_api_key"] == {}
    assert not again["changed"]
    assert [entry["invalidated"] for entry in elasticsearch.keys] == [True, False]


def test_a_revoked_key_is_replaced_by_a_new_one(key):
    key()
    key(state="absent")
    assert key()["cross_cluster_api_key"]["id"] == "key-2"


@pytest.mark.proves("R24")
def test_an_ordinary_api_key_of_the_same_name_is_not_taken_for_one(key, elasticsearch):
    key()
    elasticsearch.keys[0]["type"] = "rest"
    made, gone = key(), key(state="absent")
    assert made["changed"] and made["cross_cluster_api_key"]["id"] == "key-2"
    assert gone["diff"]["before"] == {"valid": ["key-2"]}
    assert [entry["invalidated"] for entry in elasticsearch.keys] == [False, True]


def test_a_name_that_is_not_unique_is_refused_without_a_write(key, elasticsearch):
    key()
    elasticsearch.keys.append({**elasticsearch.keys[0], "id": "key-9"})
    failed = key()
    assert "2 valid keys are called 'remote-cluster-orders' (key-1, key-9)" in failed["msg"]
    assert failed["failure"]["kind"] == "Refused" and len(elasticsearch.writes()) == 1


def test_a_key_of_another_user_is_changed_as_that_user(key, elasticsearch):
    elasticsearch.key_owner = "former-admin"
    key()
    assert key(metadata={"team": "b"})["changed"]
    assert elasticsearch.server.requests[-2].headers["es-security-runas-user"] == "former-admin"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"access": {}}, "access is empty"),
        ({"access": {"search": [], "replication": []}}, "access is empty"),
        ({"access": {"search": [{"names": []}]}}, "access.search has an entry without names"),
        ({"access": None}, "access is empty"),
        ({"name": " "}, "name is empty"),
        ({"url": ""}, "url is empty"),
        ({"expiration": "3 weeks"}, "'3 weeks' is not a duration"),
        ({"expiration": "0d"}, "expiration must be longer than 0"),
        ({"surprise": 1}, "Unsupported parameters"),
        ({"url": "http://localhost:9200"}, "url 'http://localhost:9200' is not an HTTPS address"),
    ],
)
def test_bad_options_fail_before_anything_is_read(key, elasticsearch, options, words):
    failed = key(**options)
    assert words in failed["msg"] and "exception" not in failed
    assert elasticsearch.server.requests == []


def test_a_null_is_no_name(key, elasticsearch):
    failed = key(name=None)  # ansible-core 2.17 says so by itself
    assert "name" in failed["msg"] and "exception" not in failed and elasticsearch.server.requests == []


def test_a_wrong_password_is_one_clear_message(key, elasticsearch):
    failed = key(password="not-the-password")
    assert failed["failure"]["kind"] == "Unauthorized" and failed["failure"]["status"] == 401
    assert elasticsearch.server.url in failed["msg"] and "unable to authenticate user [elastic]" in failed["msg"]


def test_requests_are_listed_at_high_verbosity(key):
    listed = key()["requests"]
    assert [line.split()[0] for line in listed] == ["read", "once", "read"]
