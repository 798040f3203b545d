# SPDX-License-Identifier: GPL-3.0-or-later
"""What the mini cloud gave out for one receiver only, so that tests can look for it anywhere else."""

from __future__ import annotations

import json
from contextlib import suppress

from aiohttp import web

FIELDS = ("token", "encoded")
"""Of a login, and of the creation of an API key."""


class IssuedSecrets:
    """Collects from answers, also from those that were lost on their way. In memory only."""

    def __init__(self) -> None:
        self._found: dict[str, list[str]] = {name: [] for name in FIELDS}

    def note(self, answer: web.Response) -> None:
        content = answer.body if isinstance(answer.body, bytes) else b""
        # Most answers hold none, and need not be read.
        if not any(f'"{name}"'.encode() in content for name in FIELDS):
            return
        with suppress(ValueError):
            body = json.loads(content)
            for name in FIELDS:
                if isinstance(body, dict) and isinstance(body.get(name), str):
                    self._found[name].append(body[name])

    def shown(self) -> dict[str, list[str]]:
        """By the name of the field, in the order of the answers."""
        return self._found
