# SPDX-License-Identifier: GPL-3.0-or-later
"""Options that modules share: each group is a specification and the client it leads to. Documented in doc_fragments."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, Callable

from ansible.module_utils.basic import env_fallback

from ..api.cloud import CloudClient
from ..api.credentials import ApiKey, Basic, Credentials, LoginToken
from ..api.elasticsearch import ElasticsearchClient
from ..api.session import Target, Transport
from ..model import deployment
from ..model.addresses import url_problem
from ..model.platforms import ECH_URL

_CONNECTION: dict[str, Any] = {
    "ca_path": {"type": "path"},
    "validate_certs": {"type": "bool", "default": True},
    "timeout": {"type": "int", "default": 60},
}

CLOUD: dict[str, Any] = {
    "url": {"type": "str", "default": ECH_URL, "fallback": (env_fallback, ["EC_URL", "EC_HOST"])},
    "api_key": {"type": "str", "no_log": True, "fallback": (env_fallback, ["EC_API_KEY"])},
    "username": {"type": "str", "fallback": (env_fallback, ["EC_USERNAME"])},
    "password": {"type": "str", "no_log": True, "fallback": (env_fallback, ["EC_PASSWORD"])},
    **_CONNECTION,
}
"""Connection to the Cloud API (doc fragment ``cloud``)."""

ELASTICSEARCH: dict[str, Any] = {
    "url": {"type": "str", "required": True, "fallback": (env_fallback, ["ELASTICSEARCH_URL"])},
    "username": {"type": "str", "fallback": (env_fallback, ["ELASTICSEARCH_USERNAME"])},
    "password": {"type": "str", "no_log": True, "fallback": (env_fallback, ["ELASTICSEARCH_PASSWORD"])},
    "api_key": {"type": "str", "no_log": True, "fallback": (env_fallback, ["ELASTICSEARCH_API_KEY"])},
    **_CONNECTION,
}
"""Connection to Elasticsearch (doc fragment ``elasticsearch``)."""

CREDENTIAL_RULES: dict[str, Any] = {
    "required_together": [("username", "password")],
    "mutually_exclusive": [("api_key", "username")],
    "required_one_of": [("api_key", "username")],
}
"""Holds for both connections: exactly one way to say who is calling."""

STATE: dict[str, Any] = {"state": {"type": "str", "choices": ["present", "absent"], "default": "present"}}

WAIT_TIMEOUT: dict[str, Any] = {"wait_timeout": {"type": "int", "default": 1800}}
"""Waiting for a plan that is in the way."""

WAIT: dict[str, Any] = {"wait": {"type": "bool", "default": True}, **WAIT_TIMEOUT}
"""Waiting for plans (doc fragment ``wait``)."""

DEPLOYMENT: dict[str, Any] = {"deployment": {"type": "str", "required": True}}

_GRANT: dict[str, Any] = {
    "names": {"type": "list", "elements": "str", "required": True},
    "allow_restricted_indices": {"type": "bool"},
}

INDICES: dict[str, Any] = {
    **_GRANT,
    "query": {"type": "raw"},
    "field_security": {
        "type": "dict",
        "options": {"grant": {"type": "list", "elements": "str"}, "except": {"type": "list", "elements": "str"}},
    },
}
"""Indices and what can be seen of them."""

ACCESS: dict[str, Any] = {
    "type": "dict",
    "options": {
        "search": {"type": "list", "elements": "dict", "options": INDICES},
        "replication": {"type": "list", "elements": "dict", "options": _GRANT},
    },
}
"""What a cross-cluster API key allows (doc fragment ``access``)."""


def shared_problems(params: Mapping[str, Any]) -> list[str]:
    """What is wrong with the options that modules share, beyond what the specification can say."""
    wanted = params.get("deployment")
    found = [url_problem(params["url"]), "" if wanted is None else deployment.problem(wanted)]
    return [text for text in found if text]


def cloud_client(params: Mapping[str, Any], transport: Transport) -> CloudClient:
    return CloudClient(transport.session(_target(f"Cloud API {params['url']}", params, _cloud_credentials(params))))


def elasticsearch_client(params: Mapping[str, Any], transport: Transport) -> ElasticsearchClient:
    return ElasticsearchClient(transport.session(_target(f"Elasticsearch {params['url']}", params, _elasticsearch_credentials(params))))


def transport_for(check_mode: bool, log: Callable[[str], None]) -> Transport:
    """The transport of a module: proxies are those of the task's environment."""
    return Transport(read_only=check_mode, environment=os.environ, log=log)


def _target(subject: str, params: Mapping[str, Any], credentials: Credentials) -> Target:
    return Target(
        subject=subject,
        url=params["url"].rstrip("/"),
        credentials=credentials,
        ca_path=params["ca_path"],
        validate_certs=params["validate_certs"],
        timeout=params["timeout"],
    )


def _cloud_credentials(params: Mapping[str, Any]) -> Credentials:
    return ApiKey(params["api_key"]) if params["api_key"] else LoginToken(params["username"], params["password"])


def _elasticsearch_credentials(params: Mapping[str, Any]) -> Credentials:
    return ApiKey(params["api_key"]) if params["api_key"] else Basic(params["username"], params["password"])
