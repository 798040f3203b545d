# SPDX-License-Identifier: GPL-3.0-or-later
"""Modules, the action and the role, called in this process: thousands of calls take seconds."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout
from functools import cache
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import yaml
from ansible.errors import AnsibleError
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.testing import patch_module_args
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template

PLUGINS = "ansible_collections.crosscluster.elastic.plugins"
ROOT = Path(__file__).resolve().parents[2]
_GROUPS = yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text())["action_groups"]
MODULES = sorted({name for group in _GROUPS.values() for name in group} - {"links"})
"""Those that talk to an API."""
ROLES = ROOT / "roles"
OnHost = Callable[[str, Mapping[str, Any]], dict[str, Any]]
DEFECTS = (ArithmeticError, AttributeError, LookupError, OSError, RuntimeError, TypeError, ValueError)
"""What nothing may end with: Ansible would show it as a traceback."""


@cache
def specification(module: str) -> dict[str, Any]:
    """The argument specification that a module gives to its frame."""
    found: dict[str, Any] = {}
    imported = import_module(f"{PLUGINS}.modules.{module}")
    frame = "run" if module in MODULES else "run_on_node"
    with patch.object(imported, frame, lambda _work, **arguments: found.update(arguments)):
        imported.main()
    return found["argument_spec"]


def example(module: str) -> dict[str, Any]:
    """The options of the first example of a module."""
    tasks = yaml.safe_load(import_module(f"{PLUGINS}.modules.{module}").EXAMPLES)
    return next(task[f"crosscluster.elastic.{module}"] for task in tasks if f"crosscluster.elastic.{module}" in task)


def call_module(module: str, options: Mapping[str, Any], check: bool) -> dict[str, Any]:
    """What a module prints, or the exception that it has not handled."""
    output = io.StringIO()
    arguments = {**options, "_ansible_check_mode": check}
    with patch_module_args(arguments), redirect_stdout(output):
        try:
            import_module(f"{PLUGINS}.modules.{module}").main()
        except SystemExit:
            return json.loads(output.getvalue())
        except DEFECTS as error:
            return {"failed": True, "exception": repr(error)}
    raise AssertionError(f"{module} ended without a result")


def call_action(options: Mapping[str, Any], check: bool, name: str = "links", on_host: OnHost | None = None) -> dict[str, Any]:
    """What an action returns. on_host: called for a module that it runs on the host, with its name and its arguments."""
    task = SimpleNamespace(args=dict(options), check_mode=check, async_val=0, environment=None, action=f"crosscluster.elastic.{name}")
    connection = SimpleNamespace(_shell=SimpleNamespace(tmpdir="unused", env_prefix=lambda **_variables: ""))
    templar = Templar(loader=DataLoader(), variables={})
    action = import_module(f"{PLUGINS}.action.{name}").ActionModule(task, connection, SimpleNamespace(), DataLoader(), templar, None)
    action._execute_module = lambda module, arguments, **_more: on_host(module, arguments)
    try:
        return action.run(task_vars={})
    except AnsibleError as error:
        return {"failed": True, "msg": str(error)}
    except DEFECTS as error:
        return {"failed": True, "exception": repr(error)}


@cache
def role_specification(role: str = "links") -> dict[str, Any]:
    return yaml.safe_load((ROLES / role / "meta" / "argument_specs.yml").read_text())["argument_specs"]["main"]["options"]


@cache
def _role_file(folder: str, role: str = "links", name: str = "main") -> Any:
    return DataLoader().load_from_file(str(ROLES / role / folder / f"{name}.yml"), trusted_as_template=True)


def call_role(variables: Mapping[str, Any]) -> dict[str, Any]:
    """What the first task of the role that fails returns: the one that Ansible adds to validate the variables, or the action."""
    defaults, own, tasks = (_role_file(folder) for folder in ("defaults", "vars", "tasks"))
    known = {"groups": {"all": []}, "hostvars": {}, "group_names": [], **defaults, **variables, **own}
    validated = ArgumentSpecValidator(role_specification()).validate({name: known[name] for name in role_specification() if name in known})
    if validated.error_messages:
        return {"failed": True, "msg": "; ".join(validated.error_messages)}
    templates = tasks[0]["module_defaults"]["group/crosscluster.elastic.links"]
    try:
        options = Templar(loader=DataLoader(), variables=known).template(templates)
    except AnsibleError as error:
        return {"failed": True, "msg": str(error)}
    return call_action({**options, "steps": ["check"]}, True)


def role_refusals(role: str, variables: Mapping[str, Any]) -> list[str]:
    """What a role says of its variables before it does anything: by its specification, else by the first task of its check.yml."""
    spec = role_specification(role)
    known = {**_role_file("defaults", role), **variables}
    validated = ArgumentSpecValidator(spec).validate({name: known[name] for name in spec if name in known})
    path = ROLES / role / "tasks" / "check.yml"
    if validated.error_messages or not path.exists():
        return validated.error_messages
    checks = next(task for task in _role_file("tasks", role, "check") if "vars" in task)["vars"]
    (name,) = checks
    everything = {**known, **validated.validated_parameters, **_role_file("vars", role), **checks}
    return Templar(loader=DataLoader(), variables=everything).template(
        trust_as_template(f"{{{{ {name} | rejectattr('that') | map(attribute='or') | list }}}}")
    )
