# SPDX-License-Identifier: GPL-3.0-or-later
"""What one call of the engine hands on to the next."""

from __future__ import annotations

import json

import pytest

from ansible_collections.crosscluster.elastic.plugins.module_utils.fleet.engine import State
from ansible_collections.crosscluster.elastic.plugins.module_utils.model.errors import InvalidDeclaration

from .builders import declared, linked

SEEN = State("nonce", linked(), {"search/orders": "key1"})


def test_a_run_survives_json():
    again = State.from_dict(json.loads(json.dumps(SEEN.as_dict())), declared())
    assert again == SEEN


@pytest.mark.parametrize(
    "wrong", [{"world": None}, {"world": {"clusters": 5}}, {"keys": 5}, {"failed": "x"}, {"changed": 5}, {"world": {"clusters": {"a": []}}}]
)
def test_what_is_no_run_is_refused(wrong):
    with pytest.raises(InvalidDeclaration, match="run is not what an earlier task has returned"):
        State.from_dict({**SEEN.as_dict(), **wrong}, declared())


@pytest.mark.parametrize("part", ["nonce", "world", "keys", "failed", "changed"])
def test_a_run_without_one_of_its_parts_is_refused(part):
    left = {name: value for name, value in SEEN.as_dict().items() if name != part}
    with pytest.raises(InvalidDeclaration, match="run is not what an earlier task has returned"):
        State.from_dict(left, declared())


def test_the_run_of_other_links_is_refused():
    seen = SEEN.as_dict()
    del seen["world"]["clusters"]["orders"]
    with pytest.raises(InvalidDeclaration, match="run is of other links, it knows nothing of orders"):
        State.from_dict(seen, declared())
