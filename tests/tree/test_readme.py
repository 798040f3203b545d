# SPDX-License-Identifier: GPL-3.0-or-later
"""The README says what is there."""

from __future__ import annotations

import re
from pathlib import PurePath

import pytest

from tree import readme
from tree.source import files, read


def test_tables_equal_the_tree():
    assert readme.with_tables(read("README.md"), readme.tables()) == read("README.md"), "make docs writes the tables"


def test_every_role_states_its_options():
    folders = {PurePath(name).parts[1] for name in files() if name.startswith("roles/")}
    assert folders == set(readme.roles())


def test_tables_have_rows():
    assert len(readme.modules()) >= 11
    assert set(readme.roles()) >= {"links"}
    assert set(readme.playbooks()) >= {"ece_to_ech", "verify"}


def test_commands_in_the_readme_are_targets_of_the_makefile():
    targets = set(re.findall(r"^([a-z-]+):", read("Makefile"), re.MULTILINE))
    assert set(re.findall(r"\bmake ([a-z-]+)", read("README.md"))) - {"sure"} <= targets


def test_table_is_replaced_between_its_markers():
    text = "a\n<!-- modules -->\nold\n<!-- /modules -->\nb\n"
    assert readme.with_tables(text, {"modules": "new"}) == "a\n<!-- modules -->\nnew\n<!-- /modules -->\nb\n"


def test_missing_marker_is_an_error():
    with pytest.raises(LookupError, match="roles"):
        readme.with_tables("nothing", {"roles": "x"})
