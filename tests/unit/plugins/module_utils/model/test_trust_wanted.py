# SPDX-License-Identifier: GPL-3.0-or-later
"""Entries of trust as users give them: what goes with which type, and what becomes of it."""

from __future__ import annotations

import pytest

from ansible_collections.crosscluster.elastic.plugins.module_utils.model.trust import ACCOUNTS, DIRECT, EXTERNAL, Drop, Put
from ansible_collections.crosscluster.elastic.plugins.module_utils.model.trust_wanted import OPTIONS, TYPES, entry, gone, problems

NOTHING = {**dict.fromkeys(OPTIONS), "state": "present"}
ESS = {"type": "ESS", "name": "partner", "scope_id": "42", "certificates": ["ca"]}
GENERIC = {"type": "generic", "name": "datacenter", "certificates": ["ca"]}


def options(**given):
    return {**NOTHING, **given}


@pytest.mark.parametrize(
    "given",
    [
        {"type": "account", "trust_all": False},
        {"type": "account", "trust_all": True, "name": "own"},
        {"type": "account", "account_id": "0042", "trust_allowlist": ["c1", "c2"]},
        {"type": "external", "trust_relationship": "munich", "trust_all": True},
        {**ESS, "trust_allowlist": ["c1"]},
        {**ESS, "type": "ECE", "trust_all": True},
        {**GENERIC, "additional_node_names": ["node-1", "node-2.example.com"]},
        {**GENERIC, "scope_id": "default.es.local", "trust_all": True},
        {"type": "proxy", "name": "berlin", "certificates": ["ca"]},
    ],
)
def test_each_type_takes_what_describes_it(given):
    assert problems(options(**given)) == []


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"type": "account"}, "say who is trusted"),
        ({"type": "account", "trust_all": True, "scope_id": "42"}, "scope_id does not go with type account"),
        ({"type": "account", "trust_all": True, "trust_allowlist": ["c1"]}, "trust_allowlist means nothing"),
        ({"type": "account", "trust_allowlist": ["c1", "c1"]}, "trust_allowlist has 'c1' twice"),
        ({"type": "account", "trust_allowlist": ["*"]}, "'*' is not the id of a cluster"),
        ({"type": "external", "trust_all": True}, "trust_relationship is needed for state present and type external"),
        ({"type": "external", "trust_relationship": "munich"}, "nobody would be trusted"),
        (ESS, "nobody would be trusted: give trust_all or trust_allowlist"),
        ({**ESS, "trust_all": False}, "nobody would be trusted"),
        ({**ESS, "scope_id": None, "trust_all": True}, "scope_id is needed for state present and type ESS"),
        ({**ESS, "certificates": [], "trust_all": True}, "certificates are needed for state present and type ESS"),
        ({**ESS, "trust_all": True, "additional_node_names": ["n"]}, "additional_node_names does not go with type ESS"),
        (GENERIC, "or additional_node_names"),
        ({**GENERIC, "trust_all": True}, "scope_id is needed for trust_all"),
        ({**GENERIC, "additional_node_names": ["node-*"]}, "'node-*' is not a name as it stands in a certificate"),
        ({**GENERIC, "additional_node_names": ["node-1,"]}, "without wildcards and commas"),
        ({**GENERIC, "additional_node_names": ["n", "n"]}, "additional_node_names has 'n' twice"),
        ({"type": "proxy", "name": "berlin", "certificates": ["ca"], "trust_all": False}, "trust_all does not go with type proxy"),
        ({"type": "proxy", "certificates": ["ca"]}, "name is needed for state present and type proxy"),
        ({"type": "account", "state": "absent"}, "account_id is needed for state absent and type account: to trust nobody"),
        ({"type": "external", "state": "absent"}, "trust_relationship is needed for state absent"),
        ({"type": "ESS", "state": "absent"}, "name is needed for state absent and type ESS"),
    ],
)
def test_what_does_not_go_together_is_told(given, text):
    found = problems(options(**given))
    assert len(found) == 1 and text in found[0], found


def made(given, **known):
    return entry(options(**given), ["CA"], **known)


@pytest.mark.proves("R57", "R59", "R64", "R65", "R66", "R67", "R69")
@pytest.mark.parametrize(
    ("given", "level"),
    [
        ({"trust_all": True}, {"trust_all": True}),
        ({"trust_allowlist": ["c1"]}, {"trust_all": False, "trust_allowlist": ["c1"]}),
        ({"trust_all": False}, {"trust_all": False, "trust_allowlist": []}),
    ],
)
def test_an_organization_is_trusted_as_a_whole_in_part_or_not_at_all(given, level):
    own = made({"type": "account", **given}, account_id="0042", own_id="0042")
    other = made({"type": "account", "name": "partner", **given}, account_id="9", own_id="0042")

    assert own == Put(ACCOUNTS, {"account_id": "0042", **level}, own=True)
    assert other == Put(ACCOUNTS, {"account_id": "9", "name": "partner", **level})


@pytest.mark.proves("R77", "R78")
def test_another_environment_is_trusted_by_the_id_of_the_relationship():
    given = {"type": "external", "trust_relationship": "munich"}

    assert made({**given, "trust_all": True}, relationship="r1") == Put(EXTERNAL, {"trust_relationship_id": "r1", "trust_all": True})
    some = made({**given, "trust_allowlist": ["c1"]}, relationship="r1")
    assert some.entry == {"trust_relationship_id": "r1", "trust_all": False, "trust_allowlist": ["c1"]}


@pytest.mark.proves("R82", "R86", "R87", "R88")
@pytest.mark.parametrize("kind", ["ESS", "ECE"])
def test_another_platform_is_trusted_by_its_id_its_clusters_and_the_cas_of_its_nodes(kind):
    assert made({**ESS, "type": kind, "trust_allowlist": ["c1"]}) == Put(
        DIRECT,
        {
            "type": kind,
            "name": "partner",
            "scope_id": "42",
            "trust_all": False,
            "trust_allowlist": ["c1"],
            "certificates": [{"pem": "CA"}],
        },
    )


@pytest.mark.proves("R90", "R93", "R94", "R96")
def test_self_managed_nodes_are_trusted_by_the_naming_pattern_of_the_cloud_or_by_their_names():
    by_pattern = made({**GENERIC, "scope_id": "42", "trust_all": True}).entry
    by_names = made({**GENERIC, "additional_node_names": ["node-1"]}).entry

    assert (by_pattern["scope_id"], by_pattern["trust_all"], "additional_node_names" in by_pattern) == ("42", True, False)
    assert (by_names["additional_node_names"], by_names["trust_all"], "scope_id" in by_names) == (["node-1"], False, False)
    assert by_names["type"] == by_pattern["type"] == "generic"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"type": "account", "account_id": "9"}, Drop(ACCOUNTS, "9")),
        ({"type": "external", "trust_relationship": "munich"}, Drop(EXTERNAL, "r1")),
        ({"type": "ECE", "name": "munich"}, Drop(DIRECT, "munich", "ECE")),
    ],
)
def test_an_entry_is_taken_away_by_what_it_is_recognised_by(given, expected):
    assert gone(options(**given, state="absent"), relationship="r1") == expected


def test_every_option_goes_with_some_type():
    assert {name for needed, more in TYPES.values() for name in (*needed, *more)} == set(OPTIONS)
