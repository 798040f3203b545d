# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the result of each task as a line of JSON to the file that CROSSCLUSTER_RECORD names."""

from __future__ import annotations

import json
import os

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: record_results
type: aggregate
short_description: Record results for tests
description: Writes the result of each task as a line of JSON.
requirements: [enabled in the configuration]
"""


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "record_results"
    CALLBACK_NEEDS_ENABLED = True

    def _record(self, result, **more):
        task = getattr(result, "task", None) or result._task
        answer = {**(getattr(result, "result", None) or result._result), **more}
        with open(os.environ["CROSSCLUSTER_RECORD"], "a") as record:
            record.write(json.dumps({"task": task.get_name().split(" : ")[-1], "result": answer}, default=str) + "\n")

    def v2_runner_on_ok(self, result):
        self._record(result)

    def v2_runner_on_failed(self, result, ignore_errors=False):
        self._record(result, failed=True)
