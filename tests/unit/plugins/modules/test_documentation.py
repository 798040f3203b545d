# SPDX-License-Identifier: GPL-3.0-or-later
"""What all modules have in common in their documentation. The options themselves are compared by validate-modules."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[4]
PREFIX = "crosscluster.elastic."
NAMES = sorted(path.stem for path in (ROOT / "plugins" / "modules").glob("[a-z]*.py") if path.stem != "links")
FRAGMENTS = "ansible_collections.crosscluster.elastic.plugins.doc_fragments."


def documentation(name):
    module = import_module(f"ansible_collections.crosscluster.elastic.plugins.modules.{name}")
    return [yaml.safe_load(text) for text in (module.DOCUMENTATION, module.EXAMPLES, module.RETURN)]


def options(name):
    """Options of the module and of its fragments."""
    described = documentation(name)[0]
    found = dict(described.get("options") or {})
    for fragment in described["extends_documentation_fragment"]:
        stem, _dot, part = fragment[len(PREFIX) :].partition(".")
        content = getattr(import_module(FRAGMENTS + stem).ModuleDocFragment, part.upper() or "DOCUMENTATION")
        found.update(yaml.safe_load(content)["options"])
    return found


def groups():
    content = yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text())
    return {name: group for group, names in content["action_groups"].items() for name in names}


def test_there_are_modules():
    assert len(NAMES) >= 10


@pytest.mark.parametrize("name", NAMES)
def test_examples_use_options_that_exist_and_all_that_are_required(name):
    known = options(name)
    tasks = [task for task in documentation(name)[1] if PREFIX + name in task]
    assert tasks
    for task in tasks:
        given = set(task[PREFIX + name])
        required = {option for option, described in known.items() if described.get("required")}
        assert task["name"] and required <= given <= set(known)


@pytest.mark.proves("R155")
def test_certificates_are_verified_unless_a_task_says_otherwise():
    verifying = [described["validate_certs"] for described in map(options, NAMES) if "validate_certs" in described]
    assert len(verifying) > 10 and all(option["default"] is True for option in verifying)


@pytest.mark.parametrize("name", NAMES)
def test_failures_are_documented_alike(name):
    assert documentation(name)[2]["failure"] == documentation(NAMES[0])[2]["failure"]


@pytest.mark.parametrize("name", NAMES)
def test_everything_that_is_returned_is_described(name):
    def check(returned):
        for described in returned.values():
            assert described["description"] and described["returned"] and described["type"]
            assert described["type"] != "list" or described["elements"]
            check(described.get("contains") or {})

    check(documentation(name)[2])


@pytest.mark.parametrize("name", [name for name in NAMES if not name.startswith("node_")])
def test_the_action_group_is_the_one_of_the_connection(name):
    fragments = documentation(name)[0]["extends_documentation_fragment"]
    group = groups()[name]
    assert f"{PREFIX}{group}" in fragments and f"{PREFIX}attributes.{group}_group" in fragments


@pytest.mark.parametrize("name", [name for name in NAMES if name.endswith("_info")])
def test_info_modules_say_that_they_change_nothing(name):
    assert f"{PREFIX}attributes.info" in documentation(name)[0]["extends_documentation_fragment"]
