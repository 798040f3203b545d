# SPDX-License-Identifier: GPL-3.0-or-later
"""What nodes of self-managed local clusters are told to trust, and which aliases may need more than that."""

from __future__ import annotations

from dataclasses import replace

from ansible_collections.crosscluster.elastic.plugins.module_utils.fleet import authorities
from ansible_collections.crosscluster.elastic.tests.unit.plugins.certificates import authority

from .builders import declared, own, settings, world

CA, OTHER_CA = authority("CA of Munich").pem, authority("CA of Paris").pem
MINE = {"local": "billing", "remote": "search", "alias": "search"}


def for_nodes(*links, known=None, state="present", failed=(), keystore=None, **aliases):
    """known: the CAs by alias. aliases: those of the cluster by what they lead to."""
    have = {name: value for alias, remote in aliases.items() for name, value in settings(alias, remote).items()}
    seen = world(billing=own("billing", settings=have, keystore=keystore))
    found = {f"billing/{alias}": pems for alias, pems in (known or {}).items()}
    return authorities.for_nodes(declared(*({**MINE, **link} for link in links), state=state), replace(seen, authorities=found), failed)


def test_nodes_are_told_of_the_cas_of_all_links_each_once():
    links = ({}, {"alias": "again"}, {"remote": "orders", "alias": "orders"})
    found = for_nodes(*links, known={"search": (CA,), "again": (CA, OTHER_CA), "orders": ()}, search="search", orders="orders")
    assert found == [{"cluster": "billing", "certificates": [CA, OTHER_CA], "others": []}]


def test_nodes_of_a_cluster_without_a_private_ca_are_left_alone():
    assert for_nodes({}, known={"search": ()}, theirs="elsewhere") == []


def test_an_alias_of_which_no_link_tells_may_need_a_ca_that_nodes_trust_already():
    [found] = for_nodes({}, known={"search": (CA,)}, search="search", theirs="elsewhere")
    assert found["others"] == ["theirs"]


def test_an_alias_of_elasticsearch_yml_is_known_by_its_credential():
    names = ("keystore.seed", "cluster.remote.search.credentials", "cluster.remote.static.credentials")
    assert for_nodes({}, known={"search": (CA,)}, keystore=names)[0]["others"] == ["static"]


def test_a_link_that_failed_may_need_what_nobody_could_see():
    broken = {"remote": "orders", "alias": "orders"}
    [found] = for_nodes({}, broken, known={"search": (CA,), "orders": ()}, failed={"billing/orders"}, orders="orders")
    assert found["others"] == ["orders"]


def test_a_ca_may_have_been_put_on_nodes_by_hand_for_a_remote_of_which_no_platform_tells():
    world_of = {"remote": "archive", "alias": "archive"}
    clusters = {"name": "archive", "platform": "datacenter", "url": "https://archive:9200", "username": "elastic", "password": "p"}
    for ca, others in (("auto", ["archive"]), ("public", [])):
        declaration = declared(MINE, {**MINE, **world_of, "ca": ca}, clusters=[clusters])
        seen = world(billing=own("billing", settings=settings("archive", "archive")), archive=own("archive"))
        found = authorities.for_nodes(declaration, replace(seen, authorities={"billing/search": (CA,), "billing/archive": ()}), ())
        assert found[0]["others"] == others


def test_what_links_needed_that_are_taken_away_is_needed_by_none_but_others():
    assert for_nodes({}, state="absent", search="search") == [{"cluster": "billing", "certificates": [], "others": []}]
    assert for_nodes({}, state="absent", search="search", theirs="elsewhere")[0]["others"] == ["theirs"]
    assert for_nodes({}, state="absent", search="search", failed={"billing/search"})[0]["others"] == ["search"]


def test_nothing_is_said_of_a_cluster_that_was_not_seen_or_that_a_platform_runs():
    assert authorities.for_nodes(declared(MINE, state="absent"), world(), ()) == []
    assert authorities.for_nodes(declared({}, state="absent"), world(), ()) == []
