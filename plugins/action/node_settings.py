# Copyright: the crosscluster.elastic authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings in elasticsearch.yml: read from the host, understood in the controller, which can read YAML, and written as a block.

modules/node_settings.py documents it.
"""

from __future__ import annotations

import base64
from typing import Any

from ansible.errors import AnsibleError
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.action import ActionBase

from ..module_utils.model import node_settings
from ..module_utils.model.errors import CrossClusterError, InvalidDeclaration, Refused
from ..module_utils.module import node_options
from ..module_utils.module.actions import validated
from ..module_utils.module.frame import failure


class ActionModule(ActionBase):
    """Action of the task ``crosscluster.elastic.node_settings``."""

    _supports_check_mode = True
    _supports_async = False
    TRANSFERS_FILES = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Validate, compare, have the block written."""
        super().run(tmp, task_vars)
        try:
            params = validated(node_options.SETTINGS, self._task.args)
            wrong = node_settings.name_problems(params["settings"])
            if wrong:
                raise InvalidDeclaration(wrong)
            return self._run(params, task_vars)
        except CrossClusterError as error:
            return {"failed": True, "msg": str(error), **failure(error)}

    def _run(self, params: dict[str, Any], task_vars: dict[str, Any] | None) -> dict[str, Any]:
        read = self._execute_module("ansible.builtin.slurp", {"src": params["path"]}, task_vars=task_vars)
        if read.get("failed") or read.get("unreachable"):
            return read
        text = base64.b64decode(read["content"]).decode()
        elsewhere = _settings(node_settings.without_block(text, params["name"]), params["path"])
        found = node_settings.conflicts(params["settings"], elsewhere)
        if found:
            raise Refused(
                f"{params['path']} says otherwise outside of the block {params['name']!r}: {'; '.join(found)}",
                "remove these lines, or change what is wanted",
            )
        block = node_settings.block(params["settings"], elsewhere)
        arguments = {
            "path": params["path"],
            "block": block,
            "marker": node_settings.marker(params["name"]),
            "state": "present" if block else "absent",
        }
        written = self._execute_module("ansible.builtin.blockinfile", arguments, task_vars=task_vars)
        return written if written.get("failed") else {name: written[name] for name in ("changed", "diff") if name in written}


def _settings(text: str, path: str) -> dict[str, Any]:
    """The settings in a text, by their full names. Raises InvalidDeclaration."""
    try:
        loaded = DataLoader().load(text, file_name=path, show_content=False) or {}
    except AnsibleError as error:
        raise InvalidDeclaration(
            [f"{path} is not valid YAML: {error.message}"], "repair the file: Elasticsearch cannot read it either"
        ) from error
    if not isinstance(loaded, dict):
        raise InvalidDeclaration([f"{path} holds no settings by name"], "check path")
    return node_settings.flat(loaded)
