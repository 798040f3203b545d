# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of modules that work on the host of a node, and what they lead to. Documented in doc_fragments and in the modules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..node import files
from ..node.keystore import Keystore, Tool
from ..operations.node_certificate import File

KEYSTORE: dict[str, Any] = {
    "home": {"type": "path", "default": "/usr/share/elasticsearch"},
    "config": {"type": "path", "default": "/etc/elasticsearch"},
    "command": {"type": "list", "elements": "str"},
    "password": {"type": "str", "no_log": True},
}
"""Where a keystore is and how it is changed (doc fragment ``keystore``)."""


def keystore(params: Mapping[str, Any], *, read_only: bool) -> Keystore:
    """The keystore that the options name."""
    command = params["command"] or [f"{params['home']}/bin/elasticsearch-keystore"]
    tool = Tool(command, params["config"], params["password"], own_user=not params["command"], read_only=read_only)
    return Keystore(tool)


STATE: dict[str, Any] = {"state": {"type": "str", "choices": ["present", "absent"], "default": "present"}}

CERTIFICATE_FILES: dict[str, Any] = {
    "path": {"type": "path", "required": True},
    "key_path": {"type": "path", "required": True, "no_log": False},
    "passphrase": {"type": "str", "no_log": True},
}
"""Where certificate and key of a node are (doc fragment ``certificate_files``)."""

CERTIFICATE: dict[str, Any] = {
    **CERTIFICATE_FILES,
    "owner": {"type": "str"},
    "group": {"type": "str"},
    "mode": {"type": "str", "default": "0640"},
    "certificate": {"type": "str"},
    "private_key": {"type": "str", "no_log": True},
    "ca_certificate": {"type": "str"},
    "ca_key": {"type": "str", "no_log": True},
    "ca_passphrase": {"type": "str", "no_log": True},
    "ca_name": {"type": "str"},
    "ca_valid_for": {"type": "str", "default": "3650d"},
    "common_name": {"type": "str"},
    "dns": {"type": "list", "elements": "str", "default": []},
    "ip": {"type": "list", "elements": "str", "default": []},
    "other_names": {"type": "list", "elements": "str", "default": []},
    "verified_as": {"type": "list", "elements": "str", "default": []},
    "key_type": {
        "type": "str",
        "choices": ["ecdsa-p256", "ecdsa-p384", "rsa-2048", "rsa-3072", "rsa-4096"],
        "default": "ecdsa-p256",
        "no_log": False,
    },
    "valid_for": {"type": "str", "default": "365d"},
    "renew_before": {"type": "str", "default": "30d"},
}
"""A certificate and who signs it; documented in modules/node_certificate.py."""

CERTIFICATE_RULES: dict[str, Any] = {
    "mutually_exclusive": [("certificate", "ca_certificate"), ("private_key", "ca_key")],
    "required_one_of": [("certificate", "ca_certificate")],
    "required_together": [("certificate", "private_key")],
}

SETTINGS: dict[str, Any] = {
    "path": {"type": "path", "default": "/etc/elasticsearch/elasticsearch.yml"},
    "name": {"type": "str", "required": True},
    "settings": {"type": "dict", "required": True},
}
"""Settings of a node; documented in modules/node_settings.py."""


def attributes(params: Mapping[str, Any], mode: str | None = None) -> files.Attributes:
    """Owner, group and mode, which is that of the options unless it is given."""
    return files.Attributes(params["owner"], params["group"], mode or params["mode"])


def certificate_files(params: Mapping[str, Any]) -> list[File]:
    """Certificate and key as files; without content where they stay as they are."""
    certificate, key = (params[name].encode() if params[name] else None for name in ("certificate", "private_key"))
    return [
        File(params["path"], certificate, attributes(params, "0644")),
        File(params["key_path"], key, attributes(params), secret=True),
    ]
