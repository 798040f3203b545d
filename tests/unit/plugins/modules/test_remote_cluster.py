# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

HOST = "orders.example.test"
OURS = {"cluster.remote.orders." + name: value for name, value in (("mode", "proxy"), ("proxy_address", f"{HOST}:9443"))}


@pytest.fixture
def remote(call, elasticsearch):
    wanted = {"alias": "orders", "proxy_address": f"{HOST}:9443", "server_name": HOST}
    return lambda **options: call("remote_cluster", **{**wanted, **elasticsearch.connection, **options})


@pytest.mark.proves("R111", "R112", "R120")
def test_a_new_alias_is_written_in_one_request_with_skip_unavailable_explicit(remote, elasticsearch):
    first, second = remote(), remote()
    expected = {"mode": "proxy", "proxy_address": f"{HOST}:9443", "server_name": HOST, "skip_unavailable": "false"}
    assert first["changed"] and first["remote_cluster"] == {"alias": "orders", "settings": expected}
    assert first["diff"]["before"] == {} and first["diff"]["after"] == expected
    assert not second["changed"] and second["remote_cluster"] == first["remote_cluster"]
    assert elasticsearch.writes() == ["PUT /_cluster/settings"]
    assert elasticsearch.persistent == {f"cluster.remote.orders.{name}": value for name, value in expected.items()}


def test_check_mode_predicts_the_diff_of_the_run(remote, elasticsearch):
    predicted = remote(check=True)
    assert predicted["changed"] and predicted["remote_cluster"]["settings"] == {} and elasticsearch.writes() == []
    assert predicted["diff"] == remote()["diff"]


def test_only_what_differs_is_sent_and_what_nodes_forget_then_is_told_again(remote, elasticsearch):
    remote()
    remote(proxy_address=f"{HOST}:9400", settings={"transport.compress": "true"})
    first, second = (request.body["persistent"] for request in elasticsearch.server.requests[-3:-1])
    assert first == {
        "cluster.remote.orders.proxy_address": f"{HOST}:9400",
        "cluster.remote.orders.transport.compress": "true",
        "cluster.remote.orders.skip_unavailable": None,
    }
    assert second == {"cluster.remote.orders.skip_unavailable": "false"}


def test_a_further_setting_is_removed_by_null(remote, elasticsearch):
    remote(settings={"transport.compress": "true"})
    assert remote(settings={"transport.compress": None})["changed"]
    assert "cluster.remote.orders.transport.compress" not in elasticsearch.persistent


def test_a_change_of_mode_removes_the_settings_of_the_other_mode_in_the_same_request(remote, elasticsearch):
    remote()
    sniffing = remote(mode="sniff", seeds=["10.0.0.1:9443"], proxy_address=None, server_name=None)
    assert sniffing["remote_cluster"]["settings"] == {"mode": "sniff", "seeds": ["10.0.0.1:9443"], "skip_unavailable": "false"}
    sent = elasticsearch.server.requests[-3].body["persistent"]
    assert sent["cluster.remote.orders.proxy_address"] is sent["cluster.remote.orders.server_name"] is None
    assert (sent["cluster.remote.orders.mode"], sent["cluster.remote.orders.seeds"]) == ("sniff", ["10.0.0.1:9443"])
    assert len(elasticsearch.writes()) == 3, "nodes forget skip_unavailable with the old connection, so it is told again"


def test_addresses_may_be_of_ipv6(remote):
    proxied = remote(proxy_address="[2001:db8::7]:9443", server_name=None)
    sniffed = remote(alias="nodes", mode="sniff", seeds=["[2001:db8::8]:9443"], proxy_address=None, server_name=None)
    assert proxied["remote_cluster"]["settings"]["proxy_address"] == "[2001:db8::7]:9443"
    assert sniffed["remote_cluster"]["settings"]["seeds"] == ["[2001:db8::8]:9443"]


@pytest.mark.proves("R146")
def test_absent_removes_all_settings_of_the_alias_and_no_other(remote, elasticsearch):
    elasticsearch.persistent["cluster.remote.orders-eu.mode"] = "proxy"
    remote()
    gone, again = remote(state="absent"), remote(state="absent")
    assert gone["changed"] and gone["diff"]["after"] == {} and gone["remote_cluster"]["settings"] == {}
    assert not again["changed"] and elasticsearch.persistent == {"cluster.remote.orders-eu.mode": "proxy"}


def test_transient_settings_that_hide_persistent_ones_are_refused(remote, elasticsearch):
    elasticsearch.transient["cluster.remote.orders.mode"] = "sniff"
    failed = remote()
    assert "transient settings that hide persistent ones: cluster.remote.orders.mode" in failed["msg"]
    assert elasticsearch.writes() == []


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"alias": "Orders"}, "alias 'Orders' is not valid: use lower case letters"),
        ({"alias": "-orders"}, "not beginning with a dash"),
        ({"alias": "node"}, "is taken by the setting"),
        ({"proxy_address": HOST}, f"'{HOST}' is not an address of the form host:port"),
        ({"proxy_address": f"https://{HOST}:9443"}, "is not an address of the form host:port"),
        ({"proxy_address": f"{HOST}:99999"}, "is not an address of the form host:port"),
        ({"proxy_address": None}, "mode proxy needs proxy_address"),
        ({"mode": "sniff", "server_name": None}, "mode sniff needs seeds"),
        ({"seeds": ["10.0.0.1:9300"]}, "seeds does not go with mode proxy"),
        ({"settings": {"server_name": "x"}}, "settings.server_name has an option of its own"),
        ({"settings": {"credentials": "x"}}, "belongs into the keystore"),
        ({"mode": "neither"}, "value of mode must be one of"),
    ],
)
def test_bad_options_fail_before_anything_is_read(remote, elasticsearch, options, words):
    failed = remote(**options)
    assert words in failed["msg"] and elasticsearch.server.requests == []
