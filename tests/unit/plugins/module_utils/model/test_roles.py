# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.crosscluster.elastic.plugins.module_utils.model import roles

ALIASES = st.lists(st.sampled_from(["orders", "logs", "eu", "us-*"]), min_size=1, max_size=2, unique=True)
ENTRIES = st.fixed_dictionaries(
    {"clusters": ALIASES, "names": st.lists(st.sampled_from(["a", "b"]), min_size=1, unique=True), "privileges": st.just(["read"])},
    optional={
        "field_security": st.sampled_from([None, {"grant": ["*"], "except": None}]),
        "query": st.sampled_from([None, {"term": {"x": 1}}]),
    },
)
PRIVILEGES = st.lists(st.sampled_from(["monitor", "manage", "all"]), max_size=3, unique=True)
ROLES = st.fixed_dictionaries(
    {},
    optional={
        "cluster": PRIVILEGES,
        "run_as": PRIVILEGES,
        "remote_indices": st.lists(ENTRIES, max_size=3),
        "metadata": st.dictionaries(st.sampled_from("ab"), st.integers(0, 2)),
        "global": st.just({"application": {}}),
        "transient_metadata": st.just({"enabled": True}),
    },
)


def clusters(entry):
    return set(entry["clusters"])


@given(ROLES, ROLES)
def test_merging_keeps_the_entries_of_others(have, want):
    merged = roles.merged(have, want)
    replaced = [clusters(entry) for entry in want.get("remote_indices") or []]
    foreign = [entry for entry in have.get("remote_indices") or [] if clusters(entry) not in replaced]
    assert merged.get("remote_indices", [])[: len(foreign)] == foreign
    for part in ("cluster", "run_as"):
        assert set(merged.get(part) or []) == set(have.get(part) or []) | set(want.get(part) or [])
    assert merged.get("global") == want.get("global", have.get("global"))


@given(ROLES, ROLES)
def test_merging_again_changes_nothing(have, want):
    once = roles.merged(have, want)
    assert roles.normalised(roles.merged(once, want)) == roles.normalised(once)


@given(ROLES, ROLES)
def test_exact_makes_the_parts_that_are_given_equal_and_keeps_the_others(have, want):
    exact = roles.normalised(roles.merged(have, want, exact=True))
    have, wanted = roles.normalised(have), roles.normalised(want)
    assert all(exact.get(part) == (wanted if part in want else have).get(part) for part in {*have, *wanted})


@given(ROLES)
def test_normalising_twice_is_normalising_once(role):
    once = roles.normalised(role)
    assert roles.normalised(once) == once


@given(ROLES)
def test_nothing_wanted_changes_nothing(role):
    assert roles.normalised(roles.merged(role, dict.fromkeys(role))) == roles.normalised(role)


@given(ROLES, st.sampled_from(["orders", "logs"]))
def test_taking_an_alias_away_takes_what_is_for_it_alone(role, alias):
    left = roles.without_alias(role, alias).get("remote_indices", [])
    assert left == [entry for entry in role.get("remote_indices") or [] if entry["clusters"] != [alias]]


def test_no_null_is_sent_to_elasticsearch():
    entry = {"clusters": ["o"], "names": ["a"], "privileges": ["read"], "query": None, "field_security": {"grant": ["x"], "except": None}}
    for exact in (False, True):
        [sent] = roles.merged(None, {"remote_indices": [entry]}, exact)["remote_indices"]
        assert sent == {"clusters": ["o"], "names": ["a"], "privileges": ["read"], "field_security": {"grant": ["x"]}}


def test_a_query_template_stays_a_text():
    assert roles.normalised({"indices": [{"names": ["a"], "query": "{{#toJson}}"}]})["indices"][0]["query"] == "{{#toJson}}"


@pytest.mark.parametrize("name", ["analysts", "a b", "deployments/../x", "x" * 507])
def test_a_role_may_have_a_name_of_visible_ascii(name):
    assert roles.name_problem(name) == ""


@pytest.mark.parametrize("name", ["", ".", "..", " a", "a\n", "\u00fcber", "x" * 508])
def test_anything_else_is_no_name_of_a_role(name):
    assert "role name" in roles.name_problem(name)


@pytest.mark.parametrize(
    ("part", "words"),
    [
        ({"remote_indices": [{"clusters": [], "names": ["a"], "privileges": ["read"]}]}, "remote_indices has an entry with empty clusters"),
        ({"indices": [{"names": ["a"], "privileges": []}]}, "indices has an entry with empty privileges"),
        ({"indices": [{"names": ["a"], "privileges": ["read"], "query": "x"}]}, "indices has a query that is not JSON"),
        ({"description": "x" * 1001}, "description is longer than 1000 characters"),
        ({"metadata": {"_x": 1}}, "'_x', which is reserved"),
    ],
)
def test_what_elasticsearch_would_refuse_of_a_role_is_said_before(part, words):
    [problem] = roles.problems(part)
    assert words in problem


def test_parts_that_are_not_given_are_no_problem():
    assert roles.problems({"indices": None, "description": None, "metadata": None, "remote_cluster": [], "query": None}) == []
