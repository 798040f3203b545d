# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import base64

import pytest

SETTING = "cluster.remote.orders.credentials"
ENCODED = base64.b64encode(b"key-1:" + b"s" * 22).decode()
SECRET = {"name": SETTING, "value": ENCODED}
FOREIGN = "s3.client.default.secret_key"


@pytest.fixture
def keystore(call, cloud):
    return lambda **options: call(
        "deployment_keystore", **{"deployment": "search-prod", "secrets": [SECRET], **cloud.connection, **options}
    )


@pytest.mark.proves("R26", "R29")
def test_a_new_setting_is_written_and_foreign_ones_stay(keystore, cloud):
    first, second = keystore(), keystore()
    assert first["changed"] and first["keystore"] == [SETTING, FOREIGN]
    assert first["diff"]["before"] == {} and first["diff"]["after"] == {SETTING: "(hidden)"}
    assert not second["changed"] and second["keystore"] == first["keystore"]
    assert cloud.written == [{SETTING: {"value": ENCODED, "as_file": False}}]


@pytest.mark.proves("R27")
def test_several_settings_are_written_at_once(keystore, cloud):
    keystore(secrets=[SECRET, {"name": "gcs.client.default.credentials_file", "value": {"type": "service_account"}}])
    assert cloud.written == [
        {
            SETTING: {"value": ENCODED, "as_file": False},
            "gcs.client.default.credentials_file": {"value": {"type": "service_account"}, "as_file": True},
        }
    ]


def test_update_always_writes_a_setting_that_exists(keystore, cloud):
    keystore()
    again = keystore(update="always")
    assert again["changed"] and again["diff"]["after"] == {SETTING: "(hidden) new"}
    assert len(cloud.written) == 2


def test_check_mode_predicts_and_writes_nothing(keystore, cloud):
    predicted = keystore(check=True)
    assert predicted["changed"] and predicted["keystore"] == [FOREIGN] and cloud.written == []
    assert predicted["diff"] == keystore()["diff"]


def test_absent_removes_what_is_named_and_nothing_else(keystore, cloud):
    keystore()
    gone, again = keystore(secrets=[{"name": SETTING}], state="absent"), keystore(secrets=[{"name": SETTING}], state="absent")
    assert gone["changed"] and gone["keystore"] == [FOREIGN] and gone["diff"]["before"] == {SETTING: "(hidden)"}
    assert not again["changed"] and cloud.written[-1] == {SETTING: {}}


@pytest.mark.parametrize(("works", "sent"), [({}, 1), (None, 2), ({"value": ""}, 3)])
def test_a_setting_is_removed_by_the_spelling_that_works(keystore, cloud, works, sent):
    keystore(secrets=[SECRET, {"name": "other", "value": "x"}])
    cloud.written.clear()
    cloud.removals = (works,)
    gone = keystore(secrets=[{"name": SETTING}, {"name": "other"}], state="absent")
    assert gone["changed"] and gone["keystore"] == [FOREIGN]
    assert len(cloud.written) == sent and cloud.written[-1] == {SETTING: works, "other": works}


def test_a_setting_that_stays_is_an_error(keystore, cloud):
    keystore()
    cloud.removals = ()
    failed = keystore(secrets=[{"name": SETTING}], state="absent")
    assert f"deployment 'search-prod' still has the secure settings {SETTING} after they were removed" in failed["msg"]


def test_settings_are_written_when_the_plan_that_forbids_it_has_ended(keystore, cloud):
    cloud.refusals = 1
    assert keystore()["keystore"] == [SETTING, FOREIGN]
    assert len(cloud.written) == 1


def test_a_refusal_that_no_plan_explains_is_told(keystore, cloud):
    cloud.refusals = 2
    failed = keystore()
    assert failed["failure"]["kind"] == "Conflict" and "pending plan" in failed["msg"] and cloud.written == []


def test_a_plan_that_does_not_end_is_named(keystore, cloud):
    cloud.refusals, cloud.pending = 1, {"plan_attempt_id": "plan-9"}
    failed = keystore(wait_timeout=0)
    assert "has had a plan pending for 0 s (attempt plan-9" in failed["msg"] and "raise wait_timeout" in failed["msg"]


@pytest.mark.parametrize(
    ("secrets", "words"),
    [
        ([{"name": SETTING}], f"secure setting {SETTING}: value is missing"),
        ([{"name": SETTING, "value": "no-api-key"}], "value is not a cross-cluster API key"),
        ([SECRET, SECRET], "is given more than once"),
        ([{"name": "a b", "value": "x"}], "has more than letters"),
    ],
)
def test_bad_secrets_fail_before_anything_is_read(keystore, cloud, secrets, words):
    failed = keystore(secrets=secrets)
    assert words in failed["msg"] and cloud.server.requests == []
