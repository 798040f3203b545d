# SPDX-License-Identifier: GPL-3.0-or-later
"""The role says of its variables what the module says of its options."""

from __future__ import annotations

import yaml

from ansible_collections.crosscluster.elastic.plugins.module_utils.module.links_options import LINKS
from tree import argument_specs

SPEC = yaml.safe_load(argument_specs.TARGET.read_text())["argument_specs"]["main"]["options"]


def names(options: dict, below: str) -> set[str]:
    """Dotted names of all options."""
    found = set()
    for name, option in options.items():
        found |= {name} | {f"{name}.{inner}" for inner in names(option.get(below) or {}, below)}
    return found


def secrets(options: dict) -> set[str]:
    """Dotted names of the options that are secret."""
    found = {name for name, option in options.items() if option.get("no_log")}
    return found | {f"{name}.{inner}" for name, option in options.items() for inner in secrets(option.get("options") or {})}


def test_the_file_is_what_the_modules_documentation_says():
    assert argument_specs.TARGET.read_text() == argument_specs.render(), "run: make docs"


def test_each_option_of_a_list_is_an_option_of_the_action():
    for option, variable in argument_specs.VARIABLES.items():
        assert names({option: LINKS[option]}, "options") == {
            name.replace(variable, option, 1) for name in names({variable: SPEC[variable]}, "options")
        }


def test_every_secret_of_the_action_is_a_secret_of_the_role():
    expected = {name.replace(name.split(".")[0], argument_specs.VARIABLES[name.split(".")[0]], 1) for name in secrets(LINKS)}
    assert expected
    assert expected <= secrets(SPEC)
