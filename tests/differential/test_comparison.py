# SPDX-License-Identifier: GPL-3.0-or-later
"""The comparison allows what varies for one cause, and nothing else: what is planted here must be noticed."""

from __future__ import annotations

from typing import Any

import pytest

from differential.recorder import Call, agree
from differential.shapes import shape

NAMES = {"id-1": "KEY-ONE", "id-2": "KEY-TWO"}
BASIC = {"WWW-Authenticate": "Basic"}
BOTH = {"WWW-Authenticate": ["Basic", "ApiKey"]}
SEARCH, HANDSHAKE = "indices:data/read/search", "cluster:internal/remote_cluster/handshake"


def answer(error: dict[str, Any] | str, status: int = 401) -> Call:
    """An answer with an error as searches give it, or as `_resolve/cluster` does (a text)."""
    body = {"error": error, "status": status, "took": 3, "at": "12:00"}
    return Call("planted", "GET", "/", "", status, shape(body, NAMES))


def first_check(reason: str) -> dict[str, Any]:
    return {"type": "security_exception", "reason": reason, "header": BASIC}


def authentication(key: str, added: str, action: str = SEARCH) -> dict[str, Any]:
    reason = f"unable to authenticate user [{key}] for action [{action}]"
    return {"type": "security_exception", "reason": reason, "additional_unsuccessful_credentials": f"API key: {added}", "header": BOTH}


REVOKED = "api key [id-1] has been invalidated"
UNKNOWN = "unable to find apikey with id id-1"
SECRET = "invalid credentials for API key [id-1]"
EXPIRED = "api key is expired"


@pytest.mark.parametrize("words", [REVOKED, UNKNOWN, SECRET, EXPIRED])
def test_one_cause_may_come_in_all_its_wordings(words: str) -> None:
    long = authentication("id-1", words)
    assert agree(answer(first_check(words)), answer(long))
    assert agree(answer(long), answer(authentication("id-1", words, HANDSHAKE)))
    assert agree(answer(words), answer(long["reason"]))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(first_check(REVOKED), first_check(UNKNOWN), id="another cause"),
        pytest.param(first_check(REVOKED), authentication("id-1", UNKNOWN), id="another cause in the other wording"),
        pytest.param(authentication("id-1", REVOKED), authentication("id-1", SECRET), id="another cause in what is added"),
        pytest.param(first_check(REVOKED), first_check(REVOKED.replace("id-1", "id-2")), id="another key"),
        pytest.param(first_check(REVOKED), authentication("id-2", REVOKED), id="another key in the other wording"),
        pytest.param(authentication("id-1", EXPIRED), authentication("id-2", EXPIRED), id="another key, not named by the cause"),
        pytest.param(authentication("id-1", REVOKED), authentication("id-1", REVOKED, "indices:data/write/bulk"), id="another action"),
        pytest.param(authentication("id-1", REVOKED), authentication("id-1", "no such cause"), id="added words of no cause"),
        pytest.param(first_check(REVOKED), {**first_check(REVOKED), "header": {"Retry-After": "1"}}, id="another header"),
        pytest.param(first_check(REVOKED), {**first_check(REVOKED), "type": "exception"}, id="another type"),
        pytest.param(first_check(REVOKED), {**first_check(REVOKED), "caused_by": {}}, id="one field more"),
        pytest.param(first_check(REVOKED), first_check("api key [id-1] was invalidated"), id="words of no cause"),
        pytest.param(REVOKED, UNKNOWN, id="another cause, as a text"),
        pytest.param(REVOKED, "action [x] is unauthorized", id="no refusal of a key"),
    ],
)
def test_a_planted_deviation_of_a_refusal_is_noticed(one: dict[str, Any] | str, other: dict[str, Any] | str) -> None:
    assert not agree(answer(one), answer(other))


def test_another_status_is_noticed() -> None:
    assert not agree(answer(first_check(REVOKED)), answer(first_check(REVOKED), status=403))


@pytest.mark.parametrize("change", [{"n": "1"}, {"n": None}, {"more": 1}, {"flag": False}, {"list": ["a", 1]}, {"list": []}])
def test_another_field_type_or_truth_value_is_noticed(change: dict[str, Any]) -> None:
    body: dict[str, Any] = {"n": 1, "at": "12:00", "flag": True, "list": ["a"]}
    one, other, same = (
        Call("planted", "GET", "/", "", 200, shape(b, NAMES)) for b in (body, {**body, **change}, {**body, "n": 2, "at": ""})
    )
    assert agree(one, same)
    assert not agree(one, other)
