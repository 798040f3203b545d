# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.crosscluster.elastic.plugins.module_utils.model import declaration, platforms
from ansible_collections.crosscluster.elastic.plugins.module_utils.model.errors import InvalidDeclaration

HOSTED = {"name": "hosted", "type": "ech", "api_key": "k"}
BERLIN = {"name": "berlin", "type": "ece", "url": "https://coordinator.example.test:12443", "api_key": "k"}
SEARCH = {"name": "search", "platform": "berlin", "deployment": "search-prod", "username": "elastic", "password": "p"}
ORDERS = {"name": "orders", "platform": "hosted", "deployment": "orders-prod", "username": "elastic", "password": "p"}
LINK = {"local": "search", "remote": "orders", "access": {"search": [{"names": ["orders-*"]}]}}


def declare(platform=None, cluster=None, link=None, defaults=None):
    """A valid declaration with some fields changed."""
    return declaration.declare(
        [HOSTED, {**BERLIN, **(platform or {})}], [{**SEARCH, **(cluster or {})}, ORDERS], [{**LINK, **(link or {})}], defaults
    )


@pytest.mark.proves("R155")
def test_what_is_not_given_has_its_default():
    built = declare(link={"alias": None})
    assert all(platform.validate_certs for platform in built.platforms.values())
    [link] = built.links
    assert (link.alias, link.mode, link.skip_unavailable, link.orphan_after) == ("orders", "proxy", False, "10m")
    assert built.platforms["hosted"].url == platforms.ECH_URL
    assert link.id == "search/orders" and str(link) == "search -> orders"
    assert [cluster.name for cluster in built.used_clusters()] == ["search", "orders"]


def test_defaults_of_the_user_come_between():
    [link] = declare(defaults={"expiration": "90d", "restart": "never", "mode": None}, link={"restart": "always"}).links
    assert (link.expiration, link.restart, link.mode) == ("90d", "always", "proxy")


def test_no_secret_is_in_a_representation():
    built = declare(
        platform={"api_key": "s3cret"}, cluster={"password": "s3cret"}, link={"verify_as": {"username": "u", "password": "s3cret"}}
    )
    assert "s3cret" not in repr(built)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"platform": {"url": None}}, "platform 'berlin': url is missing"),
        ({"platform": {"url": "http://c:12400"}}, "is not an HTTPS address"),
        ({"platform": {"api_key": None}}, "platform 'berlin': credentials are missing"),
        ({"platform": {"type": "ech", "api_key": None, "username": "a", "password": "b"}}, "Elastic Cloud Hosted takes API keys only"),
        ({"platform": {"name": "hosted"}}, "platform 'hosted' is declared more than once"),
        ({"platform": {"name": " "}}, "a platform has an empty name"),
        ({"cluster": {"platform": "munich"}}, "cluster 'search': platform 'munich' is not declared"),
        ({"cluster": {"deployment": " "}}, "deployment is empty"),
        ({"cluster": {"deployment": "a/b"}}, "is neither an id nor a name"),
        ({"cluster": {"url": "elsewhere"}}, "url 'elsewhere' is not an HTTPS address"),
        ({"cluster": {"password": None}}, "username and password of an Elasticsearch user are missing"),
        ({"cluster": {"name": "orders"}}, "cluster 'orders' is declared more than once"),
        ({"link": {"remote": "logs"}}, "remote cluster 'logs' is not declared"),
        ({"link": {"remote": "search"}}, "local and remote are the same cluster"),
        ({"link": {"alias": "Orders"}}, "alias 'Orders' is not valid"),
        ({"link": {"access": {}}}, "link search -> orders: access is empty"),
        ({"link": {"mode": "sniff"}}, "mode sniff cannot reach a deployment of Elastic Cloud"),
        ({"link": {"proxy_address": "orders"}}, "proxy_address 'orders' is not"),
        ({"platform": {"type": "self_managed"}}, "platform 'berlin': url has no meaning here"),
        ({"platform": {"egress": ["example.com"]}}, "egress 'example.com' is not an IPv4 address or network"),
        ({"cluster": {"nodes": ["https://n1:9200"]}}, "nodes is for self-managed clusters only"),
        ({"link": {"seeds": ["n1:9443"]}}, "seeds does not go with mode proxy"),
        ({"link": {"ca": "public", "ca_certificates": ["ca.pem"]}}, "ca_certificates does not go with ca public"),
        ({"link": {"expiration": "90"}}, "expiration '90' is not a duration"),
        ({"link": {"expiration": "1d", "renew_before": "24h"}}, "renew_before 24h is not shorter than expiration 1d"),
        ({"link": {"roles": [{"name": "r", "preset": "replication"}]}}, "role 'r' is for replication, but access.replication names no"),
        ({"link": {"roles": [{"name": " analysts"}]}}, "role name ' analysts' is not valid"),
    ],
)
def test_what_cannot_be_is_told_before_anything_is_read(changed, words):
    with pytest.raises(InvalidDeclaration) as caught:
        declare(**changed)
    assert words in str(caught.value)


def test_all_problems_are_told_at_once():
    with pytest.raises(InvalidDeclaration) as caught:
        declare(platform={"url": None}, link={"alias": "Orders", "access": {}})
    assert len(caught.value.problems) == 3


def test_nodes_are_those_of_a_cluster_that_is_declared():
    node = {"cluster": "serach", "keystore": ["keystore.seed"]}
    with pytest.raises(InvalidDeclaration, match="nodes: cluster 'serach' is not declared") as caught:
        declaration.declare([HOSTED, BERLIN], [SEARCH, ORDERS], [LINK], nodes=[node, node, {**node, "cluster": "search"}])
    assert len(caught.value.problems) == 1


def test_an_alias_is_declared_once_on_a_local_cluster():
    with pytest.raises(InvalidDeclaration, match="link search/orders: the alias is declared more than once"):
        declaration.declare([HOSTED, BERLIN], [SEARCH, ORDERS], [LINK, LINK])


OWN = {"name": "billing", "platform": "datacenter", "url": "https://billing-0:9200", "username": "elastic", "password": "p"}


def self_managed(link=None, **cluster):
    """A declaration with a self-managed remote."""
    platforms = [HOSTED, BERLIN, {"name": "datacenter", "type": "self_managed"}]
    return declaration.declare(platforms, [SEARCH, {**OWN, **cluster}], [{**LINK, "remote": "billing", **(link or {})}])


@pytest.mark.proves("R114", "R116")
def test_a_self_managed_cluster_answers_remotes_on_the_host_of_its_api_unless_told_otherwise():
    assert self_managed().clusters["billing"].address == "billing-0:9443"
    assert self_managed(url="https://[2001:db8::1]:9200").clusters["billing"].address == "[2001:db8::1]:9443"
    assert self_managed(remote_address="billing:19443").clusters["billing"].address == "billing:19443"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"url": None}, "cluster 'billing': url is missing"),
        ({"deployment": "billing-prod"}, "deployment has no meaning here"),
        ({"remote_address": "billing"}, "remote_address 'billing' is not host:port"),
        ({"remote_address": "2001:db8::1:9443"}, "is not host:port"),
        ({"nodes": ["billing-0"]}, "nodes: url 'billing-0' is not"),
        ({"link": {"ca": "private"}}, "ca_certificates is missing"),
        ({"link": {"ca_password": "p"}}, "ca_password is given without ca_certificates"),
        ({"link": {"mode": "sniff"}}, "seeds is missing"),
        ({"link": {"mode": "sniff", "seeds": ["billing-0"]}}, "seeds has 'billing-0'"),
        ({"link": {"mode": "sniff", "seeds": ["b:9443"], "server_name": "b"}}, "server_name does not go with mode sniff"),
    ],
)
def test_what_cannot_be_of_a_self_managed_cluster_is_told(given, words):
    with pytest.raises(InvalidDeclaration) as caught:
        self_managed(**given)
    assert words in str(caught.value)


def test_links_are_taken_away_without_saying_what_they_allow():
    links = [{"local": "search", "remote": "orders"}]
    assert declaration.declare([HOSTED, BERLIN], [SEARCH, ORDERS], links, state="absent").state == "absent"
    with pytest.raises(InvalidDeclaration, match="access is empty"):
        declaration.declare([HOSTED, BERLIN], [SEARCH, ORDERS], links)
