# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings of a remote cluster (``cluster.remote.<alias>.*``): what is wanted, what is there, what has to be sent.

https://www.elastic.co/docs/reference/elasticsearch/configuration-reference/remote-clusters
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .addresses import is_address, is_host
from .aliases import settings_prefix
from .inputs import shown

PROXY_ONLY = ("proxy_address", "server_name", "proxy_socket_connections")
SNIFF_ONLY = ("seeds", "node_connections", "proxy")
_COUNT = re.compile(r"[1-9][0-9]{0,3}\Z")
_DURATION = re.compile(r"(-1|[0-9]{1,9}(ms|s|m|h|d))\Z")
_TEXT = re.compile(r"[^\x00-\x1f\x7f]{1,1024}\Z")
FURTHER = {
    "node_connections": _COUNT,
    "proxy": _TEXT,
    "proxy_socket_connections": _COUNT,
    "signing.certificate": _TEXT,
    "signing.key": _TEXT,
    "signing.keystore.alias": _TEXT,
    "signing.keystore.algorithm": _TEXT,
    "signing.keystore.path": _TEXT,
    "signing.keystore.type": _TEXT,
    "transport.compress": re.compile(r"(true|false|indexing_data)\Z"),
    "transport.compression_scheme": re.compile(r"(deflate|lz4)\Z"),
    "transport.ping_schedule": _DURATION,
}
"""Settings that a link has no option for, and what their values look like."""


def current(settings: dict, alias: str) -> dict:
    """The persistent settings of an alias without their prefix.

    settings: the ``persistent`` part of ``GET /_cluster/settings?flat_settings=true``.
    """
    prefix = settings_prefix(alias)
    return {key[len(prefix) :]: value for key, value in settings.items() if key.startswith(prefix)}


def address(settings: Mapping[str, Any]) -> str:
    """Where an alias points to, by its settings without their prefix; for comparison and for people."""
    return settings.get("proxy_address") or ", ".join(settings.get("seeds") or [])


def aliases(settings: dict) -> list[str]:
    """All aliases that have at least one setting."""
    names = {key.split(".")[2] for key in settings if key.startswith("cluster.remote.") and key.count(".") >= 3}
    return sorted(names - {"signing", "node"})


def problems(mode: str, options: dict, further: dict) -> list[str]:
    """What is wrong with the settings of an alias as a user gives them.

    options: by the last part of the setting; None is not given. further: those that have no option of their own.
    """
    given = [key for key, value in options.items() if value is not None]
    addresses = [options["proxy_address"]] if mode == "proxy" and options.get("proxy_address") else []
    addresses += list(options.get("seeds") or []) if mode == "sniff" else []
    found = [f"{address!r} is not an address of the form host:port" for address in addresses if not is_address(address)]
    found += server_name_problems(options.get("server_name"))
    if not addresses:
        found.append(f"mode {mode} needs {'proxy_address' if mode == 'proxy' else 'seeds'}")
    found += [f"{key} does not go with mode {mode}" for key in _other_mode(mode) if key in given]
    known = {*options, "mode"}
    found += [f"settings.{key} has an option of its own: use that" for key in further if key in known]
    return found + further_problems(mode, {key: value for key, value in further.items() if key not in known})


def server_name_problems(name: str | None) -> list[str]:
    return [] if name is None or is_host(name) else [f"server_name {name!r} is not a host name (without a port)"]


def further_problems(mode: str, further: dict) -> list[str]:
    """What is wrong with the further settings of a link; an unknown one would be refused when half of the link is made."""
    return [text for key, value in further.items() for text in [_further_problem(mode, key, value)] if text]


def _further_problem(mode: str, key: str, value: object) -> str:
    if key == "credentials":
        return "settings.credentials is a secure setting: it belongs into the keystore"
    if key not in FURTHER:
        return f"settings has {shown(key)}, which is not a setting that a link can have: use one of {', '.join(FURTHER)}"
    if value is None:
        return ""
    if key in _other_mode(mode):
        return f"settings.{key} does not go with mode {mode}"
    text = as_text(value)
    return "" if isinstance(text, str) and FURTHER[key].match(text) else f"settings.{key} cannot be {shown(value)}"


def wanted(mode: str, options: dict, further: dict | None = None) -> dict:
    """The settings to have: given options as text, and None for every setting of the other mode.

    Without those None a change of the mode is refused by Elasticsearch.
    further: settings in which None means "remove", while an option that is None is not given.
    """
    given = {key: as_text(value) for key, value in options.items() if value is not None}
    return {**dict.fromkeys(_other_mode(mode)), **given, **{key: as_text(value) for key, value in (further or {}).items()}, "mode": mode}


def _other_mode(mode: str) -> tuple[str, ...]:
    return SNIFF_ONLY if mode == "proxy" else PROXY_ONLY


def difference(have: dict, want: dict) -> dict:
    """The settings that must be sent so that ``have`` becomes ``want``; {} when nothing has to change.

    Settings that are not named in ``want`` stay as they are. Dependent settings are refused by Elasticsearch in a request
    that makes the alias without its address, so a new alias sends all.
    """
    return {key: value for key, value in want.items() if as_text(have.get(key)) != value}


def forgotten(have: dict, sent: dict) -> dict:
    """The settings that nodes forget when they rebuild the connection, and have to be told once more.

    Measured on 8.19: whatever else changes on an alias that exists, ``skip_unavailable`` falls back to the default of the version
    on the nodes, while the setting goes on saying otherwise. Sending the same value again is no change and does nothing, so it
    must be taken away first.
    """
    value = have.get("skip_unavailable")
    return {"skip_unavailable": value} if value is not None and sent and "skip_unavailable" not in sent else {}


def request(alias: str, settings: dict) -> dict:
    """The body part for ``PUT /_cluster/settings``: dotted keys."""
    return {settings_prefix(alias) + key: value for key, value in settings.items()}


def visible(settings: dict) -> dict:
    """The settings that are set: without None."""
    return {key: value for key, value in sorted(settings.items()) if value is not None}


def as_text(value: object) -> object:
    """Settings come back from Elasticsearch as text, lists as lists of text."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return [str(item) for item in value]
    return str(value)
