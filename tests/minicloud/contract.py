# SPDX-License-Identifier: GPL-3.0-or-later
"""Holds answers and accepted request bodies to the shapes of the official API descriptions.

Two descriptions are understood: Swagger 2.0 (Elastic Cloud) and OpenAPI 3.0 (Elasticsearch). Fields that a description does not list are
allowed, as real servers send more than is described; fields that it lists must have its types.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jsonschema_rs

DIRECTORY = Path(__file__).resolve().parent.parent / "contract"
CLOUD = DIRECTORY / "cloud.json"
ELASTICSEARCH = DIRECTORY / "elasticsearch.json"

# An offending value may be a secret.
_MASK = "a value"

# Declared as a text, although the operation takes a JSON merge patch of the object.
_BODY_CORRECTIONS = {"patch-current-account": {"$ref": "#/definitions/AccountUpdateRequest"}}


class Contract:
    """One API description.

    With `complete`, an operation or a successful status that the description does not know is a violation too; without, it goes
    unchecked. Paths may come with or without the base path and region prefix.
    """

    def __init__(self, document: Mapping[str, Any], complete: bool) -> None:
        self._complete = complete
        self._base = document.get("basePath", "")
        self._shared = _relaxed({"definitions": document.get("definitions", {}), "components": document.get("components", {})})
        # Literal segments win over parameters: /_nodes/reload_secure_settings is not /_nodes/{node_id}.
        self._paths = [
            (re.compile(re.sub(r"\{\w+\}", "[^/]+", re.sub(r"\{proxy_path\}", ".+", path))), operations)
            for path, operations in sorted(document["paths"].items(), key=lambda item: (item[0].count("{"), item[0]))
        ]
        self._validators: dict[str, jsonschema_rs.Draft4Validator] = {}

    @classmethod
    def load(cls, path: Path, complete: bool) -> Contract:
        return cls(json.loads(path.read_text(encoding="utf-8")), complete)

    def check_response(self, method: str, path: str, status: int, body: Any) -> list[str]:
        """What is wrong with an answer (`body`: parsed JSON), empty when it conforms."""
        operation = self._operation(method, path)
        if operation is None:
            return [f"{method} {path} is not described"] if self._complete else []
        responses = operation["responses"]
        response = responses.get(str(status)) or (responses.get("default") if status < 400 else None)
        if response is not None:
            schema = _content(response)
        elif status >= 400 and self._complete:
            # General errors (401, 403, 409, 429, ...) are not repeated at each operation.
            schema = {"$ref": "#/definitions/BasicFailedReply"}
        elif status < 400 and self._complete:
            return [f"{method} {path} does not answer with status {status}"]
        else:
            schema = None
        # A null stands for "absent", in requests also for "reset", which the Cloud's description does not say.
        shown = _without_nulls(body) if self._complete else body
        return [] if schema is None else self._violations(f"answer {status} of {method} {path}", schema, shown)

    def check_request(self, method: str, path: str, body: Any) -> list[str]:
        """What is wrong with a request body (parsed JSON; None = no body), empty when it conforms."""
        operation = self._operation(method, path)
        if operation is None:
            return [f"{method} {path} is not described"] if self._complete else []
        schema = _BODY_CORRECTIONS.get(operation.get("operationId", "")) or _request_schema(operation)
        return [] if schema is None or body is None else self._violations(f"body of {method} {path}", schema, _without_nulls(body))

    def _operation(self, method: str, path: str) -> Mapping[str, Any] | None:
        relative = re.sub(r"^/regions/[^/]+", "", path.removeprefix(self._base)) if self._base else path
        for pattern, operations in self._paths:
            if method.lower() in operations and pattern.fullmatch(relative):
                return operations[method.lower()]
        return None

    def _violations(self, what: str, schema: Mapping[str, Any], body: Any) -> list[str]:
        key = json.dumps(schema, sort_keys=True)
        if key not in self._validators:
            self._validators[key] = jsonschema_rs.Draft4Validator({**self._shared, "allOf": [_relaxed(schema)]}, mask=_MASK)
        return [f"{what}: {_reason(error)}" for error in self._validators[key].iter_errors(body)]


def _content(response: Mapping[str, Any]) -> Mapping[str, Any] | None:
    content = response.get("content")
    return content.get("application/json", {}).get("schema") if content else response.get("schema")


def _request_schema(operation: Mapping[str, Any]) -> Mapping[str, Any] | None:
    if "requestBody" in operation:
        return _content(operation["requestBody"])
    return next((parameter["schema"] for parameter in operation.get("parameters", ()) if parameter["in"] == "body"), None)


def _relaxed(node: Any) -> Any:
    """The schema in JSON Schema's words: `nullable` spelled out, and "object" without anything further understood as "any value"."""
    if isinstance(node, list):
        return [_relaxed(item) for item in node]
    if not isinstance(node, dict):
        return node
    if node.get("type") == "object" and not {"properties", "additionalProperties", "required"}.intersection(node):
        return {}
    relaxed = {key: _relaxed(value) for key, value in node.items()}
    if node.get("nullable") is True:
        return {"anyOf": [{"type": "null"}, {key: value for key, value in relaxed.items() if key != "nullable"}]}
    return relaxed


def _without_nulls(body: Any) -> Any:
    if isinstance(body, dict):
        return {key: _without_nulls(value) for key, value in body.items() if value is not None}
    if isinstance(body, list):
        return [_without_nulls(item) for item in body]
    return body


def _reason(error: jsonschema_rs.ValidationError) -> str:
    """Where and why, with the reason of each alternative if there are several."""
    alternatives = (cause for causes in getattr(error.kind, "context", ()) for cause in causes)
    reasons = [error.message, *sorted({_reason(cause) for cause in alternatives})]
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in error.instance_path)
    return f"${path}: {'; '.join(reasons)}"
