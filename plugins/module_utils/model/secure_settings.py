# SPDX-License-Identifier: GPL-3.0-or-later
"""Secure settings (keystore entries) as a user writes them, and what must be true of them before anything is read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from .inputs import shown
from .keys import problem_of_encoded

_CREDENTIAL = re.compile(r"cluster\.remote\.[^.]+\.credentials\Z")
_NAME = re.compile(r"[A-Za-z0-9_.-]+\Z")
"""What the keystore of Elasticsearch takes."""


def wanted(secrets: Iterable[Mapping[str, Any]], *, present: bool) -> dict[str, Any]:
    """Values by name: text, or a dictionary for a setting that is a JSON file; None for all when they are to be removed."""
    return {entry["name"]: _value(entry["value"]) if present else None for entry in secrets}


def problems(secrets: Iterable[Mapping[str, Any]], *, present: bool) -> list[str]:
    """What is wrong with the entries; the texts hold no values.

    Elasticsearch takes any text as the credential of a remote cluster and fails only when it is used, so its form is checked here.
    """
    entries = list(secrets)
    names = [entry["name"] for entry in entries]
    found = [f"secure setting {name!r} is given more than once" for name in dict.fromkeys(names) if names.count(name) > 1]
    found += [f"secure setting name {shown(name)} has more than letters, digits, _, - and ." for name in names if not _NAME.match(name)]
    if present:
        found += [f"secure setting {entry['name']}: {text}" for entry in entries for text in [_problem(entry)] if text]
    return found


def _problem(entry: Mapping[str, Any]) -> str:
    if isinstance(entry["value"], (bool, float, list)):
        return "value is neither a text nor a dictionary: put a text into quotes"
    value = _value(entry["value"])
    if value in (None, "", {}):
        return "value is missing"
    if not _CREDENTIAL.match(entry["name"]):
        return ""
    problem = "a dictionary is no API key" if isinstance(value, dict) else problem_of_encoded(value)
    return problem and f"value is not a cross-cluster API key: {problem}"


def _value(value: Any) -> Any:
    return value if value is None or isinstance(value, dict) else str(value)
