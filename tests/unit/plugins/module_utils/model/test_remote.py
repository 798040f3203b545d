# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.crosscluster.elastic.plugins.module_utils.model import addresses, aliases, remote

PROXY = {"proxy_address": "h:9443", "skip_unavailable": False}
SETTINGS = {
    "cluster.remote.orders.mode": "proxy",
    "cluster.remote.orders.proxy_address": "h:9443",
    "cluster.remote.orders-eu.mode": "sniff",
    "cluster.remote.signing.certificate_authorities": "ca.crt",
    "indices.recovery.max_bytes_per_sec": "40mb",
}
VALUES = st.sampled_from([None, "a", "b", True, 3, ["x", "y"]])
OPTIONS = st.dictionaries(st.sampled_from(["proxy_address", "server_name", "skip_unavailable", "proxy_socket_connections"]), VALUES)


def test_settings_of_an_alias_are_those_with_exactly_its_prefix():
    assert remote.current(SETTINGS, "orders") == {"mode": "proxy", "proxy_address": "h:9443"}
    assert remote.current(SETTINGS, "order") == {}


def test_aliases_leave_the_settings_of_elasticsearch_itself_out():
    assert remote.aliases(SETTINGS) == ["orders", "orders-eu"]


def test_a_mode_nulls_the_settings_of_the_other():
    assert remote.wanted("proxy", PROXY) == {
        "seeds": None,
        "node_connections": None,
        "proxy": None,
        "proxy_address": "h:9443",
        "skip_unavailable": "false",
        "mode": "proxy",
    }
    sniffing = remote.wanted("sniff", {"seeds": ["h:9300"], "node_connections": 3})
    assert sniffing["proxy_address"] is None and sniffing["seeds"] == ["h:9300"] and sniffing["node_connections"] == "3"


def test_an_option_that_is_not_given_stays_and_a_further_setting_that_is_null_goes():
    wanted = remote.wanted("proxy", {"server_name": None}, {"transport.compress": None})
    assert "server_name" not in wanted and wanted["transport.compress"] is None


@given(OPTIONS, st.dictionaries(st.sampled_from(["seeds", "mode", "server_name", "transport.compress"]), st.sampled_from(["x", "y"])))
def test_what_is_sent_makes_what_is_there_what_is_wanted(options, have):
    wanted = remote.wanted("proxy", options)
    sent = remote.difference(have, wanted)
    after = remote.visible({**have, **sent})
    assert remote.difference(after, wanted) == {}
    assert {key: value for key, value in after.items() if key not in wanted} == {
        key: value for key, value in have.items() if key not in wanted
    }


@pytest.mark.parametrize(
    ("value", "text"), [(True, "true"), (False, "false"), (3, "3"), (["a", 1], ["a", "1"]), (("a",), ["a"]), (None, None), ("x", "x")]
)
def test_values_are_compared_as_elasticsearch_returns_them(value, text):
    assert remote.as_text(value) == text


def test_a_request_has_dotted_keys():
    assert remote.request("orders", {"mode": "proxy", "seeds": None}) == {
        "cluster.remote.orders.mode": "proxy",
        "cluster.remote.orders.seeds": None,
    }


@pytest.mark.proves("R9")
@pytest.mark.parametrize("alias", ["orders", "o", "_orders", "orders-eu_1", "1"])
def test_an_alias_in_lower_case_is_no_problem(alias):
    assert aliases.problem(alias) == ""


@pytest.mark.proves("R9")
@pytest.mark.parametrize(
    "alias", ["", "Orders", "-orders", "or ders", "or.ders", "orders\n", "*", "node", "signing", "\u00fcber", "a:b", "a,b"]
)
def test_what_cannot_be_an_alias_is_told_with_its_name(alias):
    assert repr(alias) in aliases.problem(alias)


def test_an_alias_has_an_end():
    assert aliases.problem("a" * 200) == "" and "longer than 200 characters" in aliases.problem("a" * 201)


@pytest.mark.parametrize(("alias", "valid"), [("Orders-1_x", True), ("orders.transport", False), ("a\n", False), ("", False), ("*", False)])
def test_what_others_have_made_may_have_any_name_that_is_one_alias(alias, valid):
    assert (aliases.existing_problem(alias) == "") is valid


def test_names_are_derived_from_the_alias():
    assert aliases.credential_setting("orders") == "cluster.remote.orders.credentials"
    assert aliases.with_credentials(["keystore.seed", "cluster.remote.orders.credentials"]) == ["orders"]


@pytest.mark.parametrize("url", ["https://a", "https://a:12443", "https://a/path", "https://[::1]:9200"])
def test_an_https_url_is_a_base_url(url):
    assert addresses.url_problem(url) == ""


@pytest.mark.parametrize(
    "url",
    ["", "a", "http://a", "https://", "https://u:p@a", "https://a:x", "https://a:0", "https://a:99999", "https://[::1"]
    + [
        "https://a\nb",
        "https://a?b",
        "https://a#b",
        "https://a b",
        "https://\u00fc.de",
        "https://a..b",
        "https://" + "a" * 64,
        "https://a/\x7f",
    ],
)
def test_anything_else_is_none(url):
    assert "url" in addresses.url_problem(url)


def test_a_password_in_an_address_is_refused_and_not_repeated():
    for url in ("https://elastic:s3cret@a", "https://:s3cret@a"):
        assert "give username and password" in addresses.url_problem(url) and "s3cret" not in addresses.url_problem(url)


@pytest.mark.parametrize("host", ["a", "a.b-c_d.", "10.0.0.1", "::1", "[::1]"])
def test_a_host_is_a_name_or_an_ip_address(host):
    assert addresses.is_host(host)


@pytest.mark.parametrize("host", ["", ".", "a..b", "a:1", "a b", "a/b", "a" * 64, "a." * 127, "\u00fc.de", "a\n", "fe80::1%eth0"])
def test_anything_else_is_no_host(host):
    assert not addresses.is_host(host)


@pytest.mark.parametrize(
    ("address", "valid"),
    [("h:1", True), ("[::1]:9443", True), ("h", False), (":9443", False), ("h:0", False), ("h:65536", False), ("https://h:1", False)]
    + [("h:\u00b2", False), ("h h:1", False)],
)
def test_an_address_is_host_and_port(address, valid):
    assert addresses.is_address(address) is valid


FURTHER_OF_ELASTICSEARCH = {
    "proxy": {"proxy_socket_connections": 18},
    "sniff": {"node_connections": 3, "proxy": "proxy.example.com:9400"},
    "both": {
        "transport.compress": "indexing_data",
        "transport.compression_scheme": "lz4",
        "transport.ping_schedule": "30s",
        "signing.certificate": "signing.crt",
        "signing.key": "signing.key",
        "signing.keystore.path": "signing.p12",
        "signing.keystore.type": "PKCS12",
        "signing.keystore.alias": "signing",
        "signing.keystore.algorithm": "SunX509",
    },
}
"""What Elasticsearch knows of an alias besides what links have options for, with a value that it takes."""


@pytest.mark.proves("R118", "R119")
@pytest.mark.parametrize("mode", ["proxy", "sniff"])
def test_every_further_setting_that_elasticsearch_knows_can_be_given(mode):
    further = {**FURTHER_OF_ELASTICSEARCH[mode], **FURTHER_OF_ELASTICSEARCH["both"]}
    assert remote.further_problems(mode, further) == []
    wanted = remote.wanted(mode, {}, further)
    assert {name: wanted[name] for name in further} == {name: str(value) for name, value in further.items()}


@pytest.mark.parametrize(
    ("further", "words"),
    [
        ({"proxy_socket_connections": 9, "transport.compress": "true"}, None),
        ({"credentials": "x"}, "settings.credentials is a secure setting"),
        ({"proxy_addres": "x:1"}, "'proxy_addres', which is not a setting that a link can have"),
        ({"pro\nxy": 1}, "'pro\\nxy', which is not"),
        ({"node_connections": 3}, "settings.node_connections does not go with mode proxy"),
        ({"node_connections": None, "transport.compress": None}, None),
        ({"proxy_socket_connections": 0}, "settings.proxy_socket_connections cannot be 0"),
        ({"transport.compress": ["true"]}, "settings.transport.compress cannot be ['true']"),
        ({"transport.ping_schedule": "often"}, "settings.transport.ping_schedule cannot be 'often'"),
        ({"transport.ping_schedule": "-1", "signing.key": "key.pem", "transport.compression_scheme": "lz4"}, None),
    ],
)
def test_further_settings_of_a_link_are_known_before_anything_is_made(further, words):
    problems = remote.further_problems("proxy", further)

    assert problems == [] if words is None else words in problems[0]


@pytest.mark.parametrize(
    ("have", "sent", "again"),
    [
        ({"skip_unavailable": "false"}, {"proxy_address": "x:1"}, {"skip_unavailable": "false"}),
        ({"skip_unavailable": "false"}, {"skip_unavailable": "true", "proxy_address": "x:1"}, {}),
        ({}, {"proxy_address": "x:1", "skip_unavailable": "false"}, {}),
        ({"skip_unavailable": "false"}, {}, {}),
    ],
)
def test_what_nodes_forget_when_they_rebuild_a_connection_is_told_again(have, sent, again):
    assert remote.forgotten(have, sent) == again
