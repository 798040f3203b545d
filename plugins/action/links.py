# Copyright: the crosscluster.elastic authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine for many links as a task. It works in the controller, whatever the host's connection; modules/links.py documents it.

What modules get for free is done here: options are validated, the task's environment is honoured (it does not reach an action by
itself), and results are freed from secrets (those of actions are not censored).
"""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.module_utils.basic import missing_required_lib
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.common.parameters import remove_values
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ..module_utils.api.session import REQUESTS_MISSING, Transport
from ..module_utils.fleet.engine import Limits, Result, run_links
from ..module_utils.fleet.steps import CREDENTIALS
from ..module_utils.model import inputs
from ..module_utils.model.declaration import ABSENT, PRESENT, Declaration, declare
from ..module_utils.model.errors import CrossClusterError, InvalidDeclaration
from ..module_utils.module.links_options import LINKS
from ..module_utils.module.run import failure

display = Display()


class ActionModule(ActionBase):
    """Action of the task ``crosscluster.elastic.links``."""

    _supports_check_mode = True
    _supports_async = False
    _requires_connection = False
    TRANSFERS_FILES = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Validate, run the engine, report."""
        super().run(tmp, task_vars)
        if REQUESTS_MISSING:
            raise AnsibleActionFail(missing_required_lib("requests"))
        options = {name: value if name == "run" else _given(value) for name, value in self._task.args.items()}
        secrets: set[str] = set()
        try:
            _refuse(inputs.problems(LINKS, options))
            validated = ArgumentSpecValidator(LINKS).validate(options)
            secrets = validated._no_log_values
            _refuse(validated.error_messages or inputs.problems(LINKS, validated.validated_parameters))
            result = self._run(validated.validated_parameters)
        except CrossClusterError as error:
            result = {"failed": True, "msg": str(error), **failure(error)}
        return remove_values(result, secrets)

    def _run(self, params: dict[str, Any]) -> dict[str, Any]:
        registry = (params["platforms"], params["clusters"])
        declaration = declare(*registry, params["links"], params["defaults"], params["state"], params["nodes"] or ())
        if _hands_credentials_on(declaration, params["steps"]) and not (self._task.no_log or self._task.check_mode):
            raise InvalidDeclaration(
                ["the local cluster of a link is self-managed, so the task returns new keys"], "Set no_log: true on the task"
            )
        environment: dict[str, str] = {}
        self._compute_environment_string(environment)
        transport = Transport(
            read_only=self._task.check_mode,
            environment={**os.environ, **environment},
            pool_size=params["pool"],
            log=display.vvv,
        )
        progress = _Progress()
        outcome = run_links(
            declaration,
            transport,
            selected=params["steps"],
            previous=params["run"],
            limits=Limits(params["pool"], params["wait_timeout"], params["timeout"]),
            tell=progress.tell,
        )
        removed = declaration.state == ABSENT and not self._task.check_mode and CREDENTIALS in params["steps"]
        result = _result(declaration, outcome, params["on_failure"] == "fail", removed)
        predicted = self._task.check_mode or params["steps"] == ["check"]
        for line in _report(result["links"], predicted, _told(params["run"] or {})):
            progress.tell(line)
        return result


def _hands_credentials_on(declaration: Declaration, selected: list[str]) -> bool:
    making = declaration.state == PRESENT and CREDENTIALS in selected
    return making and any(declaration.self_managed(link.local) for link in declaration.links)


def _refuse(problems: list[str]) -> None:
    if problems:
        raise InvalidDeclaration(problems)


def _given(value: Any) -> Any:
    """Options without those that are null: templates have no other way to leave one out of a list of dictionaries."""
    if isinstance(value, dict):
        return {key: _given(item) for key, item in value.items() if item is not None}
    return [_given(item) for item in value] if isinstance(value, list) else value


class _Progress:
    """Says on stderr what goes on, so that machine-read output stays clean; each line once in a row."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last = ""

    def tell(self, line: str) -> None:
        with self._lock:
            if line != self._last:
                display.display(f"links: {line}", stderr=True)
            self._last = line


def _result(declaration: Declaration, outcome: Result, fail: bool, removed: bool) -> dict[str, Any]:
    done = "removed" if removed else "planned"
    links = [_link_result(link, outcome, done) for link in declaration.links]
    result: dict[str, Any] = {
        "changed": outcome.changed,
        "links": links,
        "changes": outcome.changes,
        "run": outcome.run,
        "warnings": outcome.warnings,
        **_for_nodes(declaration, outcome),
        "diff": [
            {"before_header": change["what"], "after_header": change["what"], "before": change["before"], "after": change["after"]}
            for change in outcome.changes
        ],
    }
    if fail and outcome.failed:
        # What is for the next task only would bury the message.
        return {"failed": True, "changed": outcome.changed, "links": links, "msg": _summary(outcome, len(links))}
    return result


def _for_nodes(declaration: Declaration, outcome: Result) -> dict[str, Any]:
    """What has to be brought to the nodes of self-managed local clusters."""
    own = [link for link in declaration.links if declaration.self_managed(link.local)]
    credentials = [
        {"cluster": link.local, "alias": link.alias, "encoded": outcome.credentials[link.id]}
        for link in own
        if link.id in outcome.credentials
    ]
    reloading = {change["link"] for change in outcome.changes if change["action"] == "reload"}
    reload = list(dict.fromkeys(link.local for link in own if link.id in reloading))
    told = {"credentials": credentials, "authorities": outcome.authorities, "reload": reload}
    return {name: value for name, value in told.items() if value}


def _told(run: Mapping[str, Any]) -> list[str]:
    """Messages of failures that an earlier task has shown."""
    return [each["message"] for each in (run.get("failed") or {}).values()]


def _report(links: list[dict[str, Any]], predicted: bool, told: list[str]) -> list[str]:
    """What a person wants to read at the end of the task: changes, proofs and failures of each link, except those told already."""
    lines = []
    for link in links:
        name = f"{link['local']} -> {link['remote']} (alias {link['alias']})"
        lines += [f"{name}: {'would ' if predicted else ''}{change}{'' if predicted else ', done'}" for change in link["changes"]]
        if link["proof"]:
            lines.append(f"{name}: works, {_evidence(link['proof'])}")
        if link["failure"] and link["failure"]["message"] not in told:
            lines.append(f"{name}: FAILED, {link['failure']['message']}")
    return lines


def _evidence(proof: dict[str, Any]) -> str:
    answered = f"search of {proof['search']} {proof['status']}" if proof["search"] else proof["status"]
    if not proof["key"]:
        return answered
    nodes = f"is in use on {', '.join(proof['nodes'])}" if proof["nodes"] else "counts as in use"
    return f"key {proof['key']} {nodes}; {answered}"


def _link_result(link: Any, outcome: Result, done: str) -> dict[str, Any]:
    failed = outcome.failed.get(link.id)
    proof = outcome.proofs.get(link.id)
    return {
        "local": link.local,
        "remote": link.remote,
        "alias": link.alias,
        "status": "failed" if failed else "proven" if proof else done,
        "changes": [f"{change['action']} {change['what']}" for change in outcome.changes if change["link"] == link.id],
        "proof": proof,
        "failure": failed,
    }


def _summary(outcome: Result, total: int) -> str:
    lines = [
        f"{failure['message'].rstrip('.')}. {failure['remedy'].rstrip('.')}.".replace(". .", ".") for failure in outcome.failed.values()
    ]
    return f"{len(outcome.failed)} of {total} links failed. " + " ".join(dict.fromkeys(lines))
