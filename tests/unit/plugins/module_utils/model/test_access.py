# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.crosscluster.elastic.plugins.module_utils.model import access

NAMES = st.lists(st.text("abc*-", min_size=1, max_size=5), min_size=1, max_size=3)
QUERIES = st.none() | st.builds(lambda text: {"term": {"x": text}}, st.text(max_size=3))
FIELDS = st.none() | st.fixed_dictionaries({"grant": st.lists(st.text("ab", min_size=1), max_size=2), "except": st.none() | st.just([])})
GRANTS = st.fixed_dictionaries(
    {"names": NAMES, "query": QUERIES, "field_security": FIELDS, "allow_restricted_indices": st.none() | st.booleans()}
)
ACCESS = st.fixed_dictionaries(
    {}, optional={"search": st.none() | st.lists(GRANTS, max_size=3), "replication": st.lists(GRANTS, max_size=2)}
)


@given(ACCESS)
def test_normalising_twice_is_normalising_once(value):
    once = access.normalised(value)
    assert access.normalised(once) == once


@given(ACCESS)
def test_what_is_sent_means_what_was_wanted(value):
    assert access.normalised(access.request(value)) == access.normalised(value)


@given(ACCESS)
def test_order_and_the_spelling_of_queries_mean_nothing(value):
    def respelled(grant):
        query = json.dumps(grant["query"]) if grant["query"] else grant["query"]
        return {**grant, "names": list(reversed(grant["names"])), "query": query}

    other = {kind: [respelled(grant) for grant in reversed(grants or [])] for kind, grants in value.items()}
    assert access.normalised(other) == access.normalised(value)


@given(ACCESS)
def test_an_index_outside_is_covered_by_no_pattern(value):
    index = access.index_outside(value)
    patterns = [name for grants in value.values() for grant in grants or [] for name in grant["names"]]
    if index in access.PROBE_INDICES:
        assert not any(access._covers(pattern, index) for pattern in patterns)
    else:
        assert "*" in "".join(patterns)


@pytest.mark.parametrize(
    ("search", "index"),
    [
        ([{"names": ["orders-*"]}], access.PROBE_INDICES[0]),
        ([{"names": ["cross*"]}], access.PROBE_INDICES[1]),
        ([{"names": ["*"]}], access.RESTRICTED_INDEX),
        ([{"names": ["*"], "allow_restricted_indices": True}], None),
        ([{"names": ["*"]}, {"names": ["x"], "allow_restricted_indices": True}], access.RESTRICTED_INDEX),
        ([{"names": ["/.*/"]}], access.RESTRICTED_INDEX),
    ],
)
def test_the_question_is_about_something_the_key_does_not_cover(search, index):
    assert access.index_outside({"search": search}) == index


@pytest.mark.proves("R17", "R18")
@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({}, "access is empty"),
        ({"search": None, "replication": []}, "access is empty"),
        ({"search": [{"names": []}]}, "an entry without names"),
        ({"search": [{"names": ["a", " "]}]}, "an empty name"),
        ({"search": [{"names": ["a"], "query": "{"}]}, "a query that is not JSON"),
        ({"search": [{"names": ["a"], "query": "[]"}]}, "a query that is not JSON"),
        ({"search": [{"names": ["a"], "query": ""}]}, "a query that is not JSON"),
        ({"search": [{"names": ["a"], "query": {}}]}, "a query that is not JSON"),
        ({"search": [{"names": ["a"], "query": 5}]}, "a query that is not JSON"),
        ({"search": [{"names": ["a"], "query": "[" * 100_000}]}, "a query that is not JSON"),
        ({"search": [{"names": ["a"], "field_security": {"grant": []}}]}, "access.search has field_security.grant without a field"),
        ({"search": [{"names": ["a"], "query": {"x": 1}}], "replication": [{"names": ["b"]}]}, "refuses together with replication"),
        ({"search": [{"names": ["a"], "field_security": {"grant": ["x"]}}], "replication": [{"names": ["b"]}]}, "field_security"),
    ],
)
def test_what_elasticsearch_would_refuse_is_said_before(value, words):
    assert words in "; ".join(access.problems(value))


@pytest.mark.proves("R17")
@pytest.mark.parametrize(
    "value",
    [
        {"search": [{"names": ["a"]}]},
        {"replication": [{"names": ["a"]}]},
        {"search": [{"names": "a", "query": '{"term": {}}'}]},
        {"search": [{"names": ["a"], "field_security": None, "query": None}], "replication": [{"names": ["b"]}]},
    ],
)
def test_what_elasticsearch_takes_is_no_problem(value):
    assert access.problems(value) == []


def test_the_names_that_may_be_searched_are_those_of_search():
    assert access.search_names({"search": [{"names": "a"}, {"names": ["b", "c"]}], "replication": [{"names": ["d"]}]}) == ["a", "b", "c"]


KEY = {
    "search": [{"names": ["orders-*"]}],
    "replication": [{"names": ["archive-*"], "allow_restricted_indices": True}],
}
READ, FOLLOW = ["read", "read_cross_cluster", "view_index_metadata"], ["cross_cluster_replication"]


@pytest.mark.parametrize(
    ("names", "privileges", "more", "beyond"),
    [
        (["orders-*"], READ, {}, []),
        (["orders-2026", "orders-2*"], READ, {}, []),
        (["*", "invoices"], READ, {}, ["*", "invoices"]),
        (["archive-2026"], READ, {}, ["archive-2026"]),
        (["archive-2026"], FOLLOW, {}, []),
        (["orders-2026"], FOLLOW, {}, ["orders-2026"]),
        (["orders-2026"], [*READ, *FOLLOW], {}, ["orders-2026"]),
        (["orders-2026", "archive-1"], ["all"], {}, ["the privilege all"]),
        (["orders-2026"], ["read", "write"], {}, ["the privilege write"]),
        (["orders-2026"], READ, {"allow_restricted_indices": True}, ["restricted indices"]),
        (["archive-2026"], FOLLOW, {"allow_restricted_indices": True}, []),
        (["orders-2026"], READ, {"query": {"term": {"x": 1}}, "allow_restricted_indices": None}, []),
    ],
)
def test_what_a_role_asks_for_beyond_a_key_is_named(names, privileges, more, beyond):
    assert access.beyond(KEY, {"names": names, "privileges": privileges, **more}) == beyond
