# SPDX-License-Identifier: GPL-3.0-or-later
"""What is promised is shown by a test that says so."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import yaml

TESTS = Path(__file__).resolve().parents[1]
PROMISES = yaml.safe_load((TESTS / "tree" / "requirements.yml").read_text())


def proven(source: str) -> Iterator[str]:
    """The ids in the markers of a test file, wherever they stand: at functions, at classes or as marks of a parameter."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "proves":
            yield from (ast.literal_eval(argument) for argument in node.args)


def test_each_promise_is_shown_by_a_test_and_no_test_names_another():
    shown = {id_ for file in TESTS.rglob("test_*.py") for id_ in proven(file.read_text())}
    assert shown == set(PROMISES)


def test_markers_are_found_at_functions_and_in_parameters():
    source = "@pytest.mark.proves('R1', 'R2')\ndef test(): ...\nROWS = [pytest.param(1, marks=pytest.mark.proves('E03'))]"
    assert list(proven(source)) == ["R1", "R2", "E03"]
