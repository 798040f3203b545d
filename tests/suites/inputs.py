# SPDX-License-Identifier: GPL-3.0-or-later
"""Values for every option, made from argument specifications: those that must be refused, and odd ones that must be accepted.

What a specification says (type, choices, suboptions) needs no word here. What it cannot say, what a text or a number means, is the
*kind* of an option, found by the end of its name. A new option whose name ends in none of KINDS has to be given one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

Spec = Mapping[str, Mapping[str, Any]]
Path = tuple[str, ...]
"""The full name of an option, part by part."""

TEXTS = {
    "empty": "",
    "blank": " \t",
    "no-break space": "\u00a0",
    "NUL": "a\0b",
    "line break": "a\nb",
    "header": "a\r\nX-Injected: b",
    "escape": "a\x1b[31mb",
    "override": "a\u202eb",
    "separator": "a\u2028b",
    "overlong": "x" * 10_000,
    "letters": "\u00fcber",
    "right to left": "\u05e9\u05dc\u05d5\u05dd",
    "emoji": "\U0001f98e",
    "upwards": "deployments/../x",
    "path": "/etc/passwd",
    "folder": "..",
    "long": "x" * 300,
}
ODD = frozenset({"letters", "right to left", "emoji", "upwards", "path", "folder", "long"})
"""Texts that some options have a use for. The others mean nothing in any option of one line."""
LINES = frozenset({"empty", "blank", "no-break space", "line break", "header", "override", "separator", "overlong"})
"""What prose may be besides."""


@dataclass(frozen=True)
class Kind:
    """What an option means.

    sample: a value that works. beside: other options that it needs, None for those that do not go with it. accepts: names of TEXTS.
    judged: names of TEXTS that the API judges; they may succeed or be refused by it. refused, accepted: further values. words: any of
    these in a message names the option, too.
    """

    sample: Any
    accepts: frozenset[str] = frozenset()
    judged: frozenset[str] = frozenset()
    refused: tuple[Any, ...] = ()
    accepted: tuple[Any, ...] = ()
    words: tuple[str, ...] = ()
    beside: Mapping[str, Any] = field(default_factory=dict)


NAN = float("nan")
KEY_NAME = Kind("by-input", ODD - {"long"}, refused=("_x", " x", "x "), accepted=("x" * 256,))
ROLE_NAME = Kind("by-input", frozenset({"upwards", "path", "long"}), refused=(" x", ".", "x" * 508))
ALIAS = Kind("by_input", refused=("Orders", "-x", "node", "signing", "a.b", "a:b", "*"), accepted=("a-b_1",), words=("alias",))
ANY_ALIAS = Kind("by_input", frozenset({"long"}), refused=("a.b", "a:b", "*", "a,b"), accepted=("Orders",))
INDICES = Kind("orders-*", ODD, accepted=("/orders-[0-9]+/", "<orders-{now/d}>"))
FIELDS = Kind("item", ODD, accepted=("customer.*",))
PRIVILEGES = Kind("read", judged=ODD)
USERS = Kind("by-input", judged=ODD)
PATTERNS = Kind("orders", ODD, accepted=("orders-*",))
PROSE = Kind("About orders", (ODD | LINES) - {"overlong"}, refused=("x" * 1001,), accepted=("x" * 1000,))
METADATA = Kind(
    {"team": "orders"},
    refused=({"_x": 1}, {"a": NAN}, {"a": [float("inf")]}, {"a\0": 1}, {"a": "\0"}),
    accepted=({"\u00fcber": "\u05e9\u05dc\u05d5\u05dd \U0001f98e", "n": {"l": [1, None, True]}}, {"long": "x\n" * 5000}),
)
QUERY = Kind(
    {"term": {"item": "lantern"}},
    refused=(*TEXTS.values(), "{", "[]", 5, True, [], ["x"], {}, {"a": NAN}, {"a": "\0"}),
    accepted=('{"term": {"item": "lamp"}}', {"term": {"item": "\u00fcber \U0001f98e"}}),
)
SETTINGS = Kind(
    {"transport.compress": "true"},
    refused=(
        *({name: 1} for name in ("surprise", "credentials", "mode", "", "proxy", "pro\nxy", "\u00fcber")),
        *({"transport.compress": value} for value in ("", "maybe", 5, {"a": 1}, ["true"], "x" * 10_000)),
        *({"transport.ping_schedule": value} for value in ("often", "-5s", NAN, "1\n")),
        {"signing.key": "a\0b"},
    ),
    accepted=({"transport.ping_schedule": "30s"}, {"transport.compress": None, "transport.compression_scheme": "lz4"}),
)
DURATION = Kind("90d", refused=("90", "d", "-1d", "1.5d", "1e3d", "90D", "\u0663d", "9" * 30 + "d", "36501d"))
URL = Kind(
    "https://127.0.0.1:9",
    refused=(
        *("a", "http://a", "https://", "ftp://a", "file:///etc/passwd", "https://a:0", "https://a:99999", "https://a:x", "https://[::1"),
        *(
            "https://a..b",
            "https://" + "a" * 64 + ".de",
            "https://a b",
            "https://a/\n",
            "https://u:p@a",
            "https://a?b",
            "https://\u00fc.de",
        ),
    ),
    words=("address",),
)
ADDRESS = Kind(
    "orders.example.com:9443",
    refused=("a", "a:0", "a:65536", "a:-1", "a:\u00b2", ":9443", "a b:1", "https://a:1"),
    words=("host:port", "is not an address"),
)
HOST = Kind("orders.example.com", refused=("a:9443", "a b", "a..b", "x" * 64, "https://a"))
FILE = Kind(None, refused=("/nonexistent.pem", "/", "/dev/null", "/bin/true"), words=("certificate",))
DEPLOYMENT = Kind(None, refused=("0" * 32, "orders-pord"))
WHO = Kind(None, words=("credentials", "username and password", "username|api_key", "api_key is missing"))
"""Part of credentials: what is well formed is refused by the server."""
KEYSTORE_PASSWORD = Kind("by-input", judged=ODD)
REFERENCE = Kind(None, words=("is not declared", "local and remote"))
SECURE_NAME = Kind("by.input", frozenset({"folder", "long"}), refused=("a b", "a/b"))
SECURE_VALUE = Kind(
    "a value",
    (ODD | LINES) - {"empty"},
    refused=(True, 1.5, ["x"], {}, {"a": NAN}),
    accepted=(5, {"type": "service_account", "key": "\U0001f98e\n"}),
)
EARLIER = Kind({}, refused=({"x": 1}, {"nonce": 1, "world": []}, {"nonce": "x", "world": {"clusters": {"a": 1}}}), accepted=({},))
PLACE = Kind("/nowhere", judged=ODD)
"""A file or folder of a node, which may be anywhere."""
CONTENT = Kind(None, judged=frozenset(TEXTS), words=("certificate", "key"))
"""What a file holds, or where it is."""
OTHER_TYPE = Kind("by-input")
"""A field that rules or entries of another type have than those of the example."""
SECONDS = Kind(60, refused=(0, -1, 86_401, 10**12), accepted=(30, "30"))
WAIT = Kind(60, refused=(-1, 86_401, 10**12), accepted=(1,))
COUNT = Kind(3, refused=(0, -1, 10**12), accepted=(1,))

_USER = ("username", "password")
SNIFFING = {"mode": "sniff", "proxy_address": None, "server_name": None, "proxy_socket_connections": None, "seeds": ["127.0.0.1:9300"]}

KINDS = {
    "cross_cluster_api_key.name": KEY_NAME,
    "cross_cluster_api_key_info.name": Kind("by-input", ODD),
    "deployment_trust.name": Kind("by-input", judged=ODD),
    "platform_trust_relationship.name": Kind("by-input", judged=ODD),
    "environment_id": Kind("9" * 32, judged=ODD),
    "account_id": OTHER_TYPE,
    "trust_relationship": OTHER_TYPE,
    "scope_id": OTHER_TYPE,
    "trust_allowlist": OTHER_TYPE,
    "additional_node_names": OTHER_TYPE,
    "certificate_password": KEYSTORE_PASSWORD,
    "traffic_filter.name": Kind("by-input", judged=ODD),
    "traffic_filter_info.name": Kind("by-input", ODD),
    "traffic_filter_association.traffic_filter": Kind("by-input", judged=ODD),
    "security_role.name": ROLE_NAME,
    "roles.name": ROLE_NAME,
    "secrets.name": SECURE_NAME,
    "secrets.value": SECURE_VALUE,
    "platforms.name": REFERENCE,
    "clusters.name": REFERENCE,
    "clusters.platform": REFERENCE,
    "local": REFERENCE,
    "remote": REFERENCE,
    "alias": ALIAS,
    "remote_cluster.alias": replace(ALIAS, accepted=("a-b_2",)),
    "remote_cluster_info.alias": ANY_ALIAS,
    "deployment": DEPLOYMENT,
    "url": URL,
    "username": WHO,
    "password": WHO,
    "api_key": WHO,
    "verify_as.username": KEYSTORE_PASSWORD,
    "verify_as.password": KEYSTORE_PASSWORD,
    "secure_settings_password": KEYSTORE_PASSWORD,
    "ca_path": FILE,
    "certificates": FILE,
    "ca_certificates": FILE,
    "ca_password": KEYSTORE_PASSWORD,
    "ca_name": Kind("by-input", ODD),
    "egress": Kind("192.0.2.0/28", refused=("192.0.2.0/33", "a/b", "::1/129"), accepted=("192.0.2.1",)),
    "certificates_password": KEYSTORE_PASSWORD,
    "region": Kind("ece-region", judged=ODD),
    "source": Kind("192.0.2.0/28", refused=("192.0.2.0/33", "a/b", "192.0.2", "::1/129")),
    "sources": Kind("192.0.2.0/28", refused=("192.0.2.0/33", "a/b", "192.0.2", "::1/129"), accepted=("192.0.2.1",)),
    "caller.organization_id": Kind("by-input", ODD),
    "caller.cluster_id": Kind("by-input", ODD),
    "remote_cluster_id": OTHER_TYPE,
    "remote_cluster_org_id": OTHER_TYPE,
    "azure_endpoint_name": OTHER_TYPE,
    "azure_endpoint_guid": OTHER_TYPE,
    "egress_rule": Kind({"a": 1}, refused=({"a": 1}, {"a": NAN})),
    "nodes": URL,
    "remote_address": ADDRESS,
    "nodes.cluster": replace(REFERENCE, sample="search-prod"),
    "nodes.keystore": Kind("by.input", judged=ODD),
    "cluster_health.nodes": Kind(1, refused=(-1, 10**12), accepted=(1,)),
    "started_after": Kind(0, refused=(-1,), accepted=(0,)),
    "keystore": Kind("by.input", judged=ODD, refused=("a b",)),
    "certificate_identity": Kind("CN=orders", judged=ODD),
    "home": PLACE,
    "config": PLACE,
    "path": PLACE,
    "key_path": PLACE,
    "command": PLACE,
    "owner": Kind("root", judged=ODD, refused=("no-such-user",), words=("user",)),
    "group": Kind("root", judged=ODD, refused=("no-such-group",), words=("group",)),
    "mode": Kind("0640", refused=("rw", "0999", "7777777", "-1"), accepted=("640",)),
    "certificate": CONTENT,
    "private_key": CONTENT,
    "ca_certificate": CONTENT,
    "ca_key": CONTENT,
    "ca_passphrase": KEYSTORE_PASSWORD,
    "passphrase": KEYSTORE_PASSWORD,
    "common_name": Kind("orders", ODD),
    "dns": replace(HOST, accepted=("*.orders.example.com",)),
    "ip": Kind("192.0.2.1", refused=("192.0.2.0/24", "a", "::g"), accepted=("2001:db8::1",)),
    "other_names": Kind("orders", judged=ODD),
    "verified_as": replace(HOST, refused=("orders.example.net", "192.0.2.7"), accepted=("ORDERS.example.com.",)),
    "valid_for": DURATION,
    "ca_valid_for": DURATION,
    "node_settings.name": Kind("by input", ODD),
    "node_settings.settings": Kind({"a.b": 1}, refused=({"a.b": NAN}, {"a\nb": 1}), accepted=({"a": {"b": [1, "x"]}},)),
    "node_keystore.secrets.value": Kind("a value", ODD - {"long"}, judged=frozenset({"long"}), accepted=(5,)),
    "node_keystore.password": KEYSTORE_PASSWORD,
    "names": INDICES,
    "grant": FIELDS,
    "except": FIELDS,
    "privileges": PRIVILEGES,
    "remote_cluster.privileges": replace(PRIVILEGES, sample="monitor_enrich"),
    "cluster": PRIVILEGES,
    "remote_cluster": PRIVILEGES,
    "clusters": PATTERNS,
    "run_as": USERS,
    "query": QUERY,
    "description": Kind("About orders", judged=ODD | LINES),
    "security_role.description": PROSE,
    "metadata": METADATA,
    "cross_cluster_api_key_info.metadata": Kind({"team": "orders"}, refused=METADATA.refused[1:], accepted=METADATA.accepted),
    "settings": SETTINGS,
    "expiration": DURATION,
    "renew_before": DURATION,
    "orphan_after": DURATION,
    "proxy_address": ADDRESS,
    "remote_cluster.proxy_address": replace(ADDRESS, accepted=("[::1]:9443",)),
    "seeds": ADDRESS,
    "remote_cluster.seeds": replace(ADDRESS, accepted=("[::1]:9443",), beside=SNIFFING),
    "server_name": HOST,
    "run": EARLIER,
    "timeout": SECONDS,
    "wait_timeout": WAIT,
    "pool": COUNT,
    "proxy_socket_connections": COUNT,
    "remote_cluster.node_connections": replace(COUNT, beside=SNIFFING),
    "search": Kind("orders-*", refused=(True,), accepted=("orders-*, stock-*", ["orders-*"])),
    "access": Kind({"search": [{"names": ["orders-*"]}]}, refused=({"search": "x"}, {"search": [{}]}, {"read": []})),
}


def kind_of(path: Path) -> Kind | None:
    """The kind of an option by the longest end of its name that is known."""
    ends = (".".join(path[start:]) for start in range(len(path)))
    return next((KINDS[end] for end in ends if end in KINDS), None)


def walk(spec: Spec, path: Path) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """Every option below a specification with its full name, suboptions after the option that has them."""
    for name, option in spec.items():
        yield (*path, name), option
        yield from walk(option.get("options") or {}, (*path, name))


def needs_kind(option: Mapping[str, Any]) -> bool:
    """Whether the specification alone does not say which values an option takes."""
    return not option.get("choices") and not option.get("options") and option.get("type", "str") != "bool"


def refused(path: Path, option: Mapping[str, Any]) -> list[Any]:
    """Values that an option has to refuse."""
    kind = option.get("type", "str")
    if kind == "list":
        element = {**option, "type": option["elements"]}
        # A text that stands alone would be split.
        return [{"a": 1}, *([value] for value in [None, *refused(path, element)])]
    if option.get("choices"):
        return ["nonsense", "", 5, {"a": 1}, option["choices"][0] + "\n"]
    if option.get("options"):
        return ["x", 5, ["x"], {"surprise": 1}]
    by_type = {
        "bool": ["perhaps", "", 5, {"a": 1}, ["x"]],
        "int": ["x", "", "1.5", 1.5, [1], {"a": 1}, True, NAN],
        "dict": ["x", 5, ["x"]],
        "raw": [],
    }
    return [*by_type.get(kind, [{"a": 1}, ["x"], True]), *_by_kind(path, kind)]


def accepted(path: Path, option: Mapping[str, Any]) -> list[Any]:
    """Odd values that an option has to accept."""
    kind = kind_of(path)
    if kind is None or not needs_kind(option):
        return []
    values = [*(TEXTS[name] for name in sorted(kind.accepts)), *kind.accepted]
    return [values] if values and option.get("type") == "list" else values


def judged(path: Path, option: Mapping[str, Any]) -> list[Any]:
    """Values about which an API decides."""
    kind = kind_of(path)
    values = [TEXTS[name] for name in sorted(kind.judged)] if kind and needs_kind(option) else []
    return [values] if values and option.get("type") == "list" else values


def placed(spec: Spec, path: Path, kind: Path, value: Any, base: Mapping[str, Any]) -> dict[str, Any]:
    """The options of ``base`` with a value at a place; what is needed around it is made up.

    path: the option, from ``spec`` on. kind: the option whose kind it has, in full. The value goes into the first entry of a list.
    """
    name, rest = path[0], path[1:]
    if not rest:
        found = kind_of(kind)
        return {**_without_rivals(spec, name, base), **(found.beside if found else {}), name: value}
    option, above = spec[name], kind[: -len(rest)]
    have = base.get(name) or sample(above, option)
    if option["type"] == "list":
        return {**base, name: [placed(option["options"], rest, kind, value, have[0]), *have[1:]]}
    return {**base, name: placed(option["options"], rest, kind, value, have)}


def complete(spec: Spec, path: Path) -> dict[str, Any]:
    """The options that are required, with samples."""
    return {name: sample((*path, name), option) for name, option in spec.items() if option.get("required")}


def sample(path: Path, option: Mapping[str, Any]) -> Any:
    """A value that works."""
    if option.get("choices"):
        return option["choices"][0]
    kind = kind_of(path)
    value = complete(option["options"], path) if option.get("options") else kind.sample if kind else True
    return [value] if option.get("type") == "list" else value


def _by_kind(path: Path, kind_of_value: str) -> list[Any]:
    kind = kind_of(path)
    if kind is None:
        return []
    texts = [text for name, text in TEXTS.items() if name not in kind.accepts | kind.judged] if kind_of_value in ("str", "path") else []
    return [*texts, *kind.refused]


def _without_rivals(spec: Spec, name: str, base: Mapping[str, Any]) -> dict[str, Any]:
    """The options without the other way to say who is calling."""
    before = next((name.removesuffix(end) for end in ("api_key", *_USER) if name.endswith(end)), name)
    key, user = before + "api_key", tuple(before + end for end in _USER)
    if key not in spec or not set(user) <= set(spec):
        return dict(base)
    if name == key:
        return {other: value for other, value in base.items() if other not in user}
    return {**{other: value for other, value in base.items() if other != key}, user[0]: "elastic", user[1]: "wrong-password"}
