# SPDX-License-Identifier: GPL-3.0-or-later
"""Small values: versions, durations, changes, errors, secure settings."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.crosscluster.elastic.plugins.module_utils.model import durations, errors, secure_settings, versions
from ansible_collections.crosscluster.elastic.plugins.module_utils.model.change import Change


def v(text):
    return versions.parse(text)


@pytest.mark.parametrize(("text", "parsed"), [("8.19.21", (8, 19, 21)), ("9.0", (9, 0, 0)), ("8.19.0-SNAPSHOT", (8, 19, 0))])
def test_a_version_is_three_numbers(text, parsed):
    assert v(text) == parsed


@pytest.mark.parametrize("text", ["", "8", "eight", "v8.19", None])
def test_anything_else_is_no_version(text):
    with pytest.raises(ValueError, match="is not a version"):
        v(text)


@pytest.mark.proves("R2", "R3")
@pytest.mark.parametrize(
    ("text", "allow", "words"),
    [
        ("8.14.0", False, ""),
        ("9.5.3", False, ""),
        ("8.13.4", False, "upgrade it, or set allow_unsupported"),
        ("8.13.4", True, ""),
        ("8.10.0", True, ""),
        ("8.9.2", True, "upgrade it, or use security_model certificate"),
        ("7.17.29", True, "the local cluster runs Elasticsearch 7.17.29"),
    ],
)
def test_the_api_key_model_needs_8_14_and_its_beta_8_10(text, allow, words):
    problem = versions.api_key_problem("local", v(text), allow)
    assert words in problem and bool(problem) == bool(words)


@pytest.mark.proves("R30", "R31", "R32", "R33")
@pytest.mark.parametrize(
    ("text", "restart", "expected"),
    [("8.13.0", "auto", True), ("8.14.0", "auto", False), ("9.0.0", "always", True), ("8.10.0", "never", False)],
)
def test_a_restart_is_needed_where_the_platform_does_not_reload(text, restart, expected):
    assert versions.must_restart(v(text), restart) is expected


@pytest.mark.parametrize(("text", "expected"), [("8.12.9", False), ("8.13.0", True), ("9.0.0", True)])
def test_the_key_in_use_can_be_named_from_8_13(text, expected):
    assert versions.can_name_key_in_use(v(text)) is expected


@pytest.mark.parametrize(
    ("local", "remote", "search", "connect"),
    [
        ("8.19.0", "8.18.0", True, True),
        ("8.19.0", "8.17.0", False, True),
        ("8.14.0", "8.19.0", True, True),
        ("7.17.0", "8.5.0", True, True),
        ("7.16.0", "8.5.0", False, False),
        ("8.0.0", "7.17.0", True, True),
        ("8.1.0", "7.17.0", False, True),
        ("8.19.0", "9.3.0", True, True),
        ("8.18.0", "9.0.0", True, True),
        ("8.18.0", "9.1.0", False, False),
        ("9.0.0", "8.18.0", True, True),
        ("9.1.0", "8.19.0", False, True),
        ("9.5.0", "7.17.0", False, False),
    ],
)
def test_pairs_of_versions(local, remote, search, connect):
    assert versions.search_compatible(v(local), v(remote)) is search
    assert versions.connectable(v(local), v(remote)) is connect


@given(st.integers(0, 36_500), st.sampled_from([("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)]))
def test_a_duration_is_a_number_and_a_unit(number, unit):
    assert durations.milliseconds(f" {number}{unit[0]} ") == number * unit[1]


@pytest.mark.parametrize("text", ["", "90", "d", "-1d", "1.5h", "90 d", "90D", "\u0663d", "1w"])
def test_anything_else_is_no_duration(text):
    with pytest.raises(ValueError, match="is not a duration: write a number and a unit"):
        durations.milliseconds(text)


@pytest.mark.parametrize("text", ["36501d", "9" * 15 + "d", "9" * 10_000 + "d"])
def test_nothing_lasts_longer_than_a_century(text):
    with pytest.raises(ValueError, match="longer than 36500d|is not a duration"):
        durations.milliseconds(text)


def test_a_change_shows_its_diff_and_never_its_payload():
    change = Change("role x", "update", {"a": 1}, {"a": 2}, payload="secret")
    assert change.diff() == {"before_header": "role x", "after_header": "role x", "before": {"a": 1}, "after": {"a": 2}}
    assert str(change) == "update role x" and "secret" not in repr(change)


def test_an_error_is_a_sentence_of_problem_and_remedy():
    assert str(errors.Refused("it is so", "do that!")) == "it is so. do that!"
    assert str(errors.Refused("it is so.")) == "it is so."
    assert str(errors.InvalidDeclaration(["a.", "b"])) == "a; b."
    assert str(errors.NotFound("Cloud", "GET /x", "gone", status=404)) == "Cloud: GET /x answered 404: gone."
    assert str(errors.Unreachable("Cloud", "GET /x", "no route")) == "Cloud: GET /x failed: no route."


CREDENTIAL = "cluster.remote.orders.credentials"


def test_secure_settings_are_values_by_name_or_none_to_remove():
    entries = [{"name": "a", "value": 1}, {"name": "b", "value": {"type": "service_account"}}]
    assert secure_settings.wanted(entries, present=True) == {"a": "1", "b": {"type": "service_account"}}
    assert secure_settings.wanted(entries, present=False) == {"a": None, "b": None}


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"name": "a", "value": None}, "value is missing"),
        ({"name": "a", "value": ""}, "value is missing"),
        ({"name": "a", "value": {}}, "value is missing"),
        ({"name": "a", "value": True}, "value is neither a text nor a dictionary"),
        ({"name": "a", "value": ["abc"]}, "value is neither a text nor a dictionary"),
        ({"name": "a b", "value": "x"}, "'a b' has more than letters"),
        ({"name": "", "value": "x"}, "has more than letters"),
        ({"name": CREDENTIAL, "value": "abc"}, "is not a cross-cluster API key"),
        ({"name": CREDENTIAL, "value": {"a": 1}}, "a dictionary is no API key"),
    ],
)
def test_a_secure_setting_that_cannot_work_is_told_without_its_value(entry, words):
    [problem] = secure_settings.problems([entry], present=True)
    assert words in problem and "abc" not in problem


def test_names_alone_suffice_to_remove():
    assert secure_settings.problems([{"name": CREDENTIAL, "value": None}], present=False) == []
