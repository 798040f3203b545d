# SPDX-License-Identifier: GPL-3.0-or-later
"""What the mini cloud rests on: links between real clusters through the platforms' proxies."""

from __future__ import annotations

from real.bed import Bed, eventually


def _searched(bed: Bed, local: str, alias: str, index: str) -> bool:
    """Whether the document in the remote index was found; provokes a reconnect when it was not."""
    bed.call(local, "GET", f"/_resolve/cluster/{alias}:*")
    answer = bed.call(local, "GET", f"/{alias}:{index}/_search")
    return answer.status_code == 200 and answer.json()["hits"]["total"]["value"] == 1


def _keystores(bed: Bed, name: str) -> dict[str, dict[str, str]]:
    return bed.run(bed.plane.keystore(name))


def test_an_ece_deployment_searches_a_hosted_one_once_its_nodes_have_the_key(bed: Bed) -> None:
    encoded = bed.grant("orders", "orders-2025")
    bed.connect("search", "orders", "orders")
    assert not _searched(bed, "search", "orders", "orders-2025")
    bed.run(bed.plane.deliver("search", {"cluster.remote.orders.credentials": encoded}))
    assert eventually(lambda: _searched(bed, "search", "orders", "orders-2025"))
    resolved = bed.call("search", "GET", "/_resolve/cluster/orders:*").json()
    assert resolved["orders"]["connected"] is True
    assert {node: content["cluster.remote.orders.credentials"] for node, content in _keystores(bed, "search").items()} == {
        "instance-0000000000": encoded,
        "instance-0000000001": encoded,
    }


def test_a_link_to_a_private_proxy_ca_works_from_the_moment_the_ca_is_trusted(bed: Bed) -> None:
    encoded = bed.grant("search", "private-2025")
    bed.run(bed.plane.deliver("orders", {"cluster.remote.private.credentials": encoded}))
    bed.connect("orders", "private", "search")
    eventually(lambda: "cluster.remote.private.credentials" in _keystores(bed, "orders")["instance-0000000000"])
    assert not _searched(bed, "orders", "private", "private-2025")
    assert "unable to find valid certification path" in eventually(lambda: bed.plane.log_text("orders"))
    bed.run(bed.plane.set_trust("orders", [bed.authorities["berlin"].pem]))
    assert eventually(lambda: _searched(bed, "orders", "private", "private-2025"))


def test_trust_in_a_private_ca_is_added_to_that_in_the_public_one(bed: Bed) -> None:
    bed.run(bed.plane.set_trust("search", [bed.authorities["berlin"].pem]))
    encoded = bed.grant("orders", "both-2025")
    bed.run(bed.plane.deliver("search", {"cluster.remote.both.credentials": encoded}))
    bed.connect("search", "both", "orders")
    assert eventually(lambda: _searched(bed, "search", "both", "both-2025"))


def test_each_node_gets_a_secret_after_its_own_delay_and_a_held_one_when_it_is_let_go(bed: Bed) -> None:
    bed.plane.set_delays("search", [0, None])
    bed.run(bed.plane.deliver("search", {"cluster.remote.late.credentials": "first"}))
    eventually(lambda: "cluster.remote.late.credentials" in _keystores(bed, "search")["instance-0000000000"])
    assert "cluster.remote.late.credentials" not in _keystores(bed, "search")["instance-0000000001"]
    bed.plane.set_delays("search", None)
    eventually(lambda: "cluster.remote.late.credentials" in _keystores(bed, "search")["instance-0000000001"])


def test_a_removed_secret_leaves_the_keystores_and_others_stay(bed: Bed) -> None:
    bed.run(bed.plane.deliver("orders", {"cluster.remote.gone.credentials": "x", "cluster.remote.kept.credentials": "y"}))
    bed.run(bed.plane.deliver("orders", {"cluster.remote.gone.credentials": None, "cluster.remote.never.credentials": None}))
    content = eventually(
        lambda: (
            (now := _keystores(bed, "orders")["instance-0000000000"])
            and "cluster.remote.kept.credentials" in now
            and "cluster.remote.gone.credentials" not in now
            and now
        )
    )
    assert content["cluster.remote.kept.credentials"] == "y"


def test_a_rolling_restart_keeps_a_deployment_of_two_nodes_answering_and_its_secrets(bed: Bed) -> None:
    bed.run(bed.plane.deliver("search", {"cluster.remote.stays.credentials": "z"}))
    eventually(lambda: all("cluster.remote.stays.credentials" in content for content in _keystores(bed, "search").values()))
    before = bed.call("search", "GET", "/_nodes/jvm").json()["nodes"]
    bed.run(bed.plane.restart("search"))
    after = bed.call("search", "GET", "/_nodes/jvm").json()["nodes"]
    assert before.keys() == after.keys()
    assert not {node["jvm"]["pid"] for node in before.values()} & {node["jvm"]["pid"] for node in after.values()}
    assert all("cluster.remote.stays.credentials" in content for content in _keystores(bed, "search").values())
