# SPDX-License-Identifier: GPL-3.0-or-later
"""A small world to plan in: search (local, on ECE) and orders (remote, on ECH), with whatever a test changes."""

from __future__ import annotations

from dataclasses import replace

from ansible_collections.crosscluster.elastic.plugins.module_utils.fleet.world import ClusterView, Endpoint, Use, World
from ansible_collections.crosscluster.elastic.plugins.module_utils.model import declaration, keys
from ansible_collections.crosscluster.elastic.plugins.module_utils.model.deployment import Deployment

NOW = 1_000_000_000
MINUTE = 60_000
ACCESS = {"search": [{"names": ["orders-*"]}]}

PLATFORMS = [
    {"name": "berlin", "type": "ece", "url": "https://coordinator.example.com:12443", "api_key": "k1"},
    {"name": "hosted", "type": "ech", "api_key": "k2"},
    {"name": "munich", "type": "ece", "url": "https://munich.example.com:12443", "api_key": "k3"},
    {"name": "datacenter", "type": "self_managed"},
]
CLUSTERS = [
    {"name": "search", "platform": "berlin", "deployment": "search-prod", "username": "elastic", "password": "p1"},
    {"name": "orders", "platform": "hosted", "deployment": "orders-prod", "username": "elastic", "password": "p2"},
    {"name": "stock", "platform": "hosted", "deployment": "stock-prod", "username": "elastic", "password": "p3"},
    {"name": "billing", "platform": "datacenter", "url": "https://billing-0.example.com:9200", "username": "elastic", "password": "p4"},
]


def declared(*links, state="present", egress=(), clusters=(), **defaults):
    """A declaration of links, each given as its options; local, remote and access have defaults. egress: of the platform of search.

    clusters: further ones.
    """
    berlin = {**PLATFORMS[0], "egress": list(egress)}
    full = [{"local": "search", "remote": "orders", "access": ACCESS, **options} for options in links or ({},)]
    return declaration.declare([berlin, *PLATFORMS[1:]], [*CLUSTERS, *clusters], full, defaults, state)


def deployment(name, **changes):
    values = {
        "id": f"{name}-id",
        "name": f"{name}-prod",
        "ref_id": "main-elasticsearch",
        "region": "r1",
        "cluster_id": f"{name}-cluster",
        "version": "8.19.0",
        "endpoint": f"{name}.example.com",
        "url": f"https://{name}.example.com",
        "status": "started",
        "instances": ("instance-0", "instance-1"),
    }
    return Deployment(**{**values, **changes})


def view(name, number="8.19.0", **seen):
    endpoint = Endpoint(f"https://{name}.example.com", f"{name}.example.com:9443", f"{name}.example.com", 2)
    return ClusterView(endpoint, f"{name}-uuid", number, **{"deployment": deployment(name), **seen})


def own(name, number="8.19.0", **seen):
    """A self-managed cluster."""
    endpoint = Endpoint(f"https://{name}-0.example.com:9200", f"{name}-0.example.com:9443")
    return ClusterView(endpoint, f"{name}-uuid", number, **{"keystore": None, **seen})


def key(key_id="key1", made=-60, alias="orders", access=None, **changes):
    mark = keys.mark(keys.link_id("search-uuid", alias), "earlier")
    made_key = keys.Key(key_id, keys.key_name(alias), NOW + made * MINUTE, None, False, "elastic", mark, access or ACCESS)
    return replace(made_key, **changes)


def settings(alias="orders", remote="orders", **changes):
    have = {
        "mode": "proxy",
        "proxy_address": f"{remote}.example.com:9443",
        "server_name": f"{remote}.example.com",
        "skip_unavailable": "false",
    }
    return {f"cluster.remote.{alias}.{name}": value for name, value in {**have, **changes}.items()}


def world(local=None, remote=None, uses=None, failures=None, **others):
    """The world in which nothing has been made yet, with these parts changed. local, remote: fields of the views."""
    clusters = {"search": view("search", **(local or {})), "orders": view("orders", **(remote or {})), "stock": view("stock"), **others}
    return World(NOW, clusters, failures or {}, uses or {})


def linked(local=None, remote=None, in_use=("key1", "key1"), **changes):
    """The world in which the link works."""
    local_part = {"settings": settings(), "keystore": ("cluster.remote.orders.credentials",), **(local or {})}
    use = Use({f"instance-{number}": key_id for number, key_id in enumerate(in_use)})
    return world(local_part, {"keys": (key(),), **(remote or {})}, {"search/orders": replace(use, **changes)})
