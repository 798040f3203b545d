# SPDX-License-Identifier: GPL-3.0-or-later
"""Variables of the roles beside ``links`` are given values of another type; those of the role ``grant`` also texts that mean nothing.

Ansible compares the variables of a role with its argument specification before the first task, and ``grant`` checks its own before it
reads anything, so what is refused here has written nothing. What ``accept`` is told is compared with the file that it is given, see
tests/modules/test_two_administrators.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from suites import calls, inputs

ROLES = ["accept", "grant", "remote_cluster_client", "remote_cluster_server", "rolling_restart"]
TYPED = ("bool", "int", "dict")
UUID = "A" * 22
BASES: dict[str, dict[str, Any]] = {
    "grant": {
        "grant_platform": {"api_key": "k"},
        "grant_deployment": "orders-prod",
        "grant_password": "p",
        "grant_local": {"cluster_uuid": UUID},
        "grant_alias": "orders",
        "grant_access": {"search": [{"names": ["orders-*"]}]},
        "grant_handover_file": "handover.yml",
        "grant_vault_password": "p",
    },
    "accept": {
        "accept_platform": {"api_key": "k"},
        "accept_deployment": "search-prod",
        "accept_password": "p",
        "accept_alias": "orders",
        "accept_handover_file": "handover.yml",
        "accept_vault_password": "p",
        "__accept_stat": {"stat": {"exists": True}},
    },
    "remote_cluster_client": {"remote_cluster_client_connection": {"url": "https://a:9200"}},
    "remote_cluster_server": {"remote_cluster_server_connection": {"url": "https://a:9200"}},
    "rolling_restart": {"rolling_restart_connection": {"url": "https://a:9200"}, "rolling_restart_nodes": 1},
}
TEXTS: dict[str, dict[tuple[str, ...], inputs.Kind]] = {
    "grant": {
        ("grant_alias",): inputs.ALIAS,
        ("grant_expiration",): inputs.DURATION,
        ("grant_renew_before",): inputs.DURATION,
        ("grant_local", "cluster_uuid"): inputs.Kind(UUID, refused=("A" * 21, "A" * 23, UUID + "=", "a.b")),
        ("grant_local", "cluster_id"): inputs.Kind("0" * 32, refused=("0" * 31, "g" * 32)),
    },
}
"""Texts that a role checks, and what they mean."""


def typed(option: Mapping[str, Any]) -> bool:
    """Whether a type or choices say which values are wrong; anything is a text, and a list of what stands alone."""
    return bool(option.get("choices")) or option.get("type") in TYPED


def wrong(option: Mapping[str, Any]) -> list[Any]:
    """Without a boolean for a number, which Ansible takes, and a number for a dictionary, which ends in a traceback of Ansible."""
    return [value for value in inputs.refused((), option) if value is not True and not (value == 5 and "options" in option)]


def placed(base: Mapping[str, Any], path: tuple[str, ...], value: Any) -> dict[str, Any]:
    name, rest = path[0], path[1:]
    return {**base, name: placed(base.get(name) or {}, rest, value) if rest else value}


@pytest.mark.parametrize("role", ROLES)
def test_a_value_of_another_type_is_refused_by_a_message_that_names_the_variable(role: str):
    assert calls.role_refusals(role, BASES[role]) == []
    tried, problems = 0, []
    for name, option in calls.role_specification(role).items():
        for value in wrong(option) if typed(option) else []:
            tried += 1
            found = calls.role_refusals(role, {**BASES[role], name: value})
            problems += [] if any(name in text for text in found) else [f"{name} = {value!r}: {found}"]

    assert problems == []
    assert tried >= 5


@pytest.mark.parametrize("role", TEXTS)
def test_a_text_that_means_nothing_is_refused_by_a_message_that_names_the_variable(role: str):
    problems = []
    for path, kind in TEXTS[role].items():
        for value in [*(value for value in inputs.TEXTS.values() if value), *kind.refused]:
            found = calls.role_refusals(role, placed(BASES[role], path, value))
            problems += [] if any(".".join(path) in text for text in found) else [f"{'.'.join(path)} = {value!r:.80}: {found}"]

    assert problems == []
