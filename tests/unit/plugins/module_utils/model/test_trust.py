# SPDX-License-Identifier: GPL-3.0-or-later
"""Trust settings: what is ours changes, everything else is sent back as it was read."""

from __future__ import annotations

import contextlib
import copy
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.crosscluster.elastic.plugins.module_utils.model import trust
from ansible_collections.crosscluster.elastic.plugins.module_utils.model.errors import Refused
from ansible_collections.crosscluster.elastic.plugins.module_utils.model.trust_edits import edited
from ansible_collections.crosscluster.elastic.tests.unit.plugins import certificates

ACCOUNTS = [{"account_id": "0042", "name": "Default trust for own organization", "trust_all": True, "later": {"x": [1]}}]
FOREIGN = {"type": "ESS", "name": "partner", "uid": "u1", "trust_all": True, "certificates": [{"pem": "x", "metadata": {}}], "new": None}
OURS = trust.name_of("berlin")


def proxy(name, pems):
    return trust.proxy_entry(name, pems).entry


def merged(before, present, absent, accounts=None):
    return edited(before, [*map(trust.without_proxy_entry, absent), *(trust.Put(trust.DIRECT, entry) for entry in present)], accounts)


@pytest.fixture(scope="module")
def pems():
    return [certificates.authority(f"CA {number}").pem for number in range(3)]


@pytest.fixture
def entry(pems):
    return proxy(OURS, pems[:1])


@pytest.mark.proves("R13")
def test_an_entry_is_added_and_everything_else_is_sent_back(entry):
    before = {"accounts": ACCOUNTS, "direct": [FOREIGN], "future": {"a": 1}}
    after = merged(before, [entry], [])
    assert after == {"accounts": ACCOUNTS, "external": [], "direct": [FOREIGN, entry], "future": {"a": 1}}
    assert after["direct"][0] is FOREIGN


@pytest.mark.parametrize("empty", [{}, {"external": None}, {"external": []}])
def test_an_entry_that_is_there_changes_nothing_whatever_the_form_of_empty_lists(entry, empty):
    before = {"accounts": ACCOUNTS, "direct": [{**entry, "uid": "u9"}], **empty}
    assert merged(before, [entry], ["another"]) == before


def test_an_update_keeps_uid_unknown_fields_and_certificates_that_stay(entry, pems):
    read = {**entry, "uid": "u9", "later": 1, "certificates": [{"pem": pems[0].replace("\n", "\r\n"), "metadata": {"fingerprint": "f"}}]}
    after = merged({"accounts": [], "direct": [read]}, [proxy(OURS, pems[:2])], [])
    assert after["direct"] == [{**read, "certificates": [read["certificates"][0], {"pem": pems[1]}]}]


def test_certificates_are_compared_as_a_set(pems):
    read = {**proxy(OURS, [pems[1] + pems[0]]), "uid": "u9"}
    before = {"accounts": [], "direct": [read]}
    assert merged(before, [proxy(OURS, pems[:2])], []) == before
    assert merged(before, [proxy(OURS, pems[:1])], []) != before


def test_several_entries_come_and_go_in_one_merge(entry, pems):
    gone = proxy(trust.name_of("old"), pems[2:])
    other = proxy(trust.name_of("datacenter"), pems[1:2])
    after = merged({"accounts": ACCOUNTS, "direct": [gone, FOREIGN]}, [entry, other], [gone["name"], "never there"])
    assert after["direct"] == [FOREIGN, entry, other]


def test_only_entries_of_type_proxy_are_taken_away():
    before = {"accounts": ACCOUNTS, "direct": [FOREIGN]}
    assert merged(before, [], ["partner"]) == before


@pytest.mark.parametrize("taken", [[FOREIGN], [{"name": "partner"}], [{**FOREIGN, "type": "proxy"}, {**FOREIGN, "type": "proxy"}]])
def test_a_name_that_others_have_is_refused(pems, taken):
    with pytest.raises(Refused, match="the name 'partner' is taken by"):
        merged({"accounts": ACCOUNTS, "direct": taken}, [proxy("partner", pems)], [])


@pytest.mark.parametrize("never", [{}, {"accounts": None}, {"accounts": None, "external": [], "direct": None}])
def test_where_trust_was_never_set_the_level_of_the_own_organization_must_be_said(entry, never):
    with pytest.raises(Refused, match="was never set"):
        merged(never, [entry], [])
    assert merged(never, [entry], [], accounts=[])["accounts"] == []
    assert merged(never, [entry], [], accounts=ACCOUNTS)["accounts"] == ACCOUNTS


def test_accounts_that_were_not_read_are_not_written(entry):
    after = merged({"accounts": None, "direct": [FOREIGN]}, [entry], [])
    assert "accounts" not in after


@pytest.mark.parametrize("accounts", [[], ACCOUNTS])
def test_accounts_that_were_read_are_written_back_whatever_is_declared(entry, accounts):
    assert merged({"accounts": accounts}, [entry], [], accounts=[{"account_id": "7"}])["accounts"] is accounts


def test_a_uid_that_the_organization_has_for_the_certificates_is_taken(entry, pems):
    wanted = {"accounts": [], "direct": [entry, {**FOREIGN, "uid": "u1"}]}
    known = {**proxy("elsewhere", [pems[0].replace("\n", "\r\n")]), "uid": "u7"}
    assert trust.with_known_uids(wanted, {"direct": [FOREIGN, known]})["direct"] == [{**entry, "uid": "u7"}, FOREIGN]


def test_a_uid_with_further_certificates_or_of_another_entry_is_left_alone(entry, pems):
    more = {**proxy("elsewhere", pems[:2]), "uid": "u7"}
    generic = {**entry, "type": "generic", "uid": "u8"}
    own = {**proxy("second", pems[:1]), "uid": "u9"}
    wanted = {"direct": [own, entry]}
    assert trust.with_known_uids(wanted, {"direct": [more, generic, own]}) == wanted
    assert trust.with_known_uids(wanted, {}) == wanted


def test_a_diff_shows_named_entries_with_fingerprints_only(entry, pems):
    settings = {"accounts": ACCOUNTS, "direct": [FOREIGN, {**entry, "uid": "u9"}]}
    (shown,) = trust.shown(settings, [trust.without_proxy_entry(OURS)])["direct"]
    assert (shown["name"], len(shown["certificates"]), "uid" in shown) == (OURS, 1, False)
    assert pems[0] not in json.dumps(shown)
    assert trust.shown(settings, [trust.without_proxy_entry("absent")]) == {}


OWN = trust.AccountPeer("0042", "c1")


def environment(pems, cluster_id="c1"):
    return trust.EnvironmentPeer("ESS", "ours", "org", cluster_id, tuple(pems))


@pytest.mark.parametrize(
    ("before", "peer"),
    [
        ({}, OWN),
        ({"accounts": ACCOUNTS}, OWN),
        ({"accounts": [{"account_id": "0042", "trust_all": False, "trust_allowlist": ["c1"]}]}, OWN),
        ({"accounts": [*ACCOUNTS, {"account_id": "9", "trust_all": True}]}, trust.AccountPeer("9", "c1", is_own=False)),
    ],
)
def test_a_cluster_whose_organization_is_trusted_changes_nothing(before, peer):
    assert edited(before, [peer]) == before


@pytest.mark.parametrize(
    ("before", "peer", "after"),
    [
        ({}, OWN._replace(trust_all=False), [{"account_id": "0042", "trust_all": False, "trust_allowlist": ["c1"]}]),
        (
            {"accounts": [{"account_id": "0042", "trust_all": False, "trust_allowlist": ["c0"], "x": 1}, {"account_id": "9"}]},
            OWN,
            [{"account_id": "0042", "trust_all": False, "trust_allowlist": ["c0", "c1"], "x": 1}, {"account_id": "9"}],
        ),
        (
            {"accounts": ACCOUNTS},
            trust.AccountPeer("9", "c1", is_own=False),
            [*ACCOUNTS, {"account_id": "9", "trust_all": False, "trust_allowlist": ["c1"]}],
        ),
    ],
)
def test_a_cluster_is_added_to_what_is_trusted_of_its_organization(before, peer, after):
    assert edited(before, [peer]) == {"accounts": after, "external": [], "direct": []}


def test_another_organization_or_environment_needs_the_level_of_the_own_one_where_it_was_never_set(pems):
    for peer in (trust.AccountPeer("9", "c1", is_own=False), environment(pems[:1])):
        with pytest.raises(Refused, match="was never set"):
            edited({}, [peer])


def test_a_cluster_of_an_unknown_environment_comes_with_its_ca(pems):
    entry = {"type": "ESS", "name": "ours", "scope_id": "org", "trust_all": False, "trust_allowlist": ["c1"]}
    entry["certificates"] = [{"pem": pems[0]}]
    once = edited({"accounts": ACCOUNTS, "direct": [FOREIGN]}, [environment(pems[:1])])

    assert once == {"accounts": ACCOUNTS, "external": [], "direct": [FOREIGN, entry]}
    assert edited(once, [environment(pems[:1])]) == once
    renewed = edited(once, [environment(pems[:2], "c2")])["direct"][1]
    assert renewed == {**entry, "trust_allowlist": ["c1", "c2"], "certificates": [{"pem": pems[0]}, {"pem": pems[1]}]}


def test_an_entry_of_others_with_the_same_ca_is_used_since_a_certificate_belongs_to_one_only(pems):
    theirs = {"type": "ESS", "name": "theirs", "uid": "u1", "scope_id": "org", "trust_all": False, "x": 1}
    theirs["certificates"] = [{"pem": pems[0]}]

    after = edited({"accounts": ACCOUNTS, "direct": [theirs]}, [environment(pems[:1])])

    assert after["direct"] == [{**theirs, "trust_allowlist": ["c1"]}]
    everybody = {"accounts": ACCOUNTS, "direct": [{**theirs, "trust_all": True}]}
    assert edited(everybody, [environment(pems[:1])]) == everybody


RELATED = trust.RelationshipPeer("r1", "munich", "c1")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ([], [{"trust_relationship_id": "r1", "trust_all": False, "trust_allowlist": ["c1"]}]),
        (
            [{"trust_relationship_id": "r2", "trust_all": True}, {"trust_relationship_id": "r1", "trust_all": False, "x": 1}],
            [
                {"trust_relationship_id": "r2", "trust_all": True},
                {"trust_relationship_id": "r1", "trust_all": False, "x": 1, "trust_allowlist": ["c1"]},
            ],
        ),
        ([{"trust_relationship_id": "r1", "trust_all": True}], [{"trust_relationship_id": "r1", "trust_all": True}]),
    ],
)
def test_a_cluster_of_an_environment_with_a_relationship_is_added_to_what_is_trusted_by_it(before, after):
    once = edited({"accounts": ACCOUNTS, "external": before}, [RELATED])
    assert once["external"] == after and edited(once, [RELATED]) == once


def test_a_name_that_a_trust_of_another_type_has_is_refused(pems):
    with pytest.raises(Refused, match="is taken"):
        edited({"accounts": ACCOUNTS, "direct": [proxy("ours", pems[:1])]}, [environment(pems[:1])])


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5), lambda inner: st.lists(inner, max_size=2), max_leaves=4
)
_UNKNOWN = st.dictionaries(st.text(min_size=1, max_size=6).map(lambda name: f"x_{name}"), _JSON, max_size=3)
_TYPES = st.sampled_from(["ESS", "ECE", "generic", "proxy"])


_FOREIGN = {
    "accounts": st.builds(lambda more, key: {**more, "account_id": f"theirs-{key}", "trust_all": False}, _UNKNOWN, st.text(max_size=4)),
    "external": st.builds(lambda more, key: {**more, "trust_relationship_id": f"theirs-{key}"}, _UNKNOWN, st.text(max_size=4)),
    "direct": st.builds(
        lambda more, kind, key, pem: {**more, "type": kind, "name": f"theirs {key}", "certificates": [{"pem": pem}]},
        _UNKNOWN,
        _TYPES,
        st.text(max_size=8),
        st.text(max_size=9),
    ),
}
_LEVELS = st.sampled_from(
    [{"trust_all": True}, {"trust_all": False, "trust_allowlist": ["c1"]}, {"trust_all": False, "trust_allowlist": []}]
)
_NAMES = st.sampled_from(["a", "b", "c"])


def _edits(pems):
    """Any edit of entries that are ours."""
    some = st.integers(1, 3).map(lambda count: pems[:count])
    certified = st.builds(_direct, _TYPES, _NAMES, _LEVELS, some)
    return st.one_of(
        certified,
        st.builds(trust.Drop, st.just(trust.DIRECT), _NAMES.map(trust.name_of), _TYPES),
        st.builds(lambda name, level: trust.Put(trust.ACCOUNTS, {"account_id": name, **level}), _NAMES, _LEVELS),
        st.builds(lambda name, level: trust.Put(trust.EXTERNAL, {"trust_relationship_id": name, **level}), _NAMES, _LEVELS),
        st.builds(trust.Drop, st.sampled_from([trust.ACCOUNTS, trust.EXTERNAL]), _NAMES),
        st.builds(trust.AccountPeer, _NAMES, st.just("c2"), st.just(False)),
        st.builds(trust.RelationshipPeer, _NAMES, _NAMES, st.just("c2")),
        st.builds(trust.Withdrawal, st.sampled_from(["c1", "c2"])),
        st.builds(lambda name, given: trust.EnvironmentPeer("ESS", trust.name_of(f"{name} nodes"), name, "c2", tuple(given)), _NAMES, some),
    )


def _direct(kind, name, level, given):
    scope = {} if kind == "proxy" else {"scope_id": name}
    return trust.Put(
        trust.DIRECT, {"type": kind, "name": trust.name_of(name), **scope, **level, "certificates": [{"pem": pem} for pem in given]}
    )


@given(st.data(), st.fixed_dictionaries({kind: st.lists(entries, max_size=3) for kind, entries in _FOREIGN.items()}), _UNKNOWN)
def test_entries_of_others_survive_any_sequence_of_edits_byte_for_byte(pems, data, foreign, unknown):
    settings = {**unknown, **copy.deepcopy(foreign)}
    for edit in data.draw(st.lists(_edits(pems), max_size=12)):
        with contextlib.suppress(Refused):  # a name that an entry of another type has
            settings = edited(settings, [edit])

    theirs = {kind: [entry for entry in settings[kind] if "theirs" in str(entry.get(trust.KEYS[kind]))] for kind in foreign}
    assert json.dumps(theirs) == json.dumps(foreign)
    assert {name: value for name, value in settings.items() if name not in foreign} == unknown
