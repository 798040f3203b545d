# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules for all files of the repository."""

from __future__ import annotations

import re
from pathlib import PurePath

import pytest
import yaml

from tree.rules import gives_reasons_for_exceptions, names_what_it_ignores
from tree.source import files, python_files, read

LICENSED = {".py", ".yml", ".yaml", ".java", ".toml", ".ini", ".sh", ".j2", ".cfg"}
LICENSED_NAMES = {"Makefile", ".ci/run", ".ansible-lint", ".yamllint"}
GENERATED = ("changelogs/changelog.yaml", "changelogs/fragments/")
LICENCE_WITHIN_LINES = 6
# Written so that this file does not match itself.
FOREIGN = re.compile(
    r"[/](?:work|root|opt[/]wheels|tmp[/]brief)[/]|[.][.][/]shared|pypi[.]|registry[.]npmjs|repo1?[.]maven|proxy[.]golang|index[-]url"
)


def text_files():
    for name in files():
        try:
            yield name, read(name)
        except UnicodeDecodeError:
            continue


def missing_licences(sources):
    """Names of the files that state no licence in their first lines."""
    return [
        name
        for name, text in sources
        if (PurePath(name).suffix in LICENSED or name in LICENSED_NAMES)
        and not name.startswith(GENERATED)
        and "SPDX-License-Identifier: GPL-3.0-or-later" not in "".join(text.splitlines(keepends=True)[:LICENCE_WITHIN_LINES])
    ]


def foreign_references(sources):
    """Lines that name a folder of one machine, a package registry or something outside the repository."""
    return [
        f"{name}:{number}: {line.strip()[:120]}"
        for name, text in sources
        for number, line in enumerate(text.splitlines(), 1)
        if FOREIGN.search(line)
    ]


def group_problems(groups, modules):
    """Modules that are not in exactly one action group, and members that are no modules. Modules of nodes have no connection to share."""
    members = [member for names in groups.values() for member in names]
    wanted = {name for name in modules if not name.startswith("node_")}
    return [f"{name} is in {members.count(name)} groups" for name in sorted(wanted) if members.count(name) != 1] + [
        f"{name} is in a group and no module of one" for name in sorted(set(members) - wanted)
    ]


def modules():
    return [PurePath(name).stem for name in python_files("plugins/modules/") if PurePath(name).stem != "__init__"]


def test_every_source_file_states_its_licence():
    assert missing_licences(text_files()) == []


def test_missing_licence_is_reported():
    assert missing_licences([("plugins/a.py", "x = 1\n"), ("README.md", ""), ("Makefile", "all:\n")]) == ["plugins/a.py", "Makefile"]


def test_nothing_refers_to_one_machine_or_to_a_registry():
    assert foreign_references(text_files()) == []


@pytest.mark.parametrize("words", [("cd", "work", "main"), ("see ..", "shared"), ("https:", "opt", "wheels", "a"), ("", "root", "a")])
def test_reference_to_one_machine_is_reported(words):
    line = "/".join(words)
    assert foreign_references([("docs/a.md", f"first\n{line}\n")]) == [f"docs/a.md:2: {line}"]


def test_every_module_is_in_exactly_one_action_group():
    assert group_problems(yaml.safe_load(read("meta/runtime.yml"))["action_groups"], modules()) == []


def test_there_are_the_modules_of_a_link_from_platform_to_platform():
    assert set(modules()) >= {
        "cross_cluster_api_key",
        "cross_cluster_api_key_info",
        "deployment_info",
        "deployment_keystore",
        "deployment_restart",
        "elasticsearch_info",
        "links",
        "remote_cluster",
        "remote_cluster_info",
        "secure_settings_reload",
        "security_role",
    }


def test_wrong_action_group_is_reported():
    groups = {"cloud": ["deployment_info", "gone"], "elasticsearch": ["deployment_info", "role"]}
    assert group_problems(groups, ["deployment_info", "links", "node_keystore", "role"]) == [
        "deployment_info is in 2 groups",
        "links is in 0 groups",
        "gone is in a group and no module of one",
    ]


def test_no_sanity_test_is_ignored():
    assert [name for name in files() if name.startswith("tests/sanity/ignore")] == []


@pytest.mark.parametrize("rule", [gives_reasons_for_exceptions, names_what_it_ignores], ids=lambda rule: rule.__name__)
def test_all_python_files_keep_the_rule(rule):
    names = python_files("plugins/", "tests/")
    assert [f"{name}: {problem}" for name in names for problem in rule(name, read(name))] == []


def test_shell_scripts_are_executable_with_a_line_that_names_their_shell():
    assert read(".ci/run").startswith("#!/usr/bin/env bash\n")
