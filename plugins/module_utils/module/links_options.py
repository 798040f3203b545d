# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of the action ``links``; documented in modules/links.py and, as variables, in the role's argument_specs."""

from __future__ import annotations

from typing import Any

from ..fleet.steps import STEPS
from ..model.declaration import PRESENT, SECURITY_MODELS, STATES
from ..model.platforms import PLATFORM_TYPES
from .options import ACCESS

PLATFORM: dict[str, Any] = {
    "name": {"type": "str", "required": True},
    "type": {"type": "str", "required": True, "choices": list(PLATFORM_TYPES)},
    "url": {"type": "str"},
    "api_key": {"type": "str", "no_log": True},
    "username": {"type": "str"},
    "password": {"type": "str", "no_log": True},
    "ca_path": {"type": "path"},
    "validate_certs": {"type": "bool"},
    "egress": {"type": "list", "elements": "str"},
}

CLUSTER: dict[str, Any] = {
    "name": {"type": "str", "required": True},
    "platform": {"type": "str", "required": True},
    "deployment": {"type": "str"},
    "username": {"type": "str"},
    "password": {"type": "str", "no_log": True},
    "api_key": {"type": "str", "no_log": True},
    "url": {"type": "str"},
    "ca_path": {"type": "path"},
    "validate_certs": {"type": "bool"},
    "nodes": {"type": "list", "elements": "str"},
    "remote_address": {"type": "str"},
    "egress": {"type": "list", "elements": "str"},
}

_ROLE: dict[str, Any] = {
    "name": {"type": "str", "required": True},
    "preset": {"type": "str", "choices": ["search", "replication"]},
    "names": {"type": "list", "elements": "str"},
    "privileges": {"type": "list", "elements": "str"},
    "field_security": ACCESS["options"]["search"]["options"]["field_security"],
    "query": {"type": "raw"},
    "allow_restricted_indices": {"type": "bool"},
    "remote_cluster": {"type": "list", "elements": "str"},
}

_COMMON: dict[str, Any] = {
    "security_model": {"type": "str", "choices": list(SECURITY_MODELS)},
    "access": ACCESS,
    "expiration": {"type": "str"},
    "renew_before": {"type": "str"},
    "mode": {"type": "str", "choices": ["proxy", "sniff"]},
    "ca": {"type": "str", "choices": ["auto", "public", "private"]},
    "ca_certificates": {"type": "list", "elements": "str"},
    "ca_password": {"type": "str", "no_log": True},
    "ca_name": {"type": "str"},
    "account_trust": {"type": "str", "choices": ["all", "none"]},
    "network": {"type": "str", "choices": ["auto", "always", "never"]},
    "allow_first_filter": {"type": "bool"},
    "allow_last_filter": {"type": "bool"},
    "skip_unavailable": {"type": "bool"},
    "settings": {"type": "dict"},
    "roles": {"type": "list", "elements": "dict", "options": _ROLE},
    "restart": {"type": "str", "choices": ["auto", "always", "never"]},
    "adopt": {"type": "bool"},
    "allow_unsupported": {"type": "bool"},
    "orphan_after": {"type": "str"},
    "verify_as": {
        "type": "dict",
        "options": {"username": {"type": "str", "required": True}, "password": {"type": "str", "required": True, "no_log": True}},
    },
}
"""What a link may set for itself and ``defaults`` for all links. No defaults here: they stand in model/declaration.py."""

LINK: dict[str, Any] = {
    "local": {"type": "str", "required": True},
    "remote": {"type": "str", "required": True},
    "alias": {"type": "str"},
    "proxy_address": {"type": "str"},
    "server_name": {"type": "str"},
    "seeds": {"type": "list", "elements": "str"},
    "certificate_identity": {"type": "str"},
    **_COMMON,
}

LINKS: dict[str, Any] = {
    "platforms": {"type": "list", "elements": "dict", "required": True, "options": PLATFORM},
    "clusters": {"type": "list", "elements": "dict", "required": True, "options": CLUSTER},
    "links": {"type": "list", "elements": "dict", "required": True, "options": LINK},
    "defaults": {"type": "dict", "options": _COMMON},
    "state": {"type": "str", "choices": list(STATES), "default": PRESENT},
    "nodes": {
        "type": "list",
        "elements": "dict",
        "options": {
            "cluster": {"type": "str", "required": True},
            "keystore": {"type": "list", "elements": "str", "required": True, "no_log": False},
        },
    },
    "steps": {"type": "list", "elements": "str", "choices": list(STEPS), "default": list(STEPS)},
    "run": {"type": "dict"},
    "on_failure": {"type": "str", "choices": ["fail", "report"], "default": "fail"},
    "pool": {"type": "int", "default": 32},
    "wait_timeout": {"type": "int", "default": 600},
    "timeout": {"type": "int", "default": 60},
}
