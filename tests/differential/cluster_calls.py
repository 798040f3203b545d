# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls that concern one cluster: what it is, documents, roles, keys, and who may do what with them."""

from __future__ import annotations

from typing import Any

from differential.recorder import Recorder

LOCAL, REMOTE = Recorder.LOCAL, Recorder.REMOTE
KEYS = "/_security/cross_cluster/api_key"
ACCESS = {"search": [{"names": ["orders-*"]}]}
LENIENT = "size=0&ignore_unavailable=true&allow_no_indices=true"


def basics(on: Recorder) -> None:
    for path in (
        "/",
        "/_license",
        "/_security/_authenticate",
        "/_cluster/settings?flat_settings=true",
        "/_remote/info",
        "/_cluster/health",
        "/_cluster/health?wait_for_status=green&timeout=30s",
        "/_nodes/settings",
        "/_nodes/_all/settings",
        "/_nodes/_local/settings?flat_settings=true",
        "/_nodes/nosuch/settings",
        "/_nodes/_local/jvm",
    ):
        on.call(REMOTE, "GET", path)
    on.call(REMOTE, "POST", "/_security/user/_has_privileges", {"cluster": ["manage", "manage_security"]})
    on.call(REMOTE, "POST", "/_security/user/_has_privileges", {"cluster": ["nonsense"]})
    on.call(REMOTE, "POST", "/_security/user/_has_privileges", {})
    on.call(REMOTE, "POST", "/_security/user/_has_privileges")
    on.call(REMOTE, "POST", "/_nodes/reload_secure_settings")
    on.call(REMOTE, "POST", "/_nodes/reload_secure_settings", {"secure_settings_password": "wrong"})
    on.call(REMOTE, "POST", "/_nodes/_local/reload_secure_settings")
    on.call(REMOTE, "GET", "/", user=None)
    on.call(REMOTE, "GET", "/", user=None, headers={"Authorization": "ApiKey nonsense"})
    on.call(REMOTE, "GET", "/", user=None, headers={"Authorization": "Bearer nonsense"})
    on.call(REMOTE, "GET", "/", user="nobody")
    on.call(REMOTE, "GET", "/nonsense/route/x")
    on.call(REMOTE, "POST", "/_remote/info")


def documents(on: Recorder) -> None:
    document = {"number": "a1", "item": "anchor"}
    on.call(REMOTE, "PUT", "/orders-2026/_doc/1?refresh=true", document)
    on.call(REMOTE, "PUT", "/orders-2026/_doc/1?refresh=true", document)
    on.call(REMOTE, "POST", "/orders-2026/_doc?refresh=true", {"number": "a2", "item": "rope"})
    on.call(REMOTE, "GET", "/orders-2026/_doc/1")
    on.call(REMOTE, "GET", "/orders-2026/_doc/9")
    on.call(REMOTE, "GET", "/missing/_doc/9")
    for path in ("/orders-*/_search?q=number:a1", "/orders-*/_search?q=number:none", "/orders-2026/_search", "/_search?size=0"):
        on.call(REMOTE, "GET", path)
    for path in (
        f"/orders-2026,missing/_search?{LENIENT}",
        "/missing/_search",
        "/missing*/_search",
        "/nosuch:a/_search",
        "/nosuch*:a/_search",
    ):
        on.call(REMOTE, "GET", path)
    for expression in ("/nosuch:*", "/nosuch*:*", "/orders-*", "/missing", "", "/*:*"):
        on.call(REMOTE, "GET", f"/_resolve/cluster{expression}")


def roles_and_users(on: Recorder) -> None:
    role = {
        "cluster": ["monitor"],
        "indices": [{"names": ["a"], "privileges": ["read"]}],
        "remote_indices": [{"clusters": ["orders"], "names": ["orders-*"], "privileges": ["read"], "query": {"match_all": {}}}],
        "remote_cluster": [{"clusters": ["*"], "privileges": ["monitor_enrich"]}],
    }
    on.call(LOCAL, "GET", "/_security/role/readers")
    on.call(LOCAL, "PUT", "/_security/role/readers", role)
    on.call(LOCAL, "GET", "/_security/role/readers")
    on.call(LOCAL, "PUT", "/_security/role/readers", {"cluster": ["monitor"]})
    for wrong in (
        {"cluster": ["nonsense"]},
        {"nonsense": 1},
        {"indices": [{"names": ["a"], "privileges": ["nonsense"]}]},
        {"indices": [{"privileges": ["read"]}]},
        {"remote_indices": [{"names": ["a"], "privileges": ["read"]}]},
        {"remote_cluster": [{"clusters": ["a"], "privileges": ["manage"]}]},
    ):
        on.call(LOCAL, "PUT", "/_security/role/wrong", wrong)
    on.call(LOCAL, "PUT", "/_security/role/wrong", raw="{")
    on.call(LOCAL, "PUT", "/_security/role/wrong")
    on.call(LOCAL, "PUT", "/_security/role/superuser", {})
    on.call(LOCAL, "DELETE", "/_security/role/superuser")
    on.call(LOCAL, "DELETE", "/_security/role/readers")
    on.call(LOCAL, "DELETE", "/_security/role/readers")
    on.call(LOCAL, "PUT", "/_security/user/somebody", {"password": on.PASSWORD, "roles": ["readers"]})
    on.call(LOCAL, "PUT", "/_security/user/somebody", {"password": on.PASSWORD, "roles": ["readers"]})
    on.call(LOCAL, "PUT", "/_security/user/other", {"roles": []})
    on.call(LOCAL, "PUT", "/_security/user/other", {"password": "x", "roles": []})
    on.call(LOCAL, "PUT", "/_security/user/other", {"password": on.PASSWORD})
    on.call(LOCAL, "GET", "/_security/user/somebody")
    on.call(LOCAL, "GET", "/_security/user/other")
    on.call(LOCAL, "DELETE", "/_security/user/somebody")
    on.call(LOCAL, "DELETE", "/_security/user/somebody")


def refused_keys(on: Recorder) -> None:
    on.call(REMOTE, "POST", KEYS)
    for raw in ("{", "[]"):
        on.call(REMOTE, "POST", KEYS, raw=raw)
    names = ("", "x" * 257, " x", "_x", 5)
    accesses: tuple[Any, ...] = (
        None,
        {},
        {"search": []},
        {"search": [{"names": []}]},
        {"search": [{}]},
        {"nonsense": []},
        {"search": [{"names": ["a"], "nonsense": 1}]},
        {"replication": [{"names": ["a"], "query": {"match_all": {}}}]},
        {"search": [{"names": ["a"], "query": {"match_all": {}}}], "replication": [{"names": ["a"]}]},
    )
    further: tuple[dict[str, Any], ...] = (
        {"nonsense": 1},
        {"metadata": {"_a": 1}},
        {"metadata": 5},
        {"expiration": "nonsense"},
        {"certificate_identity": "CN=a"},
    )
    for body in ({}, {"access": ACCESS}, {"name": "x"}, *({"name": name, "access": ACCESS} for name in names)):
        on.call(REMOTE, "POST", KEYS, body)
    for access in accesses:
        on.call(REMOTE, "POST", KEYS, {"name": "x", "access": access})
    for fields in further:
        on.call(REMOTE, "POST", KEYS, {"name": "x", "access": ACCESS, **fields})


def keys(on: Recorder) -> None:
    entry = {"names": ["b", "a"], "query": {"term": {"x": 1}}, "field_security": {"grant": ["f*"], "except": ["f1"]}}
    mark = {"managed_by": "m", "link": "l", "run": "r"}
    body = {"name": "full", "access": {"search": [entry]}, "metadata": mark, "expiration": "30d"}
    key = on.know(on.call(REMOTE, "POST", KEYS, body)["id"], "KEY-FULL")
    for query in (f"id={key}", "id=none", "name=none", "name=fu*"):
        on.call(REMOTE, "GET", f"/_security/api_key?{query}")
    for terms in (
        {"metadata.managed_by": "m"},
        {"name": "full"},
        {"name": "none"},
        {"name": "full", "invalidated": False},
        {"nonsense": "x"},
    ):
        filters = [{"term": {name: value}} for name, value in terms.items()]
        on.call(REMOTE, "POST", "/_security/_query/api_key", {"query": {"bool": {"filter": filters}}, "size": 1000, "from": 0})
    on.call(REMOTE, "POST", "/_security/_query/api_key", {"query": {"bool": {"filter": []}}, "size": 0})
    for change in (
        {},
        {"metadata": mark},
        {"metadata": {"managed_by": "n"}},
        {"access": {}},
        {"access": {"search": [{"names": ["c"]}], "replication": [{"names": ["c"]}]}},
        {"expiration": "40d"},
        {"metadata": mark, "expiration": "40d"},
        {"expiration": "0d"},
        {"expiration": None},
        {"name": "x"},
    ):
        on.call(REMOTE, "PUT", f"{KEYS}/{key}", change)
    on.call(REMOTE, "PUT", f"{KEYS}/{key}")
    on.call(REMOTE, "PUT", f"{KEYS}/none", {"metadata": {}})
    on.call(REMOTE, "GET", f"/_security/api_key?id={key}")
    for wrong in ({}, {"ids": []}, {"ids": [""]}, {"ids": [key], "name": "full"}, {"nonsense": 1}):
        on.call(REMOTE, "DELETE", "/_security/api_key", wrong)
    on.call(REMOTE, "DELETE", "/_security/api_key")
    on.call(REMOTE, "DELETE", "/_security/api_key", {"ids": ["none"]})
    on.call(REMOTE, "DELETE", "/_security/api_key", {"ids": [key]})
    on.call(REMOTE, "DELETE", "/_security/api_key", {"ids": [key]})
    on.call(REMOTE, "PUT", f"{KEYS}/{key}", {"metadata": {}})
    on.call(REMOTE, "GET", f"/_security/api_key?id={key}")


def owners(on: Recorder) -> None:
    for name, roles in (("security", ["manage_security", "monitor"]), ("low", ["monitor"])):
        on.call(REMOTE, "PUT", f"/_security/role/{name}", {"cluster": roles})
        on.call(REMOTE, "PUT", f"/_security/user/{name}", {"password": on.PASSWORD, "roles": [name]})
    on.call(REMOTE, "PUT", "/_security/user/second", {"password": on.PASSWORD, "roles": ["superuser"]})
    created = on.call(REMOTE, "POST", KEYS, {"name": "owned", "access": ACCESS})
    key = on.know(created["id"], "KEY-OWNED")
    as_elastic = {"es-security-runas-user": "elastic"}
    for user, headers in (("security", None), ("second", None), ("security", as_elastic), ("second", as_elastic)):
        on.call(REMOTE, "PUT", f"{KEYS}/{key}", {"metadata": {"a": "b"}}, user=user, headers=headers)
    on.call(REMOTE, "GET", "/_security/_authenticate", user="second", headers=as_elastic)
    on.call(REMOTE, "GET", "/_security/_authenticate", user="second", headers={"es-security-runas-user": "nobody"})
    on.call(REMOTE, "GET", "/_security/_authenticate", user="low")
    on.call(REMOTE, "POST", "/_security/user/_has_privileges", {"cluster": ["manage", "monitor", "manage_security"]}, user="low")
    for method, path, body in (
        ("GET", "/", None),
        ("GET", "/_license", None),
        ("GET", "/_remote/info", None),
        ("GET", "/_cluster/settings?flat_settings=true", None),
        ("PUT", "/_cluster/settings", {"persistent": {"cluster.remote.a.mode": "proxy"}}),
        ("POST", "/_nodes/reload_secure_settings", None),
        ("POST", KEYS, {"name": "x", "access": ACCESS}),
        ("PUT", f"{KEYS}/{key}", {"metadata": {}}),
        ("GET", f"/_security/api_key?id={key}", None),
        ("POST", "/_security/_query/api_key", {"query": {"match_all": {}}}),
        ("DELETE", "/_security/api_key", {"ids": [key]}),
        ("GET", "/_security/role/low", None),
        ("PUT", "/_security/role/x", {}),
        ("DELETE", "/_security/role/x", None),
        ("GET", "/orders-2026/_search", None),
        ("GET", "/orders-*/_search", None),
        ("GET", "/_resolve/cluster/orders-*", None),
        ("PUT", "/orders-2026/_doc/7", {"a": 1}),
    ):
        on.call(REMOTE, method, path, body, user="low")
    rest = on.call(REMOTE, "POST", "/_security/api_key", {"name": "rest"})
    with_key = {"Authorization": f"ApiKey {rest['encoded']}"}
    on.know(rest["id"], "KEY-REST")
    on.call(REMOTE, "GET", "/", user=None, headers=with_key)
    on.call(REMOTE, "POST", KEYS, {"name": "x", "access": ACCESS}, user=None, headers=with_key)
    on.call(REMOTE, "PUT", f"{KEYS}/{key}", {"metadata": {}}, user=None, headers=with_key)
    on.call(REMOTE, "PUT", f"{KEYS}/{rest['id']}", {"metadata": {}})
    on.call(REMOTE, "GET", f"/_security/api_key?id={rest['id']}")
    on.call(REMOTE, "GET", "/", user=None, headers={"Authorization": f"ApiKey {created['encoded']}"})
    on.call(REMOTE, "DELETE", "/_security/api_key", {"ids": [rest["id"]]})
    on.call(REMOTE, "GET", "/", user=None, headers=with_key)
    on.call(REMOTE, "DELETE", "/_security/api_key", {"ids": [key]}, user="security")


def replication(on: Recorder) -> None:
    """Who follows indices through an alias. The real nodes have no replication: their part is to say so."""
    follow = {"remote_cluster": "back", "leader_index": "orders-2027"}
    pattern = {"remote_cluster": "back", "leader_index_patterns": ["orders-*"]}
    for method, path, body in (
        ("GET", "/_ccr/auto_follow", None),
        ("GET", "/_ccr/auto_follow/copies", None),
        ("PUT", "/_ccr/auto_follow/copies", pattern),
        ("GET", "/_ccr/auto_follow", None),
        ("GET", "/_ccr/auto_follow/copies", None),
        ("DELETE", "/_ccr/auto_follow/copies", None),
        ("DELETE", "/_ccr/auto_follow/copies", None),
        ("GET", "/*/_ccr/info", None),
        ("GET", "/copy/_ccr/info", None),
        ("PUT", "/copy/_ccr/follow", follow),
        ("GET", "/_all/_ccr/info", None),
        ("GET", "/copy/_ccr/info", None),
        ("POST", "/copy/_ccr/unfollow", None),
        ("POST", "/copy/_ccr/pause_follow", None),
        ("GET", "/*/_ccr/info", None),
        ("POST", "/copy/_ccr/unfollow", None),
        ("GET", "/*/_ccr/info", None),
    ):
        on.call(REMOTE, method, path, body)
