# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest


@pytest.fixture
def trust(call, platform):
    return lambda **options: call("account_trust", **{**platform.connection, **options})


@pytest.mark.proves("R54", "R55")
def test_the_default_is_changed_once_and_what_else_the_trust_says_stays(trust, platform):
    platform.account_trust = {"trust_all": True, "since": 2024}

    predicted, made, again = trust(trust_all=False, check=True), trust(trust_all=False), trust(trust_all=False)

    assert (predicted["changed"], made["changed"], again["changed"]) == (True, True, False)
    assert made["account"] == again["account"] == {"id": "42", "trust_all": False}
    assert platform.account_trust == {"trust_all": False, "since": 2024}
    assert platform.server.seen().count("PUT /api/v1/account") == len(platform.writes()) == 1


def test_an_account_that_says_nothing_trusts_all(trust, platform):
    platform.account_trust = None

    assert not trust(trust_all=True)["changed"]
    assert trust(trust_all=False)["changed"]


def test_the_option_has_no_default_since_either_value_may_be_a_surprise(trust):
    assert "trust_all" in trust()["msg"]
