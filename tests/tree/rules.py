# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules of the layers: each takes a file's path and source text and returns what breaks the rule, as `line N: ...`."""

from __future__ import annotations

import ast
import io
import re
import sys
import tokenize
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import PurePath

from tree.source import imports

Rule = Callable[[str, str], list[str]]

LONGEST_MODULE = 60
DOCUMENTATION = {"DOCUMENTATION", "EXAMPLES", "RETURN"}
HTTP_STATUS = {
    200,
    201,
    202,
    204,
    301,
    302,
    304,
    307,
    308,
    400,
    401,
    403,
    404,
    405,
    408,
    409,
    410,
    412,
    413,
    415,
    422,
    423,
    429,
    449,
    500,
    501,
    502,
    503,
    504,
}
SESSION = "plugins/module_utils/api/session.py"


@dataclass(frozen=True)
class Layer:
    """What a layer may import: layers of ours, and packages besides the standard library."""

    ours: frozenset[str]
    packages: frozenset[str] = frozenset()


_LIBRARY = ("model", "node", "pki", "api", "operations", "fleet")  # each may import itself and those before it
_TOP = frozenset({*_LIBRARY, "module"})
LAYERS = {
    "model": Layer(frozenset({"model"})),
    "node": Layer(frozenset({"model", "node"})),
    "pki": Layer(frozenset({"model", "pki"}), frozenset({"cryptography"})),
    "api": Layer(frozenset({"model", "api"})),
    "operations": Layer(frozenset({"model", "node", "pki", "api", "operations"})),
    "fleet": Layer(frozenset(_LIBRARY)),
    "module": Layer(_TOP, frozenset({"ansible"})),
    "modules": Layer(_TOP, frozenset({"ansible"})),
    "action": Layer(_TOP, frozenset({"ansible"})),
    "inventory": Layer(_TOP, frozenset({"ansible"})),
    "doc_fragments": Layer(frozenset()),
}


def layer_of(path: str) -> str:
    """The layer of a file: its folder below `plugins/module_utils/`, or below `plugins/`."""
    parts = PurePath(path).parts
    return parts[2] if parts[1] == "module_utils" and len(parts) > 3 else parts[1]


def imports_only_what_its_layer_may(path: str, source: str) -> list[str]:
    """One direction: model <- api <- operations <- fleet <- module, modules, action; other packages only where they belong."""
    layer = LAYERS.get(layer_of(path))
    if layer is None:
        return [f"line 1: {path} is in no known layer"]
    packages = layer.packages | ({"requests", "urllib3"} if path == SESSION else set())
    problems = []
    for found in imports(path, source):
        if found.ours is not None:
            target = layer_of(found.ours.replace(".", "/"))
            if target not in layer.ours:
                problems.append(f"line {found.line}: {layer_of(path)} imports {target}")
        elif found.top not in sys.stdlib_module_names | packages:
            problems.append(f"line {found.line}: {layer_of(path)} imports {found.top}")
    return problems


def guards_optional_libraries(path: str, source: str) -> list[str]:
    """A missing library is reported as a task's error, so its import may not end the process."""
    optional = {"requests", "urllib3", "cryptography"}
    return [
        f"line {found.line}: {found.top} is imported outside `try ... except ImportError`"
        for found in imports(path, source)
        if found.top in optional and not found.guarded
    ]


def knows_no_http_status(path: str, source: str) -> list[str]:
    """Operations and the engine handle typed errors; numbers of HTTP end in the clients."""
    if layer_of(path) not in ("operations", "fleet", "module", "modules", "action"):
        return []
    by_name = [f"line {found.line}: imports {found.module}" for found in imports(path, source) if found.top == "http"]
    compared = [
        f"line {node.lineno}: compares with an HTTP status: {ast.unparse(node)}"
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Compare) and _compares_status(node)
    ]
    matched = [
        f"line {node.value.lineno}: matches an HTTP status"
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.MatchValue) and _numbers(node.value) & HTTP_STATUS
    ]
    return by_name + compared + matched


def _compares_status(node: ast.Compare) -> bool:
    about_status = any("status" in name.lower() for operand in (node.left, *node.comparators) for name in _names(operand))
    numbers = {number for operand in (node.left, *node.comparators) for number in _numbers(operand)}
    exact = all(isinstance(operator, (ast.Eq, ast.NotEq, ast.In, ast.NotIn)) for operator in node.ops)
    return bool(numbers and about_status) or bool(numbers & HTTP_STATUS and exact)


def _numbers(node: ast.AST) -> set[int]:
    return {inner.value for inner in ast.walk(node) if isinstance(inner, ast.Constant) and isinstance(inner.value, int)}


def _names(node: ast.AST) -> Iterator[str]:
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name):
            yield inner.id
        elif isinstance(inner, ast.Attribute):
            yield inner.attr


def catches_named_errors_only(_path: str, source: str) -> list[str]:
    """A blind `except` makes a mistake of ours look like trouble of the server."""
    return [
        f"line {node.lineno}: catches everything"
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.ExceptHandler) and (node.type is None or {"Exception", "BaseException"} & set(_names(node.type)))
    ]


def asserts_nothing(_path: str, source: str) -> list[str]:
    """Python may run without assertions, so nothing may depend on one."""
    return [f"line {node.lineno}: assert" for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Assert)]


def gives_reasons_for_exceptions(_path: str, source: str) -> list[str]:
    """`# noqa` and its like name the rule and, after a dash or in a second comment, why it does not fit here."""
    marks = re.compile(r"#\s*(noqa|nosec|pylint:\s*disable)")
    reasoned = re.compile(r"#\s*(noqa:|pylint:\s*disable=)\s*[\w, -]+?\s+(-|#)+\s*\w.{8,}")
    return [
        f"line {token.start[0]}: exception without a reason: {token.string}"
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type == tokenize.COMMENT and marks.search(token.string) and not reasoned.search(token.string)
    ]


def fails_in_one_place(path: str, source: str) -> list[str]:
    """Only `module/` ends a module; everything else raises."""
    if layer_of(path) == "module":
        return []
    return [
        f"line {node.lineno}: {node.attr}"
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Attribute) and node.attr.startswith("fail_json")
    ]


def is_a_thin_module(path: str, source: str) -> list[str]:
    """A module states options and calls an operation: no loops, few lines."""
    if layer_of(path) != "modules":
        return []
    loops = [
        f"line {node.lineno}: loop in a module"
        for node in ast.walk(ast.parse(source))
        if isinstance(node, (ast.For, ast.While, ast.AsyncFor))
    ]
    length = code_lines(source)
    return loops + ([f"line 1: {length} lines of code, more than {LONGEST_MODULE}"] if length > LONGEST_MODULE else [])


def code_lines(source: str) -> int:
    """Lines with code outside the documentation strings; comments and empty lines do not count."""
    assignments = [node for node in ast.parse(source).body if isinstance(node, ast.Assign)]
    documentation = {
        line
        for node in assignments
        if DOCUMENTATION & set(_names(node.targets[0]))
        for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    }
    without_code = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    lines = {line for token in tokens if token.type not in without_code for line in range(token.start[0], token.end[0] + 1)}
    return len(lines - documentation)


def documents_in_plain_strings(path: str, source: str) -> list[str]:
    """Tools read the documentation of fragments without running them, so nothing in it may be computed."""
    if layer_of(path) != "doc_fragments":
        return []
    statements = [statement for node in ast.parse(source).body if isinstance(node, ast.ClassDef) for statement in node.body]
    return [
        f"line {statement.lineno}: documentation is computed"
        for statement in statements
        if isinstance(statement, ast.Assign) and not isinstance(statement.value, ast.Constant)
    ]


def names_what_it_ignores(_path: str, source: str) -> list[str]:
    """The sanity tests refuse the name `_`; `_name` says what is ignored."""
    return sorted(
        {
            f"line {node.lineno}: the name _"
            for node in ast.walk(ast.parse(source))
            if isinstance(node, ast.Name) and node.id == "_" and isinstance(node.ctx, ast.Store)
        }
    )


RULES: tuple[Rule, ...] = (
    imports_only_what_its_layer_may,
    guards_optional_libraries,
    knows_no_http_status,
    catches_named_errors_only,
    asserts_nothing,
    gives_reasons_for_exceptions,
    fails_in_one_place,
    is_a_thin_module,
    documents_in_plain_strings,
    names_what_it_ignores,
)
