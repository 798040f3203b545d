# SPDX-License-Identifier: GPL-3.0-or-later
"""Which calls to Elasticsearch the collection can make, read from the source of its client, and which of them the sequence lacks."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

CLIENT = Path(__file__).resolve().parents[2] / "plugins" / "module_utils" / "api" / "elasticsearch.py"
_SENDS = frozenset({"read", "write", "write_once"})
_SESSION = "self._session"


@dataclass(frozen=True)
class Sent:
    """A request that the client can send: by which of its methods, and as what."""

    by: str
    method: str
    path: re.Pattern[str]

    def __str__(self) -> str:
        return f"{self.by}: {self.method} {self.path.pattern}"


def uncovered(source: str, made: Iterable[tuple[str, str]]) -> list[str]:
    """Calls in the source of a client that are not among those made, which are methods and paths without query."""
    known = set(made)
    return [str(sent) for sent in calls(source) if not any(method == sent.method and sent.path.fullmatch(path) for method, path in known)]


def calls(source: str) -> list[Sent]:
    """All requests in the source of a client. Raises ValueError for one that cannot be read from it."""
    functions = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)]
    return [sent for function in functions for sent in _sent_by(function)]


def _sent_by(function: ast.FunctionDef) -> Iterator[Sent]:
    assigned = {
        target.id: node.value
        for node in ast.walk(function)
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and _is_of_session(node.func):
            method, path = (assigned.get(item.id, item) if isinstance(item, ast.Name) else item for item in node.args[:2])
            yield Sent(function.name, _pattern(method), re.compile(_pattern(path)))


def _is_of_session(function: ast.expr) -> bool:
    """Whether a call goes to the session. Raises ValueError where it does in a way that is not known here."""
    if not isinstance(function, ast.Attribute) or ast.unparse(function.value) != _SESSION:
        return False
    if function.attr not in _SENDS:
        raise ValueError(f"line {function.lineno} of the client: {ast.unparse(function)} is not one of {sorted(_SENDS)}")
    return True


def _pattern(text: ast.expr) -> str:
    """A text as a regular expression: what is filled in may be anything but a slash."""
    if isinstance(text, ast.Constant):
        return re.escape(str(text.value))
    if isinstance(text, ast.JoinedStr):
        return "".join(_pattern(part) if isinstance(part, ast.Constant) else "[^/]+" for part in text.values)
    raise ValueError(f"line {text.lineno} of the client: {ast.unparse(text)} is neither a text nor an f-string")
