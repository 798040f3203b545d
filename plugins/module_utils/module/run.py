# SPDX-License-Identifier: GPL-3.0-or-later
"""Modules that talk to an API, from the controller."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Callable

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from ..api.session import REQUESTS_MISSING, Transport
from .frame import Outcome, end, failure
from .options import shared_problems, transport_for

__all__ = ["Outcome", "failure", "run"]


def run(
    work: Callable[[dict[str, Any], Transport], Outcome],
    *,
    argument_spec: Mapping[str, Any],
    problems: Callable[[dict[str, Any]], list[str]] = lambda params: [],
    **rules: Any,
) -> None:
    """Run a module.

    work: gets the options and a transport, reads and plans.
    problems: what is wrong with the options beyond their specification; nothing is read when there is any.
    rules: required_one_of and the like.
    """
    module = AnsibleModule(argument_spec=dict(argument_spec), supports_check_mode=True, **rules)
    if REQUESTS_MISSING:
        module.fail_json(msg=missing_required_lib("requests"), exception=REQUESTS_MISSING)
    requests_made: list[str] = []
    end(
        module,
        lambda: work(module.params, transport_for(module.check_mode, requests_made.append)),
        lambda: shared_problems(module.params) + problems(module.params),
        {"requests": requests_made} if module._verbosity >= 3 else {},
    )
