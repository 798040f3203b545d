# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.crosscluster.elastic.plugins.module_utils.model import inputs

NAME = {"name": {"type": "str", "required": True}}
SPEC = {
    **NAME,
    "path": {"type": "path"},
    "description": {"type": "str"},
    "secret": {"type": "str", "no_log": True},
    "api_key": {"type": "str", "no_log": True},
    "texts": {"type": "list", "elements": "str"},
    "things": {"type": "list", "elements": "dict", "options": {**NAME, "inner": {"type": "dict", "options": {"text": {"type": "str"}}}}},
    "timeout": {"type": "int"},
    "wait_timeout": {"type": "int"},
    "pool": {"type": "int"},
    "data": {"type": "dict"},
    "any": {"type": "raw"},
    "flag": {"type": "bool"},
}


def problems(**values):
    return inputs.problems(SPEC, {"name": "orders", **values})


@pytest.mark.parametrize(
    "values",
    [
        {"name": "\u00fcber \u05e9\u05dc\u05d5\u05dd \U0001f98e\u200d"},
        {"name": 12},
        {"name": "x" * inputs.LONGEST},
        {"description": ""},
        {"description": "two\nlines" * 1000},
        {"texts": []},
        {"texts": "a,b"},
        {"timeout": 1, "wait_timeout": 0, "pool": 1024},
        {"timeout": "60"},
        {"data": {"a": [1, 2.5, "x\ny", {"b": None}]}, "any": "x\ny", "flag": True},
        {"things": [{"name": "a", "inner": {"text": None}}], "path": None},
    ],
)
def test_what_may_be_is_no_problem(values):
    assert problems(**values) == []


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"name": None}, "name is empty"),
        ({"name": ""}, "name is empty"),
        ({"path": " \u00a0"}, "path is empty"),
        ({"name": {"a": 1}}, "name is not a text"),
        ({"name": True}, "name True is not a text"),
        ({"name": "x" * 1025}, "name 'xxx"),
        ({"name": "a\0b"}, "name 'a\\x00b' has the character U+0000"),
        ({"name": "a\u202eb"}, "name 'a\\u202eb' has the character U+202E"),
        ({"name": "a\u2028b"}, "has the character U+2028"),
        ({"name": "\ud800"}, "has the character U+D800"),
        ({"secret": "s3cret\n"}, "secret has the character U+000A"),
        ({"api_key": "s3cret \u00fc"}, "api_key has blanks or characters beyond ASCII"),
        ({"description": "a\0"}, "description 'a\\x00' has the control character U+0000"),
        ({"texts": True}, "texts is not a list"),
        ({"texts": ["a", None]}, "texts[1] is empty"),
        ({"texts": ["a", ["b"]]}, "texts[1] is not a text"),
        ({"things": [{"name": "a"}, {"name": "b", "inner": {"text": " "}}]}, "things['b'].inner.text is empty"),
        ({"things": [{"name": " "}]}, "things[0].name is empty"),
        ({"things": [{"name": "a", "inner": 5}]}, "things['a'].inner is not a dictionary"),
        ({"timeout": 0}, "timeout 0 is not between 1 and 86400"),
        ({"timeout": True}, "timeout True is not a number"),
        ({"wait_timeout": -1}, "wait_timeout -1 is not between 0 and 86400"),
        ({"pool": 1025}, "pool 1025 is not between 1 and 1024"),
        ({"data": {"a": [float("nan")]}}, "data has a number that is infinite or none"),
        ({"data": {"a\0": 1}}, "data has the control character U+0000"),
        ({"any": ["\ud800"]}, "any has the control character U+D800"),
    ],
)
def test_a_value_that_can_mean_nothing_is_told_with_its_place(values, problem):
    [found] = problems(**values)
    assert problem in found
    assert len(found) < 200 and "s3cret" not in found and found.isprintable()


@given(st.text())
def test_a_quoted_value_is_short_and_visible(text):
    assert len(inputs.shown(text)) <= 80 and inputs.shown(text).isprintable()
