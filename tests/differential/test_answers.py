# SPDX-License-Identifier: GPL-3.0-or-later
"""Simulated clusters are held to real ones: whoever trusts what was tested with them must be able to."""

from __future__ import annotations

import pytest

from differential import collection, sequence
from differential.recorder import Call
from differential.shapes import shape

SECTIONS = tuple(part.__name__ for part in sequence.PARTS)


@pytest.mark.parametrize("section", SECTIONS)
def test_both_data_planes_answer_alike(answers: dict[str, list[Call]], section: str) -> None:
    simulated, real = ([call for call in answers[kind] if call.section == section] for kind in ("simulated", "real"))
    assert [str(call) for call in simulated] == [str(call) for call in real]
    pairs = zip(simulated, real, strict=True)
    differing = {
        str(one): {"simulated": (one.status, one.shape), "real": (other.status, other.shape)} for one, other in pairs if one != other
    }
    assert differing == {}


def test_the_sequence_covers_every_call_that_the_collection_can_make(answers: dict[str, list[Call]]) -> None:
    made = {(call.method, call.path.partition("?")[0]) for call in answers["simulated"]}
    sent = collection.calls(collection.CLIENT.read_text(encoding="utf-8"))
    missing = [str(one) for one in sent if not any(method == one.method and one.path.fullmatch(path) for method, path in made)]
    assert missing == []


def test_the_calls_of_the_collection_are_read_from_its_client() -> None:
    found = {one.by: one for one in collection.calls(collection.CLIENT.read_text(encoding="utf-8"))}
    assert (found["api_key"].method, found["api_key"].path.pattern) == ("GET", "/_security/api_key")
    assert found["resolve_cluster"].path.fullmatch("/_resolve/cluster/a:*")
    assert found["search"].path.fullmatch("/a:*/_search")


def test_a_call_whose_path_cannot_be_read_is_an_error_not_an_omission() -> None:
    with pytest.raises(ValueError, match="line 2 of the client: make_path"):
        collection.calls("def f(self):\n    self._session.read('GET', make_path())")


def test_a_difference_in_words_status_or_fields_is_noticed() -> None:
    one = {"error": {"type": "a", "reason": "api key [id-1] has been invalidated"}, "n": 1, "at": "12:00"}
    assert shape(one, {"id-1": "KEY"}) == shape({**one, "n": 2, "at": "12:01"}, {"id-1": "KEY"})
    for change in ({"error": {"type": "a", "reason": "api key [id-2] has been invalidated"}}, {"n": "1"}, {"n": None}, {"more": 1}):
        assert shape({**one, **change}, {"id-1": "KEY"}) != shape(one, {"id-1": "KEY"})
