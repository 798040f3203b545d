# SPDX-License-Identifier: GPL-3.0-or-later
"""What modules get for free and actions have to do by themselves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ..model import inputs
from ..model.errors import InvalidDeclaration


def validated(spec: Mapping[str, Any], given: Mapping[str, Any], **rules: Any) -> dict[str, Any]:
    """The options of an action, which nobody else checks: as they are written, since Ansible turns a list into the text that Python
    prints for it, and as Ansible has read them. Raises InvalidDeclaration.
    """
    as_given = inputs.problems(spec, {name: value for name, value in given.items() if value is not None})
    result = ArgumentSpecValidator(dict(spec), **rules).validate(dict(given))
    found = result.error_messages or as_given or inputs.problems(spec, result.validated_parameters)
    if found:
        raise InvalidDeclaration(found)
    return result.validated_parameters
