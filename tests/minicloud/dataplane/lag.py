# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads that are behind: Elasticsearch cannot be asked for its past, so answers are kept to be given again."""

from __future__ import annotations

import time
from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from aiohttp import web

_REMEMBERED = 100


@dataclass(frozen=True)
class _Answer:
    moment: float
    status: int
    body: bytes
    headers: Mapping[str, str]


class Memory:
    """What deployments answered to which question, as far as somebody wants to hear it again later."""

    def __init__(self) -> None:
        self._answers: dict[tuple[str, ...], deque[_Answer]] = defaultdict(partial(deque, maxlen=_REMEMBERED))
        self._writes: dict[str, list[float]] = defaultdict(list)

    def note_write(self, deployment: str) -> None:
        """From now on answers may be different."""
        self._writes[deployment].append(time.monotonic())

    def keep(self, deployment: str, question: tuple[str, ...], response: web.Response) -> None:
        body = response.body if isinstance(response.body, bytes) else b""
        self._answers[deployment, *question].append(_Answer(time.monotonic(), response.status, body, dict(response.headers)))

    def recall(self, deployment: str, question: tuple[str, ...], seconds: float) -> web.Response | None:
        """The answer from before what was written in the last seconds, or the oldest one that is not true any more.

        None when nothing was written then, or nobody asked before.
        """
        recent = [moment for moment in self._writes[deployment] if moment > time.monotonic() - seconds]
        outdated = [answer for answer in self._answers[deployment, *question] if recent and answer.moment < recent[-1]]
        if not outdated:
            return None
        answer = [outdated[0], *(answer for answer in outdated if answer.moment < recent[0])][-1]
        return web.Response(status=answer.status, body=answer.body, headers=answer.headers)
