# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls that concern a remote cluster, in all states in which a link can be."""

from __future__ import annotations

import base64
from typing import Any

from differential.cluster_calls import ACCESS, KEYS, LENIENT, LOCAL, REMOTE
from differential.recorder import Recorder

PREFIX = "cluster.remote."
CREDENTIAL = f"{PREFIX}orders.credentials"
NOWHERE = "127.0.0.1:1"


def settings(on: Recorder) -> None:
    wrong: tuple[dict[str, Any], ...] = (
        {"a.seeds": ["h"]},
        {"a.seeds": ["h:x"]},
        {"a.seeds": ["h:0"]},
        {"a.proxy_address": "h:1"},
        {"a.mode": "proxy", "a.seeds": ["h:1"]},
        {"a.mode": "proxy", "a.proxy_address": "h"},
        {"a.mode": "proxy", "a.proxy_address": "h:1", "a.proxy_socket_connections": 0},
        {"a.mode": "proxy", "a.proxy_address": "h:1", "a.skip_unavailable": "maybe"},
        {"a.mode": "proxy", "a.proxy_address": "h:1", "a.transport.compress": "x"},
        {"a.mode": "proxy", "a.proxy_address": "h:1", "a.transport.ping_schedule": "x"},
        {"a.node_connections": 0},
        {"a.skip_unavailable": True},
        {"a.transport.compress": "true"},
        {"a.server_name": "x"},
        {"a.mode": "nonsense"},
        {"a.nonsense": 1},
        {"a.credentials": "x"},
        {"a b.mode": "proxy"},
        {".seeds": ["h:1"]},
        {"node.attr": "x"},
        {"connections_per_cluster": 3},
    )
    for values in wrong:
        _set(on, values)
    on.call(LOCAL, "PUT", "/_cluster/settings", {"persistent": {"nonsense": 1}})
    on.call(LOCAL, "PUT", "/_cluster/settings", {"persistent": {}})
    on.call(LOCAL, "PUT", "/_cluster/settings", {})
    on.call(LOCAL, "PUT", "/_cluster/settings")
    _set(on, {"a.mode": "proxy"})
    on.call(LOCAL, "GET", "/_remote/info")
    _set(on, {"a.*": None})
    _set(on, {"a.mode": None})


def unreachable(on: Recorder) -> None:
    proxy = {"a.mode": "PROXY", "a.proxy_address": NOWHERE, "a.skip_unavailable": False, "a.proxy_socket_connections": 5}
    _set(on, proxy)
    on.call(LOCAL, "GET", "/_cluster/settings?flat_settings=true")
    on.call(LOCAL, "GET", "/_cluster/settings")
    _state(on, "a")
    _set(on, {"a.skip_unavailable": True})
    _state(on, "a")
    on.call(LOCAL, "GET", "/a:*,*/_search?size=0")
    _set(on, {"a.proxy_address": None})
    _set(on, {"a.mode": "sniff", "a.skip_unavailable": None, "a.proxy_socket_connections": None})
    sniff = {"a.mode": "sniff", "a.seeds": [NOWHERE], "a.proxy_address": None, "a.server_name": None, "a.proxy_socket_connections": None}
    _set(on, sniff)
    on.call(LOCAL, "GET", "/_remote/info")
    on.call(LOCAL, "GET", "/_cluster/settings?flat_settings=true")
    on.call(LOCAL, "PUT", "/_cluster/settings", {"transient": {f"{PREFIX}a.skip_unavailable": False}})
    on.call(LOCAL, "PUT", "/_cluster/settings", {"transient": {f"{PREFIX}b.mode": "proxy", f"{PREFIX}b.proxy_address": NOWHERE}})
    on.call(LOCAL, "GET", "/_cluster/settings?flat_settings=true")
    on.call(LOCAL, "PUT", "/_cluster/settings", {"transient": {f"{PREFIX}b.*": None}})
    _set(on, {"a.*": None})
    on.call(LOCAL, "GET", "/_cluster/settings?flat_settings=true")
    nested = {"cluster": {"remote": {"c": {"mode": "proxy", "proxy_address": NOWHERE}}}}
    on.call(LOCAL, "PUT", "/_cluster/settings", {"persistent": nested})
    _set(on, {"c.*": None})
    _connect(on, "wrongport", port=9400)
    _state(on, "wrongport")
    _connect(on, "nohost", host="nobody.us-east-1.minicloud.test")
    _state(on, "nohost")
    _set(on, {"wrongport.*": None, "nohost.*": None})


def link(on: Recorder) -> None:
    _connect(on, "orders")
    _state(on, "orders")
    key = _make_key(on, "first")
    on.store(LOCAL, {CREDENTIAL: key["encoded"]})
    _until_key_is_used(on, key["id"])
    _state(on, "orders")
    for expression in (
        "orders:orders-missing",
        "orders:orders-*,orders:nothing",
        "orders:.security-7",
        "*:*",
        "*",
        "orders:orders-2026,nope:*",
    ):
        on.call(LOCAL, "GET", f"/_resolve/cluster/{expression}")
    on.call(LOCAL, "GET", "/_resolve/cluster")
    for path in (
        "/orders:orders-*/_search?q=number:a1",
        "/orders:orders-*,orders-*/_search?size=1",
        "/orders:orders-2026/_search?size=0",
        "/orders:orders-missing/_search?size=0",
        f"/orders:orders-missing/_search?{LENIENT}",
        "/orders:nothing-*/_search?size=0",
        "/*:*/_search?size=0",
    ):
        on.call(LOCAL, "GET", path)
    _as_others(on)
    _set(on, {"orders.skip_unavailable": True})
    on.call(LOCAL, "GET", "/orders:orders-missing/_search?size=0")
    _set(on, {"orders.skip_unavailable": False})
    # What changes the connection makes nodes forget skip_unavailable, unless it changes too.
    _set(on, {"orders.proxy_socket_connections": 7})
    _until_connected(on, "orders")
    _reconnect(on)
    on.call(REMOTE, "DELETE", "/_security/api_key", {"ids": [key["id"]]})
    on.call(LOCAL, "GET", "/_remote/info")
    _until_refused(on, "orders")
    _set(on, {"orders.skip_unavailable": True})
    on.settle(LOCAL, "/orders:orders-*/_search?size=0", _tells_refusal)
    _set(on, {"orders.skip_unavailable": False})
    second = _make_key(on, "second")
    on.store(LOCAL, {CREDENTIAL: second["encoded"]})
    _until_key_is_used(on, second["id"])
    _reconnect(on)
    _state(on, "orders")


def unusable(on: Recorder) -> None:
    """Credentials that are no valid key or open less than is asked for: each under an alias of its own, brought to the node together."""
    unknown = on.know("abcdefghijklmnopqrst", "KEY-UNKNOWN")
    rest = on.call(REMOTE, "POST", "/_security/api_key", {"name": "rest"})
    on.know(rest["id"], "KEY-OF-REST")
    expiring = _make_key(on, "expiring", expiration="25s")
    invalid = {
        "garbage": _encoded("garbage"),
        "short": _encoded("abc:def"),
        "unknown": _encoded(f"{unknown}:{'a' * 22}"),
        "othersecret": _encoded(f"{_make_key(on, 'good')['id']}:{'a' * 22}"),
        "ofrest": rest["encoded"],
    }
    narrow = {
        "copier": _make_key(on, "copier", {"replication": [{"names": ["orders-*"]}]})["encoded"],
        "star": _make_key(on, "star", {"search": [{"names": ["*"]}]})["encoded"],
    }
    _connect(on, "star")
    credentials = {**invalid, **narrow, "expiring": expiring["encoded"]}
    on.store(LOCAL, {f"{PREFIX}{alias}.credentials": value for alias, value in credentials.items()})
    on.settle(LOCAL, "/_remote/info", lambda body: body["star"]["connected"] and "cluster_credentials" in body["star"])
    _set(on, {"star.*": None})
    for alias in (*invalid, *narrow):
        _connect(on, alias, sockets=1)
        if alias in narrow:
            _until_connected(on, alias)
        _state(on, alias)
        on.call(LOCAL, "GET", f"/_resolve/cluster/{alias}:.security-7")
        _set(on, {f"{alias}.*": None})
    _connect(on, "expiring")
    _until_refused(on, "expiring")
    on.call(REMOTE, "PUT", f"{KEYS}/{expiring['id']}", {"metadata": {}})
    on.call(REMOTE, "GET", f"/_security/api_key?id={expiring['id']}")
    _set(on, {"expiring.*": None})


def private_ca(on: Recorder) -> None:
    on.call(LOCAL, "PUT", "/orders-2027/_doc/1?refresh=true", {"a": 1})
    key = on.call(LOCAL, "POST", KEYS, {"name": "back", "access": ACCESS})
    on.know(key["id"], "KEY-BACK")
    on.store(REMOTE, {f"{PREFIX}back.credentials": key["encoded"]})
    host = on.endpoint(LOCAL)
    values = {"mode": "proxy", "proxy_address": f"{host}:9443", "server_name": host, "skip_unavailable": False}
    on.call(REMOTE, "PUT", "/_cluster/settings", {"persistent": {f"{PREFIX}back.{name}": value for name, value in values.items()}})
    on.settle(REMOTE, "/_remote/info", lambda body: "cluster_credentials" in body["back"])
    on.call(REMOTE, "GET", "/_resolve/cluster/back:*")
    on.call(REMOTE, "GET", "/back:orders-*/_search?size=0")


def untied(on: Recorder) -> None:
    on.store(LOCAL, {CREDENTIAL: None})
    on.settle(LOCAL, "/_remote/info", lambda body: not body["orders"]["connected"] and "cluster_credentials" not in body["orders"])
    _state(on, "orders")
    _set(on, {"orders.*": None})
    on.call(LOCAL, "GET", "/_remote/info")
    on.call(LOCAL, "GET", "/_resolve/cluster/orders:*")


def _set(on: Recorder, values: dict[str, Any]) -> None:
    on.call(LOCAL, "PUT", "/_cluster/settings", {"persistent": {f"{PREFIX}{name}": value for name, value in values.items()}})


def _connect(on: Recorder, alias: str, host: str = "", port: int = 9443, sockets: int | None = None) -> None:
    """`sockets` is for connections that are refused: of many, some are refused while the next call is under way."""
    host = host or on.endpoint(REMOTE)
    values = {"mode": "proxy", "proxy_address": f"{host}:{port}", "server_name": host, "skip_unavailable": False}
    if sockets:
        values["proxy_socket_connections"] = sockets
    _set(on, {f"{alias}.{name}": value for name, value in values.items()})


def _reconnect(on: Recorder) -> None:
    """Begin with new sockets: of the old ones some may be closing."""
    _set(on, {"orders.*": None})
    _connect(on, "orders")
    _until_connected(on, "orders")


def _until_connected(on: Recorder, alias: str) -> None:
    """What changes the connection returns at the latest after 10 s, whether it is made by then or not."""
    on.settle(LOCAL, "/_remote/info", lambda body: body[alias]["connected"])


def _state(on: Recorder, alias: str) -> None:
    """All that can be asked about an alias."""
    on.call(LOCAL, "GET", "/_remote/info")
    for index in ("outside", "orders-*"):
        on.call(LOCAL, "GET", f"/_resolve/cluster/{alias}:{index}")
    on.call(LOCAL, "GET", f"/{alias}:orders-*/_search?size=0")
    on.call(LOCAL, "GET", f"/{alias}:outside/_search?{LENIENT}")


def _as_others(on: Recorder) -> None:
    entries = {"reader": ["orders", "orders-*"], "elsewhere": ["other", "*"], "narrow": ["orders", "nothing"]}
    for name, (alias, index) in entries.items():
        role = {
            "remote_indices": [{"clusters": [alias], "names": [index], "privileges": ["read", "read_cross_cluster", "view_index_metadata"]}]
        }
        on.call(LOCAL, "PUT", f"/_security/role/{name}", role)
        on.call(LOCAL, "PUT", f"/_security/user/{name}", {"password": on.PASSWORD, "roles": [name]})
        for index in ("orders-*", "orders-2026", "outside"):
            on.call(LOCAL, "GET", f"/orders:{index}/_search?size=0", user=name)
            on.call(LOCAL, "GET", f"/_resolve/cluster/orders:{index}", user=name)


def _make_key(on: Recorder, name: str, access: dict[str, Any] | None = None, **further: Any) -> dict[str, Any]:
    key = on.call(REMOTE, "POST", KEYS, {"name": name, "access": access or ACCESS, **further})
    on.know(key["id"], f"KEY-{name.upper()}")
    return key


def _until_key_is_used(on: Recorder, key: str) -> None:
    on.settle(LOCAL, "/_resolve/cluster/orders:outside", lambda body: f"authenticated by API key id [{key}]" in _error(body))
    on.settle(LOCAL, "/_resolve/cluster/orders:orders-*", lambda body: body["orders"].get("matching_indices", False))


def _until_refused(on: Recorder, alias: str) -> None:
    """Until the remote cluster does not take the key any more: it does for a moment, and closes the connections over which it came."""
    on.settle(LOCAL, f"/_resolve/cluster/{alias}:outside", _tells_refusal)
    on.settle(LOCAL, f"/{alias}:orders-*/_search?size=0", _tells_refusal)


def _tells_refusal(body: dict[str, Any]) -> bool:
    return any(words in str(body) for words in ("unable to authenticate user", "has been invalidated", "is expired"))


def _error(body: dict[str, Any]) -> str:
    return body["orders"].get("error", "")


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
