# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan is a pure function of what is declared and what was seen."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from ansible_collections.crosscluster.elastic.plugins.module_utils.fleet import plan as planning
from ansible_collections.crosscluster.elastic.plugins.module_utils.fleet.steps import STEPS
from ansible_collections.crosscluster.elastic.plugins.module_utils.fleet.world import Use, from_dict
from ansible_collections.crosscluster.elastic.plugins.module_utils.model import keys

from .builders import ACCESS, MINUTE, NOW, declared, deployment, key, linked, own, settings, view, world

KEYS = "/_security/cross_cluster/api_key"
KEYSTORE = "PATCH /api/v1/deployments/search-id/elasticsearch/main-elasticsearch/keystore of search"


def made(declaration, seen):
    plan = planning.make(declaration, seen, "run1")
    assert plan.refused == {}
    return plan.changes(STEPS)


def refusal(declaration, seen):
    plan = planning.make(declaration, seen, "run1")
    assert plan.links == {}
    return str(plan.refused["search/orders"])


def brief(changes):
    return [(planned.step, planned.change.action, *planned.requests) for planned in changes]


@pytest.mark.proves("R6", "R16", "R26")
def test_a_new_link_needs_a_key_its_credential_and_a_connection():
    assert brief(made(declared(), world())) == [
        ("credentials", "create", f"POST {KEYS} of orders", KEYSTORE),
        ("connection", "create", "PUT /_cluster/settings of search"),
    ]


def test_the_key_carries_our_mark_and_the_declared_access():
    key_change = made(declared({"expiration": "90d"}), world())[0].change

    assert key_change.payload == {
        "name": "remote-cluster-orders",
        "access": ACCESS,
        "metadata": {"managed_by": "crosscluster.elastic", "link": "search-uuid/orders", "run": "run1"},
        "expiration": "90d",
    }


def test_the_address_is_that_of_the_remotes_proxies_with_the_sniff_settings_nulled():
    connection = made(declared(), world())[1].change

    assert connection.after == {
        "mode": "proxy",
        "proxy_address": "orders.example.com:9443",
        "server_name": "orders.example.com",
        "skip_unavailable": "false",
    }


def test_a_link_that_works_needs_nothing():
    assert made(declared(), linked()) == []


@pytest.mark.proves("R120", "R139", "R140")
@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        pytest.param(
            linked(remote={"keys": (key(invalidated=True),)}),
            [("credentials", "replace", f"POST {KEYS} of orders", KEYSTORE)],
            id="revoked",
        ),
        pytest.param(
            linked(remote={"keys": (key(expiration=1),)}), [("credentials", "replace", f"POST {KEYS} of orders", KEYSTORE)], id="expired"
        ),
        pytest.param(
            linked(local={"keystore": ()}),
            [("credentials", "replace", f"POST {KEYS} of orders", KEYSTORE, "DELETE /_security/api_key of orders")],
            id="entry lost while the nodes still use it",
        ),
        pytest.param(
            linked(remote={"keys": (key(access={"search": [{"names": ["x-*"]}]}),)}),
            [("credentials", "update", f"PUT {KEYS}/key1 of orders")],
            id="access changed",
        ),
        pytest.param(
            linked(local={"settings": settings(proxy_address="elsewhere:9443")}, in_use=(None, None)),
            [("connection", "update", "PUT /_cluster/settings of search")],
            id="address changed",
        ),
        pytest.param(
            linked(remote={"keys": (key("old", made=-90), key())}),
            [("retire", "revoke", "DELETE /_security/api_key of orders")],
            id="an old key that nobody uses",
        ),
        pytest.param(linked(remote={"keys": (key("old", made=-5), key(made=-1))}), [], id="a young key that may belong to a run under way"),
        pytest.param(linked(in_use=("key1", None)), [], id="a node that cannot tell is no evidence"),
    ],
)
def test_what_differs_is_one_change(seen, expected):
    assert brief(made(declared(), seen)) == expected


def test_a_newer_key_that_nobody_uses_is_replaced_and_the_one_in_use_is_revoked_later():
    seen = linked(remote={"keys": (key(made=-90), key("newer", made=-30))})

    plan = planning.make(declared(), seen, "run1").links["search/orders"]

    assert plan.verdict.makes_key
    assert plan.revoke == ("key1", "newer")


@pytest.mark.parametrize(("renew_before", "actions"), [("14d", ["replace"]), ("1d", [])])
def test_a_key_is_renewed_before_it_expires(renew_before, actions):
    in_ten_days = 1_000_000_000 + 10 * 86_400_000
    changes = made(declared({"renew_before": renew_before}), linked(remote={"keys": (key(expiration=in_ten_days),)}))

    assert [planned.change.action for planned in changes] == actions


@pytest.mark.parametrize(
    ("seen", "words"),
    [
        pytest.param(
            world(local={"settings": settings(proxy_address="orders.example.com:9400")}), "certificate model", id="certificate model"
        ),
        pytest.param(
            world(local={"settings": settings(remote="stock"), "keystore": ("cluster.remote.orders.credentials",)}),
            "points to stock.example.com:9443",
            id="another target",
        ),
        pytest.param(linked(remote={"keys": ()}, foreign=("key1",)), "which this collection did not make", id="foreign key in use"),
        pytest.param(
            world(local={"keystore": ("cluster.remote.orders.credentials",)}),
            "no key on the remote says that it is ours",
            id="foreign entry",
        ),
        pytest.param(world(local={"number": "8.13.4"}), "the local cluster runs Elasticsearch 8.13.4", id="old local"),
        pytest.param(world(remote={"number": "8.9.0"}), "the remote cluster runs Elasticsearch 8.9.0", id="old remote"),
        pytest.param(world(local={"number": "9.1.0"}, remote={"number": "8.18.0"}), "do not talk to each other", id="too far apart"),
    ],
)
def test_what_would_break_or_take_over_something_is_refused(seen, words):
    assert words in refusal(declared(), seen)


@pytest.mark.proves("R2")
def test_both_old_clusters_are_named_at_once():
    text = refusal(declared(), world(local={"number": "8.12.0"}, remote={"number": "8.13.0"}))

    assert "local cluster runs Elasticsearch 8.12.0" in text
    assert "remote cluster runs Elasticsearch 8.13.0" in text
    assert "allow_unsupported" in text


@pytest.mark.proves("R3", "R30")
def test_an_allowed_beta_version_gets_a_restart_and_a_warning():
    plan = planning.make(declared({"allow_unsupported": True}), world(local={"number": "8.12.0"}), "run1")

    assert [planned.change.action for planned in plan.changes(STEPS)] == ["create", "restart", "create"]
    assert "beta" in plan.links["search/orders"].warnings[0]


@pytest.mark.proves("R34")
@pytest.mark.parametrize(
    ("number", "restart", "ended", "pending", "actions"),
    [
        ("8.12.2", "auto", -61, "", ["restart"]),
        ("8.12.2", "always", -61, "", ["restart"]),
        ("8.12.2", "never", -61, "", []),
        ("8.12.2", "auto", -61, "plan-2", []),
        ("8.12.2", "auto", -59, "", []),
        ("8.12.2", "auto", None, "", []),
        ("8.19.0", "auto", -61, "", []),
    ],
)
def test_a_beta_version_gets_the_restart_that_an_earlier_run_did_not_bring_about(number, restart, ended, pending, actions):
    at_work = deployment("search", pending=pending, last_plan_ended=0 if ended is None else NOW + ended * MINUTE)
    seen = world(
        local={
            "number": number,
            "deployment": at_work,
            "settings": settings(),
            "keystore": ("cluster.remote.orders.credentials",),
        },
        remote={"keys": (key(made=-60),)},
    )
    plan = planning.make(declared({"allow_unsupported": True, "restart": restart}), seen, "run1")
    assert [planned.change.action for planned in plan.changes(STEPS)] == actions
    assert plan.links["search/orders"].updated == ["search"] * bool(actions)


@pytest.mark.parametrize(("restart", "restarts"), [("auto", False), ("always", True), ("never", False)])
def test_a_new_credential_restarts_a_current_version_only_when_told_to(restart, restarts):
    assert planning.make(declared({"restart": restart}), world(), "run1").links["search/orders"].updated == ["search"] * restarts


def test_adopt_takes_over_an_alias_of_another_target_but_never_the_other_model():
    elsewhere = world(local={"settings": settings(remote="stock"), "keystore": ("cluster.remote.orders.credentials",)})
    assert [planned.change.action for planned in made(declared({"adopt": True}), elsewhere)] == ["create", "update"]

    certificates = world(local={"settings": settings(proxy_address="orders.example.com:9400")})
    assert "migration" in refusal(declared({"adopt": True}), certificates)


def test_links_that_name_one_role_each_add_their_entry_to_it():
    role = {"name": "readers"}
    declaration = declared({"roles": [role]}, {"remote": "stock", "roles": [role]})

    changes = [
        planned for planned in made(declaration, world(local={"roles": {"readers": {"cluster": ["monitor"]}}})) if planned.step == "roles"
    ]

    assert [entry["clusters"] for entry in changes[-1].change.payload[1]["remote_indices"]] == [["orders"], ["stock"]]
    assert changes[-1].change.payload[1]["cluster"] == ["monitor"]


def test_a_cluster_that_could_not_be_seen_drops_its_links_only():
    declaration = declared({}, {"remote": "stock"})
    plan = planning.make(declaration, world(failures={"stock": "Elasticsearch of cluster stock: GET / failed"}), "run1")

    assert list(plan.links) == ["search/orders"]
    assert "cluster stock" in str(plan.refused["search/stock"])


def test_a_key_over_everything_cannot_be_observed_and_the_plan_says_so():
    access = {"search": [{"names": ["*"], "allow_restricted_indices": True}]}
    seen = linked(remote={"keys": (key(access=access),)}, in_use=())

    plan = planning.make(declared({"access": access}), seen, "run1").links["search/orders"]

    assert plan.changes == ()
    assert "newest key of this link counts as in use" in plan.warnings[0]


def test_a_world_survives_json():
    seen = linked(remote={"keys": (key(),)}, errors={"instance-0": "refused"})

    assert from_dict(json.loads(json.dumps(seen.as_dict()))) == seen


def test_a_world_has_no_place_for_a_secret():
    seen = {"endpoint", "deployment", "uuid", "number", "settings", "keystore", "unloaded", "keys", "roles", "followers"}
    assert set(view("search").__dataclass_fields__) == seen
    assert set(Use.__dataclass_fields__) == {"nodes", "errors", "foreign", "connecting"}


@pytest.mark.proves("R116", "R117")
def test_a_self_managed_remote_is_reached_at_its_own_address():
    link = declared({"remote": "billing", "alias": "billing"})
    plan = planning.make(link, world(billing=own("billing")), "run1")
    [connection] = plan.changes(["connection"])
    assert connection.change.after == {"mode": "proxy", "proxy_address": "billing-0.example.com:9443", "skip_unavailable": "false"}


@pytest.mark.proves("R116", "R117")
def test_what_a_link_says_of_address_and_name_goes_before_what_the_platform_says():
    options = {"proxy_address": "[2001:db8::7]:19443", "server_name": "orders.internal"}
    [connection] = [planned.change for planned in made(declared(options), world()) if planned.step == "connection"]
    assert (connection.after["proxy_address"], connection.after["server_name"]) == ("[2001:db8::7]:19443", "orders.internal")


@pytest.mark.proves("R118", "R119")
def test_further_settings_go_with_the_address_in_one_request():
    further = {"proxy_socket_connections": 9, "transport.ping_schedule": "30s", "transport.compress": None}
    [connection] = [planned.change for planned in made(declared({"settings": further}), world()) if planned.step == "connection"]
    first, _second = connection.payload
    assert first["cluster.remote.orders.proxy_socket_connections"] == "9"
    assert first["cluster.remote.orders.transport.ping_schedule"] == "30s"
    assert first["cluster.remote.orders.proxy_address"] == "orders.example.com:9443"
    assert connection.after.keys() == {
        "mode",
        "proxy_address",
        "server_name",
        "skip_unavailable",
        "proxy_socket_connections",
        "transport.ping_schedule",
    }


@pytest.mark.proves("R141")
def test_another_alias_is_another_link_with_a_key_and_settings_of_its_own():
    changes = made(declared({"alias": "orders-eu"}), linked())
    assert brief(changes) == [
        ("credentials", "create", f"POST {KEYS} of orders", KEYSTORE),
        ("connection", "create", "PUT /_cluster/settings of search"),
    ]
    assert changes[0].change.payload["metadata"]["link"] == "search-uuid/orders-eu"
    first, _second = changes[1].change.payload
    assert {name for name in first if not name.startswith("cluster.remote.orders-eu.")} == set()


def test_a_self_managed_remote_can_be_sniffed():
    link = declared({"remote": "billing", "alias": "billing", "mode": "sniff", "seeds": ["billing-0:9443"]})
    [connection] = planning.make(link, world(billing=own("billing")), "run1").changes(["connection"])
    assert connection.change.after == {"mode": "sniff", "seeds": ["billing-0:9443"], "skip_unavailable": "false"}


def test_the_key_of_a_self_managed_local_is_not_stored_by_a_platform():
    plan = planning.make(declared({"local": "billing"}), world(billing=own("billing")), "run1")
    [made] = plan.changes(["credentials"])
    assert made.requests == ("POST /_security/cross_cluster/api_key of orders",)


def test_a_keystore_that_nobody_has_read_is_no_evidence():
    mark = keys.mark(keys.link_id("billing-uuid", "orders"), "earlier")
    seen = world(remote={"keys": (key(metadata=mark),)}, billing=own("billing"))
    refused = planning.make(declared({"local": "billing"}), seen, "run1").refused["billing/orders"]
    assert "cannot be seen" in refused.message and "keystore of cluster billing" in refused.remedy


@pytest.mark.parametrize(("names", "kind"), [((), "replace"), (("cluster.remote.orders.credentials",), "settled")])
def test_a_node_that_lacks_the_credential_gets_a_new_one_with_all_others(names, kind):
    mark = keys.mark(keys.link_id("billing-uuid", "orders"), "earlier")
    seen = world(remote={"keys": (key(metadata=mark),)}, billing=own("billing", keystore=names))
    assert planning.make(declared({"local": "billing"}), seen, "run1").links["billing/orders"].verdict.kind == kind


@pytest.mark.parametrize(
    ("seen", "actions"),
    [
        ({"settings": settings(), "unloaded": ("orders",)}, ["reload"]),
        ({}, ["reload"]),
        ({"settings": settings()}, []),
        ({"settings": settings(), "unloaded": ("stock",)}, []),
        ({"number": "8.12.2", "settings": settings(), "unloaded": ("orders",)}, []),
    ],
    ids=["in use without a credential", "without settings", "in use with it", "another alias", "before nodes reload"],
)
def test_own_nodes_reload_a_credential_that_is_in_their_keystores_and_was_not_loaded(seen, actions):
    mark = keys.mark(keys.link_id("billing-uuid", "orders"), "earlier")
    billing = own("billing", keystore=("cluster.remote.orders.credentials",), **seen)
    plan = planning.make(
        declared({"local": "billing", "allow_unsupported": True}), world(remote={"keys": (key(metadata=mark),)}, billing=billing), "run1"
    )
    assert [planned.change.action for planned in plan.changes(["credentials"])] == actions


@pytest.mark.proves("R133", "R135", "R136", "R137")
def test_a_role_is_made_on_the_local_cluster_with_what_a_search_through_the_alias_needs():
    [role] = planning.make(declared({"roles": [{"name": "readers", "remote_cluster": ["monitor_enrich"]}]}), world(), "run1").changes(
        ["roles"]
    )
    assert role.requests == ("PUT /_security/role/readers of search",)
    assert role.change.payload == (
        "readers",
        {
            "remote_indices": [
                {"clusters": ["orders"], "names": ["orders-*"], "privileges": ["read", "read_cross_cluster", "view_index_metadata"]}
            ],
            "remote_cluster": [{"clusters": ["orders"], "privileges": ["monitor_enrich"]}],
        },
    )


@pytest.mark.proves("R134")
def test_a_role_for_replication_may_follow_what_the_key_allows():
    both = {**ACCESS, "replication": [{"names": ["archive-*"]}]}
    plan = planning.make(declared({"access": both, "roles": [{"name": "followers", "preset": "replication"}]}), world(), "run1")
    [change] = plan.changes(["roles"])
    assert change.change.payload[1] == {
        "cluster": ["manage_ccr"],
        "remote_indices": [{"clusters": ["orders"], "names": ["archive-*"], "privileges": ["cross_cluster_replication"]}],
    }


def test_a_role_that_asks_for_more_than_the_key_allows_is_told():
    readers = {"name": "readers", "names": ["orders-2026", "orders-2*", "stock-*"]}
    writers = {"name": "writers", "privileges": ["read", "write"]}
    plan = planning.make(declared({"roles": [readers, writers]}), world(), "run1")
    assert plan.links["search/orders"].warnings == (
        "link search -> orders: role readers asks for stock-*, which the key does not allow in full",
        "link search -> orders: role writers asks for the privilege write, which the key does not allow in full",
    )


@pytest.mark.proves("R136")
@pytest.mark.parametrize(
    ("number", "options", "words"),
    [
        ("8.14.3", {"roles": [{"name": "r", "remote_cluster": ["monitor_enrich"]}]}, "remote_cluster of a role needs Elasticsearch 8.15"),
        ("8.16.1", {"roles": [{"name": "r", "remote_cluster": ["monitor_stats"]}]}, "monitor_stats of a role needs Elasticsearch 8.17"),
        ("9.2.0", {"certificate_identity": "CN=.*"}, "certificate_identity needs Elasticsearch 9.3"),
    ],
)
def test_what_a_version_does_not_have_yet_is_refused(number, options, words):
    seen = world()
    seen = replace(seen, clusters={**seen.clusters, "search": replace(seen.clusters["search"], number=number)})
    assert words in planning.make(declared(options), seen, "run1").refused["search/orders"].message


def test_a_new_key_can_be_bound_to_a_certificate():
    seen = world()
    seen = replace(seen, clusters={name: replace(view, number="9.3.1") for name, view in seen.clusters.items()})
    [change, *_others] = planning.make(declared({"certificate_identity": "CN=search"}), seen, "run1").changes(["credentials"])
    assert change.change.payload["certificate_identity"] == "CN=search"
