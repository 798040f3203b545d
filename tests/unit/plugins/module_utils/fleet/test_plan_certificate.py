# SPDX-License-Identifier: GPL-3.0-or-later
"""Links without keys: between deployments of one organization, which trust each other by their certificates."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ansible_collections.crosscluster.elastic.plugins.module_utils.fleet import plan as planning
from ansible_collections.crosscluster.elastic.plugins.module_utils.fleet.steps import STEPS
from ansible_collections.crosscluster.elastic.plugins.module_utils.model import filters
from ansible_collections.crosscluster.elastic.plugins.module_utils.model.errors import InvalidDeclaration
from ansible_collections.crosscluster.elastic.plugins.module_utils.model.trust import EnvironmentPeer, RelationshipPeer
from ansible_collections.crosscluster.elastic.tests.unit.plugins import certificates

from .builders import declared, deployment, settings, view, world

CA = [certificates.authority(f"CA {number}").pem for number in range(2)]
OWN = {"id": "org1", "trust_all": True}
LINK = {"local": "stock", "remote": "orders", "security_model": "certificate"}
TRUST = {name: f"PUT /api/v1/deployments/{name}-id of {name}" for name in ("stock", "orders")}
CONNECTION = ("connection", "create", "PUT /_cluster/settings of stock")
THERE = settings(proxy_address="orders.example.com:9400")


def seen(organization=None, local=None, **trusts):
    """A world in which the two deployments have trust settings. local: fields of the view of stock."""
    stock = view("stock", **{"deployment": deployment("stock", trust=trusts.get("stock", {})), **(local or {})})
    orders = {"deployment": deployment("orders", trust=trusts.get("orders", {}))}
    return replace(world(remote=orders, stock=stock), organizations=dict.fromkeys(("stock", "orders"), organization or OWN))


def plan(world_seen, state="present", **options):
    return planning.make(declared({**LINK, **options}, state=state), world_seen, "run1")


def brief(made):
    assert made.refused == {}
    return [(planned.step, planned.change.action, *planned.requests) for planned in made.changes(STEPS)]


@pytest.mark.proves("R1")
def test_who_trusts_its_organization_by_default_needs_the_connection_only():
    made = plan(seen())

    assert brief(made) == [CONNECTION]
    after = made.changes(STEPS)[0].change.after
    assert (after["proxy_address"], after["server_name"]) == ("orders.example.com:9400", "orders.example.com")


def test_each_side_is_made_to_trust_the_other_where_it_does_not():
    nobody = {"accounts": [{"account_id": "org1", "trust_all": False, "x": 1}, {"account_id": "org2", "trust_all": True}]}

    made = plan(seen(stock=nobody, orders=nobody))

    assert brief(made) == [("trust", "update", TRUST["stock"]), ("trust", "update", TRUST["orders"]), CONNECTION]
    assert [planned.cluster for planned in made.changes(["trust"])] == ["stock", "orders"]
    assert [planned.change.after for planned in made.changes(["trust"])] == [
        {"accounts": [{"account_id": "org1", "trust_all": False, "trust_allowlist": [f"{other}-cluster"]}]} for other in ("orders", "stock")
    ]
    assert made.links["stock/orders"].updated == ["stock", "orders"]


def test_a_remote_that_is_filtered_needs_no_rule_since_filters_do_not_count_for_certificates():
    others = filters.from_api(
        {
            "id": "f1",
            "name": "offices",
            "type": "ip",
            "region": "r1",
            "rules": [{"source": "192.0.2.1"}],
            "associations": [{"id": "orders-id"}],
        }
    )
    assert brief(plan(replace(seen(), rulesets={"hosted": (others,)}))) == [CONNECTION]


@pytest.mark.parametrize(
    "own", [{"account_id": "org1", "trust_all": True}, {"account_id": "org1", "trust_all": False, "trust_allowlist": ["orders-cluster"]}]
)
def test_trust_that_is_there_is_left_alone(own):
    assert brief(plan(seen(stock={"accounts": [own]}))) == [CONNECTION]


def test_an_organization_that_trusts_nobody_by_default_is_told_of_the_cluster():
    made = plan(seen({"id": "org1", "trust_all": False}))

    assert [planned.change.after["accounts"] for planned in made.changes(["trust"])] == [
        [{"account_id": "org1", "trust_all": False, "trust_allowlist": [f"{other}-cluster"]}] for other in ("orders", "stock")
    ]


def test_another_platform_is_trusted_by_the_ca_of_its_nodes_and_what_is_trusted_already_is_not_said():
    organizations = {"search": {"id": "env1", "trust_all": True}, "orders": {"id": "org1", "trust_all": True}}
    authorities = {"search": (CA[0],), "orders": (CA[1],)}
    trusted = {"accounts": [{"account_id": "env1", "trust_all": True}], "direct": [{"name": "theirs", "type": "proxy", "x": 1}]}
    between = world(local={"deployment": deployment("search", trust=trusted)}, remote={"deployment": deployment("orders", trust=trusted)})
    between = replace(between, organizations=organizations, node_authorities=authorities)

    made = planning.make(declared({"local": "search", "remote": "orders", "security_model": "certificate"}), between, "run1")

    assert [planned.cluster for planned in made.changes(["trust"])] == ["search", "orders"]
    peers = [planned.change.payload.edits[0] for planned in made.changes(["trust"])]
    assert peers == [
        EnvironmentPeer("ESS", "crosscluster.elastic hosted r1 nodes", "org1", "orders-cluster", (CA[1],)),
        EnvironmentPeer("ECE", "crosscluster.elastic berlin nodes", "env1", "search-cluster", (CA[0],)),
    ]


DEPOT = {"name": "depot", "platform": "munich", "deployment": "depot-prod", "username": "elastic", "password": "p5"}


def between_environments(**trusted):
    """Links search to depot, of two environments of which the first one has a relationship with the other. trusted: by both."""
    have = {"accounts": [{"account_id": "env1", "trust_all": True}], **trusted}
    depot = view("depot", deployment=deployment("depot", trust=have))
    seen_there = replace(
        world(local={"deployment": deployment("search", trust=have)}, depot=depot),
        organizations={"search": {"id": "env1", "trust_all": True}, "depot": {"id": "env2", "trust_all": True}},
        node_authorities={"search": (CA[0],), "depot": (CA[1],)},
        relationships={"berlin": {"env2": "r1"}},
    )
    link = {"local": "search", "remote": "depot", "alias": "depot", "security_model": "certificate"}
    made = planning.make(declared(link, clusters=[DEPOT]), seen_there, "run1")
    assert made.refused == {}
    return {planned.cluster: planned.change.payload.edits[0] for planned in made.changes(["trust"])}


@pytest.mark.proves("R77", "R79")
def test_an_environment_is_trusted_by_the_relationship_with_it_where_there_is_one():
    by_ca = EnvironmentPeer("ECE", "crosscluster.elastic berlin nodes", "env1", "search-cluster", (CA[0],))
    assert between_environments() == {"search": RelationshipPeer("r1", "env2", "depot-cluster"), "depot": by_ca}


def test_an_environment_that_is_trusted_by_its_ca_already_stays_so():
    trusted = {"type": "ECE", "name": "theirs", "scope_id": "env2", "trust_all": True, "certificates": [{"pem": CA[1]}]}
    assert list(between_environments(direct=[trusted])) == ["depot"]


@pytest.mark.proves("R138")
def test_a_role_is_made_on_both_sides_and_what_it_has_stays():
    there = {"readers": {"indices": [{"names": ["logs-*"], "privileges": ["read"]}], "run_as": ["x"]}}
    between = seen(local={"settings": THERE})
    orders = replace(between.clusters["orders"], roles=there)
    made = plan(replace(between, clusters={**between.clusters, "orders": orders}), roles=[{"name": "readers"}])

    assert brief(made) == [
        ("roles", "update", "PUT /_security/role/readers of orders"),
        ("roles", "create", "PUT /_security/role/readers of stock"),
    ]
    remote, local = (planned.change.after for planned in made.changes(["roles"]))
    wanted = {"names": ["orders-*"], "privileges": ["read", "read_cross_cluster", "view_index_metadata"]}
    assert (remote, local) == ({"run_as": ["x"], "indices": [*there["readers"]["indices"], wanted]}, {})


def test_a_role_for_following_has_the_privileges_of_each_side():
    made = plan(seen(local={"settings": THERE}), roles=[{"name": "followers", "preset": "replication", "names": ["orders-*"]}])

    remote, local = (planned.change.after for planned in made.changes(["roles"]))
    assert (remote["cluster"], remote["indices"][0]["privileges"], local) == (
        ["read_ccr"],
        ["monitor", "read"],
        {"cluster": ["manage_ccr"]},
    )


def test_an_alias_that_is_as_it_should_be_needs_nothing():
    assert brief(plan(seen(local={"settings": THERE}))) == []


@pytest.mark.parametrize(
    ("local", "text"),
    [
        ({"settings": settings(), "keystore": ("cluster.remote.orders.credentials",)}, "has a credential in the keystore"),
        ({"settings": settings(proxy_address="elsewhere.example.com:9400")}, "points to elsewhere.example.com:9400"),
        ({"number": "7.10.0"}, "do not talk to each other"),
    ],
)
def test_what_another_link_uses_or_cannot_work_is_refused(local, text):
    assert text in str(plan(seen(local={"deployment": deployment("stock"), **local})).refused["stock/orders"])


@pytest.mark.proves("R4", "R5")
@pytest.mark.parametrize(
    ("local", "warned"),
    [
        ({}, ["superusers of stock can read all of orders"]),
        ({"settings": THERE}, []),
        ({"settings": THERE, "number": "9.0.0"}, ["does not support searching 8.19.0", "deprecated since Elasticsearch 9.0: use api_key"]),
    ],
)
def test_what_the_documents_warn_of_is_said(local, warned):
    found = plan(seen(local=local)).links["stock/orders"].warnings
    assert [text in line for text, line in zip(warned, found, strict=True)] == [True] * len(warned), found


def trusting(name, *clusters, **more):
    """An entry of links for these clusters."""
    return {"type": "ESS", "name": f"crosscluster.elastic {name} nodes", "trust_all": False, "trust_allowlist": list(clusters), **more}


def disconnected(local, remote=None, aliases=None):
    """What is planned when the link is taken away. local, remote: entries of the deployments; aliases: further ones, by cluster."""
    between = seen(
        local={"settings": {**THERE, **(aliases or {}).get("stock", {})}},
        **{name: {"direct": direct} for name, direct in (("stock", local), ("orders", remote or []))},
    )
    orders = replace(between.clusters["orders"], settings=(aliases or {}).get("orders", {}))
    return plan(replace(between, clusters={**between.clusters, "orders": orders}), state="absent")


GONE = ("connection", "delete", "PUT /_cluster/settings of stock")


@pytest.mark.proves("R143", "R144")
def test_an_alias_is_taken_away_with_the_trust_of_both_sides_that_was_made_for_it():
    theirs = {"type": "ESS", "name": "theirs", "trust_allowlist": ["orders-cluster"], "x": 1}
    made = disconnected([theirs, trusting("a", "orders-cluster")], [trusting("b", "stock-cluster", "other")])

    assert brief(made) == [GONE, ("trust", "delete", TRUST["orders"]), ("trust", "delete", TRUST["stock"])]
    after = {planned.cluster: planned.change.after for planned in made.changes(["trust"])}
    assert after == {"orders": {"direct": [trusting("b", "other")]}, "stock": {}}
    assert "points to" in str(plan(seen(local={"settings": settings()}), state="absent").refused["stock/orders"])


@pytest.mark.parametrize(
    ("cluster", "address", "stays"),
    [
        ("stock", "orders.example.com:9400", True),
        ("stock", "elsewhere.example.com:9400", True),
        ("stock", "orders.example.com:9443", False),
        ("orders", "stock.example.com:9400", True),
        ("orders", "stock.example.com:9443", False),
    ],
)
def test_trust_that_an_alias_between_the_two_may_need_stays_and_is_reported(cluster, address, stays):
    made = disconnected([trusting("a", "orders-cluster")], aliases={cluster: settings("other", proxy_address=address)})

    assert [planned.step for planned in made.changes(STEPS)] == (["connection"] if stays else ["connection", "trust"])
    reported = [f"since alias other of {cluster} may need it" in text for text in made.links["stock/orders"].warnings]
    assert reported == ([True] if stays else [])


def test_trust_that_a_link_needs_which_cannot_be_taken_away_stays():
    second = settings("second", proxy_address="orders.example.com:9400")
    between = seen(
        local={"settings": {**THERE, **second}, "followers": {"second": ["index copy"]}},
        stock={"direct": [trusting("a", "orders-cluster")]},
    )

    made = planning.make(declared(LINK, {**LINK, "alias": "second"}, state="absent"), between, "run1")

    assert [planned.step for planned in made.changes(STEPS)] == ["connection"] and list(made.refused) == ["stock/second"]
    assert "since alias second of stock may need it" in made.links["stock/orders"].warnings[0]


def test_trust_that_is_not_marked_stays_and_is_reported():
    listed = {"accounts": [{"account_id": "org1", "trust_all": False, "trust_allowlist": ["orders-cluster"]}]}
    made = plan(seen(local={"settings": THERE}, stock=listed), state="absent")

    assert brief(made) == [GONE]
    assert ["trust of stock in orders stays, since nobody can tell" in text for text in made.links["stock/orders"].warnings] == [True]


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"local": "billing"}, "self-managed clusters need api_key"),
        ({"network": "always"}, "traffic filters do not count for such connections"),
        ({"expiration": "9d"}, "expiration belongs to security_model api_key"),
        (
            {"roles": [{"name": "readers", "remote_cluster": ["monitor_enrich"]}]},
            "remote_cluster of a role belongs to security_model api_key",
        ),
    ],
)
def test_what_does_not_go_without_keys_is_told_before_anything_is_read(options, text):
    with pytest.raises(InvalidDeclaration) as problems:
        declared({**LINK, **options})
    assert text in str(problems.value)
