# SPDX-License-Identifier: GPL-3.0-or-later
"""What of an answer must agree: fields and types, truth values, and the words of errors. Identifiers, times and numbers may differ."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from differential import refusals

# Texts that are part of the meaning of an answer; other texts only have a type.
_MEANT = frozenset(
    {
        "additional_unsuccessful_credentials",
        "alias",
        "authentication_type",
        "error",
        "indices",
        "invalidated",
        "lookup_realm",
        "mode",
        "reason",
        "relation",
        "result",
        "status",
        "type",
        "username",
    }
)
# Texts of Java's libraries, of which the simulated clusters say less.
_WORDS = (
    (r"\[\d+:\d+\]", "[line:column]"),
    (r"127\.\d+\.\d+\.\d+", "ADDRESS"),
    (r"(privilege names|indices privileges) \[.*\] or", r"\1 [..] or"),
    (r"(expected close marker for Object).*", r"\1"),
    (r" in hosts file .*", ""),
)


def shape(value: Any, names: Mapping[str, str], key: str = "") -> Any:
    """The shape of a JSON value. `names` replaces identifiers, as keys and within texts."""
    if isinstance(value, dict):
        return refusals.of_error({normalised(name, names): shape(item, names, name) for name, item in sorted(value.items())})
    if isinstance(value, list):
        shapes = [shape(item, names, key) for item in value]
        return [item for number, item in enumerate(shapes) if item not in shapes[:number]]
    if isinstance(value, str):
        text = normalised(value, names)
        return (refusals.of_reason(text) or text) if key in _MEANT else "a text"
    if value is None or isinstance(value, bool):
        return value
    return "a number"


def normalised(text: str, names: Mapping[str, str]) -> str:
    for name, stands_for in names.items():
        text = text.replace(name, stands_for)
    for pattern, replacement in _WORDS:
        text = re.sub(pattern, replacement, text, flags=re.DOTALL)
    return text
