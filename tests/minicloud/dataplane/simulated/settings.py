# SPDX-License-Identifier: GPL-3.0-or-later
"""The cluster settings of remote clusters: which there are, which go together, and what Elasticsearch says when they do not."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from minicloud.dataplane.simulated.errors import ElasticsearchError, argument

PREFIX = "cluster.remote."
ADDRESSES = {"SNIFF": "seeds", "PROXY": "proxy_address"}
_OF_MODE = {
    "seeds": "SNIFF",
    "node_connections": "SNIFF",
    "proxy": "SNIFF",
    "proxy_address": "PROXY",
    "server_name": "PROXY",
    "proxy_socket_connections": "PROXY",
}
_NEED_ADDRESS = ("skip_unavailable", "transport.compress", "transport.compression_scheme", "transport.ping_schedule")
_DYNAMIC = ("mode", *_OF_MODE, *_NEED_ADDRESS, "signing.certificate", "signing.key")
# The connection is made anew when one of these changes.
REBUILDING = ("mode", *_OF_MODE, *_NEED_ADDRESS[1:])
_STATIC = re.compile(r"cluster\.remote\.(node\.attr|connections_per_cluster|initial_connect_timeout|[-\w]+\.credentials)")
_KNOWN = re.compile(r"cluster\.remote\.([-\w]+)\.(" + "|".join(map(re.escape, _DYNAMIC)) + ")")
_NOT_REMOTE = re.compile(r"(cluster|indices|action|logger|search|ingest|xpack|persistent_tasks)\.[\w.*-]+")
_DURATION = re.compile(r"-1|0|\d+(nanos|micros|ms|s|m|h|d)")


def flattened(settings: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Settings in any mix of nested and dotted form, dotted. Values are texts as Elasticsearch keeps them, lists of texts, or None."""
    flat: dict[str, Any] = {}
    for key, value in settings.items():
        if isinstance(value, Mapping):
            flat.update(flattened(value, f"{prefix}{key}."))
        else:
            flat[prefix + key] = _text(value)
    return flat


def nested(flat: Mapping[str, Any]) -> dict[str, Any]:
    """Dotted settings as a tree. What stands below a setting that has a value itself keeps its dots: `type` and `type.default`."""
    tree: dict[str, Any] = {}
    for key, value in flat.items():
        place, name = tree, key
        while "." in name:
            part, _dot, rest = name.partition(".")
            if not isinstance(place.setdefault(part, {}), dict):
                break
            place, name = place[part], rest
        place[name] = value
    return tree


def shown(flat: dict[str, Any], as_flat: bool) -> dict[str, Any]:
    """Dotted settings as the API shows them, by its parameter `flat_settings`."""
    return flat if as_flat else nested(flat)


def applied(section: str, stored: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """The stored settings with the changes (None removes; wildcards may be removed). Raises ElasticsearchError when that is not allowed."""
    after = dict(stored)
    for key, value in changes.items():
        if value is None:
            pattern = re.compile(re.escape(key).replace(r"\*", ".*"))
            after = {name: kept for name, kept in after.items() if not pattern.fullmatch(name)}
        else:
            _check_key(section, key)
            after[key] = value
    for alias in dict.fromkeys(key.removeprefix(PREFIX).partition(".")[0] for key in after if key.startswith(PREFIX)):
        head = f"{PREFIX}{alias}."
        _check_alias(head, {key.removeprefix(head): value for key, value in after.items() if key.startswith(head)})
    return after


def mode_of(settings: Mapping[str, Any]) -> str:
    return str(settings.get("mode", "sniff")).upper()


def is_enabled(settings: Mapping[str, Any]) -> bool:
    """Whether the settings of an alias make a remote cluster."""
    return bool(settings.get(ADDRESSES.get(mode_of(settings), "")))


def _check_key(section: str, key: str) -> None:
    if _STATIC.fullmatch(key):
        raise argument(f"{section} setting [{key}], not dynamically updateable")
    known = _KNOWN.fullmatch(key) if key.startswith(PREFIX) else _NOT_REMOTE.fullmatch(key)
    if not known:
        raise argument(f"{section} setting [{key}], not recognized")


def _check_alias(head: str, settings: Mapping[str, Any]) -> None:
    mode = mode_of(settings)
    if mode not in ADDRESSES:
        raise argument(f"No enum constant org.elasticsearch.transport.RemoteConnectionStrategy.ConnectionStrategy.{mode}")
    for name in ("node_connections", "proxy_socket_connections"):
        _check_count(f"{head}{name}", settings.get(name))
    addresses = [*settings.get("seeds", []), *([settings["proxy_address"]] if settings.get("proxy_address") else [])]
    for address in addresses:
        _check_address(address)
    _check_values(head, settings)
    _check_together(head, settings, mode)


def _check_together(head: str, settings: Mapping[str, Any], mode: str) -> None:
    problems = []
    if not is_enabled(settings):
        problems = [
            f"Cannot configure setting [{head}{name}] if remote cluster is not enabled." for name in _NEED_ADDRESS if name in settings
        ]
    problems += [
        f'Setting "{head}{name}" cannot be used with the configured "{head}mode" [required={_OF_MODE[name]}, configured={mode}]'
        for name in settings
        if _OF_MODE.get(name, mode) != mode
    ]
    if problems:
        first, *others = problems
        suppressed = [{"type": "illegal_argument_exception", "reason": reason} for reason in others]
        root = {"type": "illegal_argument_exception", "reason": first}
        raise ElasticsearchError(
            400, "illegal_argument_exception", first, root=root, fields={"suppressed": suppressed} if suppressed else None
        )


def _check_values(head: str, settings: Mapping[str, Any]) -> None:
    skip = settings.get("skip_unavailable", "true")
    if skip not in ("true", "false"):
        raise argument(f"Failed to parse value [{skip}] as only [true] or [false] are allowed.")
    compress = settings.get("transport.compress", "true")
    if compress not in ("true", "false", "indexing_data"):
        raise argument(f"No enum constant org.elasticsearch.transport.Compression.Enabled.{compress.upper()}")
    schedule = settings.get("transport.ping_schedule", "-1")
    if not _DURATION.fullmatch(schedule):
        setting = f"{head}transport.ping_schedule"
        raise argument(f"failed to parse setting [{setting}] with value [{schedule}] as a time value: unit is missing or unrecognized")


def _check_count(setting: str, value: str | None) -> None:
    if value is None:
        return
    if not re.fullmatch(r"-?\d+", value):
        raise argument(f"Failed to parse value [{value}] for setting [{setting}]")
    if int(value) < 1:
        raise argument(f"Failed to parse value [{value}] for setting [{setting}] must be >= 1")


def _check_address(address: str) -> None:
    host, colon, port = address.rpartition(":")
    if not colon or not host:
        raise argument(f"remote hosts need to be configured as [host:port], found [{address}] instead")
    if not re.fullmatch(r"-?\d+", port):
        cause = {"type": "number_format_exception", "reason": f'For input string: "{port}"'}
        raise argument("failed to parse port", cause)
    if int(port) <= 0:
        raise argument(f"port number must be > 0 but was: [{int(port)}]")


def _text(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return [str(item) for item in value]
    return value if value is None else str(value)
