# SPDX-License-Identifier: GPL-3.0-or-later
"""Simulated clusters are held to real ones: whoever trusts what was tested with them must be able to."""

from __future__ import annotations

import pytest

from differential import collection, sequence
from differential.recorder import Call, agree

SECTIONS = tuple(part.__name__ for part in sequence.PARTS)


@pytest.mark.parametrize("section", SECTIONS)
def test_both_data_planes_answer_alike(answers: dict[str, list[Call]], section: str) -> None:
    simulated, real = ([call for call in answers[kind] if call.section == section] for kind in ("simulated", "real"))
    assert [str(call) for call in simulated] == [str(call) for call in real]
    pairs = zip(simulated, real, strict=True)
    differing = {
        str(one): {"simulated": (one.status, one.shape), "real": (other.status, other.shape)}
        for one, other in pairs
        if not agree(one, other)
    }
    assert differing == {}


def test_the_sequence_covers_every_call_that_the_collection_can_make(answers: dict[str, list[Call]]) -> None:
    made = [(call.method, call.path.partition("?")[0]) for call in answers["simulated"]]
    assert collection.uncovered(collection.CLIENT.read_text(encoding="utf-8"), made) == []


def test_a_call_that_the_sequence_lacks_is_reported() -> None:
    source = "def f(self, name):\n    self._session.read('GET', f'/_planted/{name}')\n    self._session.write('PUT', '/_planted/a')\n"
    assert collection.uncovered(source, [("GET", "/_planted/a")]) == ["f: PUT /_planted/a"]
    assert collection.uncovered(source, [("GET", "/_planted/a/b"), ("PUT", "/_planted/a")]) == ["f: GET /_planted/[^/]+"]


def test_the_calls_of_the_collection_are_read_from_its_client() -> None:
    found = {one.by: one for one in collection.calls(collection.CLIENT.read_text(encoding="utf-8"))}
    assert (found["api_key"].method, found["api_key"].path.pattern) == ("GET", "/_security/api_key")
    assert found["resolve_cluster"].path.fullmatch("/_resolve/cluster/a:*")
    assert found["search"].path.fullmatch("/a:*/_search")


@pytest.mark.parametrize("section", [part.__name__ for part in sequence.LACKING])
def test_what_is_not_compared_is_unknown_to_the_real_nodes_and_as_described_on_the_simulated_ones(
    answers: dict[str, list[Call]], section: str
) -> None:
    simulated, real = ([call for call in answers[kind] if call.section == section] for kind in ("simulated", "real"))
    assert [str(call) for call in simulated] == [str(call) for call in real]
    known = [str(call) for call in real if not str(call.shape["error"]).startswith(("no handler found", "Incorrect HTTP method"))]
    assert known == []
    assert [str(call) for call in simulated if call.status not in (200, 400, 404)] == []


@pytest.mark.parametrize(
    ("call", "refused"),
    [
        ("self._session.read('GET', make_path())", "line 2 of the client: make_path"),
        ("self._session.stream('GET', '/')", "line 2 of the client: self._session.stream"),
    ],
)
def test_a_call_that_cannot_be_read_is_an_error_not_an_omission(call: str, refused: str) -> None:
    with pytest.raises(ValueError, match=refused):
        collection.calls(f"def f(self):\n    {call}")
