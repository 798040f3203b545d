# SPDX-License-Identifier: GPL-3.0-or-later
"""The one way in for the requests of both planes: here faults happen to them, and here they are logged."""

from __future__ import annotations

import asyncio
from typing import Any

from aiohttp import hdrs, web

from minicloud.connect import ConnectProxy
from minicloud.exchange import DROPPED, Conditions, Outcome, Process, Subject
from minicloud.faults import crash
from minicloud.faults.actions import Passage, outage_outcome
from minicloud.faults.rules import Faults, Rule
from minicloud.issued import IssuedSecrets
from minicloud.requestlog import RequestLog


class Gate:
    """`proxy` is the way by which clients come."""

    def __init__(self, log: RequestLog, proxy: ConnectProxy) -> None:
        self._log = log
        self._proxy = proxy
        self._faults = Faults()
        self._replaced = asyncio.Event()
        self.issued = IssuedSecrets()

    def set_faults(self, rules: list[Rule]) -> None:
        """Put these rules in force, instead of all earlier ones, and end what is left of those."""
        self._faults.replace(rules)
        self._proxy.outages.end_all()
        # Whoever waited for this goes on; the next one waits for the next change.
        self._replaced.set()
        self._replaced = asyncio.Event()

    def faults(self) -> dict[str, Any]:
        """The rules in force with their counts, and the sockets that are out of order."""
        return {"rules": self._faults.describe(), "outages": [list(socket) for socket in self._proxy.outages.sockets()]}

    async def admit(self, request: web.Request, subject: Subject, process: Process) -> web.StreamResponse:
        """The answer to a request, which `process` makes unless a fault does something else."""
        fault, outcome = await self._pass(request, subject, process)
        if outcome.response is not None:
            self.issued.note(outcome.response)
        self._log.record(
            plane=subject.plane,
            platform=subject.platform,
            deployment=subject.deployment,
            who=subject.who,
            method=request.method,
            path=request.path,
            query=request.query_string,
            status=None if outcome.response is None else outcome.response.status,
            write=subject.write,
            user_agent=request.headers.get(hdrs.USER_AGENT, ""),
            violation=outcome.violation,
            fault=fault,
            processed=outcome.processed,
        )
        return _hang_up(request) if outcome.response is None or not outcome.sent else outcome.response

    async def _pass(self, request: web.Request, subject: Subject, process: Process) -> tuple[str | None, Outcome]:
        # Asked now, because a transport that was closed meanwhile does not tell any more.
        peer, listener = (request.get_extra_info(name) for name in ("peername", "sockname"))

        async def process_unless_dead(conditions: Conditions) -> Outcome:
            return DROPPED if self._proxy.is_cut(peer, listener) else await process(conditions)

        if self._proxy.is_cut(peer, listener):
            return "client is dead", DROPPED
        if listener and (outage := self._proxy.outages.at(listener)):
            return "outage", outage_outcome(subject.plane, outage.refuse)
        action = self._faults.pick(subject, request.method, request.path)
        if action is None:
            return None, await process(Conditions())
        passage = Passage(
            subject=subject,
            process=process_unless_dead,
            break_down=lambda seconds, refuse: self._proxy.outages.begin(listener, seconds, refuse),
            kill=self._kill,
            replaced=self._replaced.wait,
        )
        # What has arrived counts, even if its client has hung up by the time it is processed.
        await request.read()
        return action.label, await action.around(passage)

    def _kill(self, group: int) -> None:
        # Nothing else runs meanwhile: between death and cut no request of the dead gets through.
        crash.kill(group)
        self._proxy.cut_abandoned()


def _hang_up(request: web.Request) -> web.Response:
    """Close the connection without an answer. What is returned goes nowhere."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
