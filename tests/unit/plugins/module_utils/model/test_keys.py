# SPDX-License-Identifier: GPL-3.0-or-later
"""The credential of a link: what the evidence says, and what follows. Times in minutes before or after now."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.crosscluster.elastic.plugins.module_utils.model import keys

NOW = 1_000_000_000
MINUTE = 60_000
TEN_MINUTES = 10 * MINUTE


def key(key_id, made=-60, expires=None, invalidated=False):
    expiration = None if expires is None else NOW + expires * MINUTE
    return keys.Key(key_id, "remote-cluster-orders", NOW + made * MINUTE, expiration, invalidated, "elastic", {}, {})


def evidence(ours=(), in_use=(), entry=True, observable=True, foreign=()):
    return keys.Evidence(tuple(ours), tuple(in_use), entry, observable, NOW, tuple(foreign))


OLD, NEW = key("old", made=-60), key("new", made=-30)
REVOKED, EXPIRED, SOON = key("revoked", invalidated=True), key("expired", expires=-1), key("soon", expires=5)


@pytest.mark.parametrize(
    ("seen", "kind", "current"),
    [
        # Settled: in use, ours, valid, the newest.
        (evidence([NEW], ["new"]), keys.SETTLED, "new"),
        (evidence([NEW], ["new", "new"]), keys.SETTLED, "new"),
        (evidence([OLD, NEW], ["new"]), keys.SETTLED, "new"),
        (evidence([REVOKED, NEW], ["new"]), keys.SETTLED, "new"),
        (evidence([NEW], ["new"], entry=None), keys.SETTLED, "new"),
        # Unreachable or unobservable is never evidence.
        (evidence([NEW], [None, None]), keys.SETTLED, "new"),
        (evidence([NEW], []), keys.SETTLED, "new"),
        (evidence([NEW], ["new", None]), keys.SETTLED, "new"),
        (evidence([NEW], [], observable=False), keys.SETTLED, "new"),
        (evidence([OLD, NEW], [], observable=False), keys.SETTLED, "new"),
        # No valid key of ours.
        (evidence([REVOKED], [None]), keys.REPLACE, ""),
        (evidence([EXPIRED], ["expired"]), keys.REPLACE, ""),
        (evidence([REVOKED], ["revoked"]), keys.REPLACE, ""),
        (evidence([], ["unknown"]), keys.REPLACE, ""),
        (evidence([], [], entry=None), keys.CREATE, ""),
        # The credential is absent.
        (evidence([], [], entry=False), keys.CREATE, ""),
        (evidence([NEW], [], entry=False), keys.REPLACE, ""),
        (evidence([REVOKED], [], entry=False), keys.CREATE, ""),
        # The id in use is wrong, and a newer key of ours that somebody does not use.
        (evidence([NEW], ["unknown"]), keys.REPLACE, ""),
        (evidence([NEW, REVOKED], ["revoked"]), keys.REPLACE, ""),
        (evidence([NEW], [keys.UNREADABLE]), keys.REPLACE, ""),
        (evidence([OLD, NEW], ["old"]), keys.REPLACE, "old"),
        (evidence([OLD, NEW], ["old", "new"]), keys.REPLACE, "old"),
        # A credential that is not ours.
        (evidence([], [], entry=True), keys.FOREIGN, ""),
        (evidence([], ["theirs"], foreign=["theirs"]), keys.FOREIGN, ""),
        (evidence([NEW], ["theirs"], foreign=["theirs"]), keys.FOREIGN, ""),
        (evidence([], ["theirs"], entry=False, foreign=["theirs"]), keys.FOREIGN, ""),
    ],
)
def test_what_follows_from_the_evidence(seen, kind, current):
    verdict = keys.judge(seen)
    assert (verdict.kind, verdict.current) == (kind, current)
    assert verdict.reason


@pytest.mark.parametrize(
    ("seen", "kind"),
    [
        (evidence([], [], entry=True), keys.CREATE),
        (evidence([], ["theirs"], foreign=["theirs"]), keys.REPLACE),
        (evidence([NEW], ["theirs"], foreign=["theirs"]), keys.REPLACE),
    ],
)
def test_adoption_takes_a_foreign_credential_over(seen, kind):
    assert keys.judge(seen, adopt=True).kind == kind


@pytest.mark.parametrize(("renew_before", "kind"), [(0, keys.SETTLED), (4, keys.SETTLED), (5, keys.REPLACE), (60, keys.REPLACE)])
def test_a_key_is_renewed_in_time(renew_before, kind):
    verdict = keys.judge(evidence([SOON], ["soon"]), renew_before_ms=renew_before * MINUTE)
    assert (verdict.kind, verdict.current) == (kind, "soon")


@pytest.mark.parametrize(
    ("seen", "current", "gone"),
    [
        (evidence([OLD, NEW], ["new"]), "new", ["old"]),
        (evidence([OLD, NEW], ["old"]), "old", []),
        (evidence([OLD, NEW], ["old", "new"]), "new", []),
        (evidence([key("fresh", made=-9), NEW], ["new"]), "new", []),
        (evidence([key("fresh", made=-9), key("newest", made=0)], ["newest"]), "newest", []),
        (evidence([REVOKED, EXPIRED, NEW], ["new"]), "new", []),
        (evidence([OLD, NEW], []), "", ["old", "new"]),
        (evidence([OLD, NEW], [], observable=False), "new", ["old"]),
    ],
)
def test_orphans_are_older_than_the_key_in_use_and_than_the_grace_time(seen, current, gone):
    assert [orphan.id for orphan in keys.orphans(seen, current, TEN_MINUTES)] == gone


IDS = st.sampled_from(["a", "b", "c", "d"])
KEYS = st.lists(
    st.builds(key, IDS, made=st.integers(-100, 0), expires=st.none() | st.integers(-5, 5), invalidated=st.booleans()),
    max_size=4,
    unique_by=lambda found: found.id,
)
EVIDENCE = st.builds(
    lambda ours, in_use, entry, foreign: evidence(ours, in_use, entry, foreign=[i for i in foreign if i not in {k.id for k in ours}]),
    KEYS,
    st.lists(st.none() | IDS, max_size=3),
    st.none() | st.booleans(),
    st.lists(st.sampled_from(["x", "y"]), max_size=1),
)


@given(EVIDENCE)
def test_a_settled_link_has_a_valid_key_of_ours_and_nobody_uses_another(seen):
    verdict = keys.judge(seen)
    if verdict.kind == keys.SETTLED:
        assert verdict.current == seen.valid[-1].id and seen.seen <= {verdict.current}
        assert seen.entry is not False and not seen.foreign


@given(EVIDENCE)
def test_a_valid_key_is_replaced_only_on_positive_evidence(seen):
    verdict = keys.judge(seen)
    if verdict.kind in (keys.REPLACE, keys.CREATE) and seen.valid:
        assert seen.entry is False or seen.seen - {seen.valid[-1].id} or keys._due(seen.valid[-1], NOW, 0)


@given(EVIDENCE, st.integers(0, 100))
def test_no_orphan_is_in_use_or_the_key_that_stays(seen, minutes):
    verdict = keys.judge(seen)
    orphans = keys.orphans(seen, verdict.current, minutes * MINUTE)
    assert not {orphan.id for orphan in orphans} & (seen.seen | {verdict.current})
    assert all(orphan.valid(NOW) and NOW - orphan.creation >= minutes * MINUTE for orphan in orphans)


@given(EVIDENCE)
def test_what_we_did_not_make_is_touched_only_by_adoption(seen):
    if seen.foreign:
        assert keys.judge(seen).kind == keys.FOREIGN
    assert keys.judge(seen, adopt=True).kind != keys.FOREIGN


@pytest.mark.parametrize(
    ("error", "key_id"),
    [
        ("action [x] towards remote cluster is unauthorized for user [elastic] ... authenticated by API key id [abc] of user [u]", "abc"),
        ("unable to authenticate user [abc] for action [cluster:internal/remote_cluster/handshake]", "abc"),
        ("api key [abc] has been invalidated", "abc"),
        ("unable to find apikey with id [abc]", "abc"),
        ("authentication expected API key type of [cross_cluster], but API key [abc] has type [rest]", "abc"),
        ("API key (type:[cross_cluster], id:[abc]) requires certificate identity matching [CN=x]", "abc"),
        ("invalid cross-cluster API key value", keys.UNREADABLE),
        ("invalid ApiKey value", keys.UNREADABLE),
        ("no such index [x]", None),
        ("", None),
        (None, None),
    ],
)
def test_a_refusal_names_the_key_in_use(error, key_id):
    assert keys.key_in_use(error) == key_id


def encoded(text):
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize("text", ["", "no base64!", encoded("no-colon"), encoded(":" + "s" * 22), encoded("id:short"), "\u00e4" * 8])
def test_what_cannot_be_an_encoded_key_is_told(text):
    assert keys.problem_of_encoded(text).startswith("it is not")


def test_an_encoded_key_is_no_problem():
    assert keys.problem_of_encoded(encoded("VuaCfGcBCdbkQm-e5aOx:" + "s" * 22)) == ""


@pytest.mark.parametrize(("in_use", "expected"), [([], False), (["a"], True), (["a", "a"], True), (["a", None], False), (["b"], False)])
def test_nodes_agree_when_each_uses_the_wanted_key(in_use, expected):
    assert keys.agreed(in_use, "a") is expected


def test_a_key_is_read_from_the_api_with_what_it_leaves_out():
    read = keys.from_api({"id": "a"})
    assert (read.name, read.creation, read.expiration, read.invalidated, read.metadata, read.access) == ("", 0, None, False, {}, {})


def test_the_mark_names_collection_link_and_run():
    assert keys.mark(keys.link_id("uuid", "orders"), "r1") == {"managed_by": "crosscluster.elastic", "link": "uuid/orders", "run": "r1"}
    assert keys.key_name("orders") == "remote-cluster-orders"


@pytest.mark.parametrize(
    ("name", "valid"),
    [("\u00fcber /etc", True), ("x" * 256, True), ("x" * 257, False), ("_x", False), (" x", False), ("", False)],
)
def test_a_key_has_a_name_that_elasticsearch_takes(name, valid):
    assert (keys.name_problem(name) == "") is valid


def test_metadata_with_an_underscore_are_reserved():
    assert keys.metadata_problems(None) == [] == keys.metadata_problems({"team": 1, 2: 3})
    assert keys.metadata_problems({"_x": 1}) == ["metadata has the name '_x', which is reserved"]
