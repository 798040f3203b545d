# SPDX-License-Identifier: GPL-3.0-or-later
"""What the mini cloud rests on: links between real clusters through the platforms' proxies."""

from __future__ import annotations

from minicloud.admission import Filter
from minicloud.world import TRANSPORT_PORT
from real.bed import Bed, eventually


def _searched(bed: Bed, local: str, alias: str, index: str) -> bool:
    """Whether the document in the remote index was found; provokes a reconnect when it was not."""
    bed.call(local, "GET", f"/_resolve/cluster/{alias}:*")
    answer = bed.call(local, "GET", f"/{alias}:{index}/_search")
    return answer.status_code == 200 and answer.json()["hits"]["total"]["value"] == 1


def _values(bed: Bed, name: str, setting: str) -> list[str | None]:
    """What the keystore of each node says."""
    return [content.get(setting) for content in bed.run(bed.plane.keystore(name)).values()]


def test_an_ece_deployment_searches_a_hosted_one_once_its_nodes_have_the_key(bed: Bed) -> None:
    encoded = bed.grant("orders", "orders-2025")
    bed.connect("search", "orders", "orders")
    assert not _searched(bed, "search", "orders", "orders-2025")
    bed.run(bed.plane.deliver("search", {"cluster.remote.orders.credentials": encoded}))
    assert eventually(lambda: _searched(bed, "search", "orders", "orders-2025"))
    eventually(lambda: _values(bed, "search", "cluster.remote.orders.credentials") == [encoded, encoded])


def test_a_link_to_a_private_proxy_ca_works_from_the_moment_the_ca_is_trusted(bed: Bed) -> None:
    encoded = bed.grant("search", "private-2025")
    bed.run(bed.plane.deliver("orders", {"cluster.remote.private.credentials": encoded}))
    eventually(lambda: _values(bed, "orders", "cluster.remote.private.credentials") == [encoded])
    bed.connect("orders", "private", "search")
    assert not _searched(bed, "orders", "private", "private-2025")
    eventually(lambda: "unable to find valid certification path" in bed.plane.log_text("orders"))
    bed.run(bed.plane.set_trust("orders", [bed.authorities["berlin"].pem]))
    assert eventually(lambda: _searched(bed, "orders", "private", "private-2025"))


def test_trust_in_a_private_ca_is_added_to_that_in_the_public_one(bed: Bed) -> None:
    bed.run(bed.plane.set_trust("search", [bed.authorities["berlin"].pem]))
    encoded = bed.grant("orders", "both-2025")
    bed.run(bed.plane.deliver("search", {"cluster.remote.both.credentials": encoded}))
    eventually(lambda: _values(bed, "search", "cluster.remote.both.credentials") == [encoded, encoded])
    bed.connect("search", "both", "orders")
    assert eventually(lambda: _searched(bed, "search", "both", "both-2025"))


def test_clusters_whose_nodes_trust_each_other_need_no_key(bed: Bed) -> None:
    bed.call("orders", "PUT", "/certified-2025/_doc/1?refresh=true", {"found": "it"}).raise_for_status()
    bed.connect("search", "certified", "orders", TRANSPORT_PORT)
    assert not _searched(bed, "search", "certified", "certified-2025")
    known = len(bed.plane.log_text("search"))
    bed.trust("search", "orders")
    eventually(lambda: _searched(bed, "search", "certified", "certified-2025") or "fatal alert" in bed.plane.log_text("search")[known:])
    assert not _searched(bed, "search", "certified", "certified-2025")
    bed.trust("orders", "search")
    assert eventually(lambda: _searched(bed, "search", "certified", "certified-2025"))


def test_each_node_gets_a_secret_after_its_own_delay_and_a_held_one_when_it_is_let_go(bed: Bed) -> None:
    bed.plane.set_delays("search", [0, None])
    bed.run(bed.plane.deliver("search", {"cluster.remote.late.credentials": "first"}))
    eventually(lambda: _values(bed, "search", "cluster.remote.late.credentials") == ["first", None])
    bed.plane.set_delays("search", None)
    eventually(lambda: _values(bed, "search", "cluster.remote.late.credentials") == ["first", "first"])


def test_a_removed_secret_leaves_the_keystores_and_others_stay(bed: Bed) -> None:
    bed.run(bed.plane.deliver("orders", {"cluster.remote.gone.credentials": "x", "cluster.remote.kept.credentials": "y"}))
    eventually(lambda: _values(bed, "orders", "cluster.remote.gone.credentials") == ["x"])
    bed.run(bed.plane.deliver("orders", {"cluster.remote.gone.credentials": None, "cluster.remote.never.credentials": None}))
    eventually(lambda: _values(bed, "orders", "cluster.remote.gone.credentials") == [None])
    assert _values(bed, "orders", "cluster.remote.kept.credentials") == ["y"]


def test_a_rolling_restart_keeps_a_deployment_of_two_nodes_answering_and_its_secrets(bed: Bed) -> None:
    bed.run(bed.plane.deliver("search", {"cluster.remote.stays.credentials": "z"}))
    eventually(lambda: _values(bed, "search", "cluster.remote.stays.credentials") == ["z", "z"])
    before = bed.call("search", "GET", "/_nodes/jvm").json()["nodes"]
    bed.run(bed.plane.restart("search"))
    after = bed.call("search", "GET", "/_nodes/jvm").json()["nodes"]
    assert before.keys() == after.keys()
    assert not {node["jvm"]["pid"] for node in before.values()} & {node["jvm"]["pid"] for node in after.values()}
    assert _values(bed, "search", "cluster.remote.stays.credentials") == ["z", "z"]


def test_a_filtered_deployment_lets_in_whom_its_rules_admit_and_closes_the_connection_of_all_others(bed: Bed) -> None:
    encoded = bed.grant("orders", "filtered-2025")
    bed.run(bed.plane.deliver("search", {"cluster.remote.filtered.credentials": encoded}))
    eventually(lambda: _values(bed, "search", "cluster.remote.filtered.credentials") == [encoded, encoded])
    known = len(bed.plane.log_text("search"))
    bed.run(bed.plane.set_filter("orders", Filter(clusters=frozenset({("", bed.deployments["search"].cluster_id)}))))
    bed.connect("search", "filtered", "orders")
    assert not _searched(bed, "search", "filtered", "filtered-2025")
    eventually(lambda: "Connection closed while SSL/TLS handshake was in progress" in bed.plane.log_text("search")[known:])
    bed.run(bed.plane.set_filter("orders", Filter(frozenset(bed.egress["berlin"]))))
    assert eventually(lambda: _searched(bed, "search", "filtered", "filtered-2025"))
    bed.run(bed.plane.set_filter("orders", None))
