# SPDX-License-Identifier: GPL-3.0-or-later
"""What the collection says about itself agrees with itself."""

from __future__ import annotations

import re

import yaml
from packaging.requirements import Requirement

from tree import argument_specs
from tree.source import ROOT, files, python_files, read


def environment():
    return yaml.safe_load(read("meta/execution-environment.yml"))


def requirements():
    """Library -> minimum version, as execution environments install them."""
    lines = [line for line in read("meta/ee-requirements.txt").splitlines() if line and not line.startswith("#")]
    return {requirement.name: str(requirement.specifier).removeprefix(">=") for requirement in map(Requirement, lines)}


def stated_minimums(sources):
    """(file, library, version) for every place of `sources` that states the minimum version of a library."""
    stated = re.compile(r"\b(requests|cryptography)\s*>=\s*(\d[\d.]*\d)")
    return [(name, library, version) for name, text in sources for library, version in stated.findall(text)]


def test_role_takes_the_options_of_the_module():
    assert argument_specs.TARGET.read_text() == argument_specs.render(), "make docs writes the specification"


def test_execution_environment_has_known_keys_and_names_existing_files():
    definition = environment()
    assert set(definition) == {"version", "dependencies"}
    assert definition["version"] == 1
    assert set(definition["dependencies"]) == {"python", "system"}
    assert [path for path in definition["dependencies"].values() if not (ROOT / path).is_file()] == []


def test_requirements_state_one_minimum_each():
    assert set(requirements()) == {"requests", "cryptography"}
    assert [version for version in requirements().values() if not re.fullmatch(r"\d+(\.\d+)+", version)] == []


def test_system_packages_are_in_the_form_that_bindep_reads():
    lines = [line for line in read(environment()["dependencies"]["system"]).splitlines() if line and not line.startswith("#")]
    assert [line for line in lines if not re.fullmatch(r"[\w.+-]+( \[[\w:. !-]+\])?", line)] == []


def test_documented_minimum_versions_are_those_that_are_installed():
    stated = stated_minimums((name, read(name)) for name in [*python_files("plugins/"), "README.md"])
    assert "requests" in {library for _file, library, _version in stated}
    assert [entry for entry in stated if requirements()[entry[1]] != entry[2]] == []


def test_different_minimum_version_is_seen():
    stated = stated_minimums([("a.py", "requests >= 2.1.0, C(cryptography>=41.0.0)")])
    assert stated == [("a.py", "requests", "2.1.0"), ("a.py", "cryptography", "41.0.0")]


def test_oldest_ansible_core_that_is_promised_is_the_one_that_is_tested():
    promised = yaml.safe_load(read("meta/runtime.yml"))["requires_ansible"].removeprefix(">=").rsplit(".", 1)[0]
    assert f"ansible-core=={promised}." in read("tests/requirements-oldest.txt")


def test_every_tool_is_pinned():
    texts = [read(name) for name in files() if name.startswith("tests/requirements")]
    lines = [line.partition(";")[0].strip() for text in texts for line in text.splitlines()]
    assert [line for line in lines if line and not line.startswith(("#", "-r ")) and not re.fullmatch(r"[\w.-]+==[\w.]+", line)] == []
