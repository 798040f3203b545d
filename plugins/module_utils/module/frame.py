# SPDX-License-Identifier: GPL-3.0-or-later
"""The frame of every module: options in, an operation, result out. The only place where modules end, fail and look at check mode.

It needs the standard library and Ansible only, since some modules run on the hosts of nodes; run.py adds the connection to an API.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Callable

from ansible.module_utils.basic import AnsibleModule, _load_params

from ..model import inputs
from ..model.change import Change
from ..model.errors import CrossClusterError, InvalidDeclaration, RequestFailed


@dataclass(frozen=True)
class Outcome:
    """What a module has found and would change.

    change: what differs, None when nothing does.
    result: what is returned when nothing is changed, and in check mode.
    apply: makes the change and returns the result then.
    warnings: what the user has to know, changed or not.
    """

    change: Change | None
    result: dict[str, Any]
    apply: Callable[[Change], dict[str, Any]] = lambda change: {}
    warnings: Sequence[str] = ()


def run_on_node(
    work: Callable[[dict[str, Any], bool], Outcome],
    *,
    argument_spec: Mapping[str, Any],
    problems: Callable[[dict[str, Any]], list[str]] = lambda params: [],
    **rules: Any,
) -> None:
    """Run a module that works on its host and has no connection to any API, with the standard library alone.

    work: gets the options and whether nothing may be written (check mode), reads and plans.
    problems, rules: as for ``run``.
    """
    module = AnsibleModule(argument_spec=dict(argument_spec), supports_check_mode=True, **rules)
    end(module, lambda: work(module.params, module.check_mode), lambda: problems(module.params), {})


def failure(error: CrossClusterError) -> dict[str, Any]:
    """A failure for playbooks: ``failure`` with kind, message, remedy and, of a request, status and code."""
    details: dict[str, Any] = {"kind": type(error).__name__, "message": error.message, "remedy": error.remedy}
    if isinstance(error, RequestFailed):
        details.update(status=error.status, code=error.code)
    return {"failure": details}


def end(module: AnsibleModule, plan: Callable[[], Outcome], problems: Callable[[], list[str]], log: dict[str, Any]) -> None:
    """Run what was planned and end the module. log: what is returned besides, whatever comes out."""
    result, error = _attempt(module, plan, problems)
    # Not inside the handler: fail_json would add a traceback, as if a mistake of the user were one of the module.
    if error:
        module.fail_json(msg=str(error), **failure(error), **log)
    module.exit_json(**result, **log)


def _attempt(*arguments: Any) -> tuple[dict[str, Any], CrossClusterError | None]:
    try:
        return _result(*arguments), None
    except CrossClusterError as error:
        return {}, error


def _result(module: AnsibleModule, plan: Callable[[], Outcome], problems: Callable[[], list[str]]) -> dict[str, Any]:
    found = _values(module) or problems()
    if found:
        raise InvalidDeclaration(found)
    outcome = plan()
    for text in outcome.warnings:
        module.warn(text)
    if outcome.change is None:
        return {"changed": False, **outcome.result}
    result = outcome.result if module.check_mode else outcome.apply(outcome.change)
    return {"changed": True, "diff": outcome.change.diff(), **result}


def _values(module: AnsibleModule) -> list[str]:
    """What is wrong with the values, both as Ansible was given them and as it has read them."""
    given = {**module.params, **{name: value for name, value in _load_params().items() if value is not None}}
    return list(dict.fromkeys(text for values in (given, module.params) for text in inputs.problems(module.argument_spec, values)))
