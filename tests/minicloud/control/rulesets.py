# SPDX-License-Identifier: GPL-3.0-or-later
"""The rule sets of traffic filters that an account has, and which deployments they are associated with."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from secrets import token_hex
from typing import Any

from minicloud import admission

_REMEMBERED = 100


@dataclass(frozen=True)
class Ruleset:
    """`definition` is what was written, without rules; `rules` have ids; `deployments` are the ids of those associated, oldest first."""

    definition: Mapping[str, Any]
    rules: tuple[Mapping[str, Any], ...]
    deployments: tuple[str, ...] = ()
    id: str = field(default_factory=lambda: token_hex(16))

    @classmethod
    def of(cls, request: Mapping[str, Any]) -> Ruleset:
        return cls({name: value for name, value in request.items() if name != "rules"}, _identified(request["rules"]))

    def rewritten(self, request: Mapping[str, Any]) -> Ruleset:
        """The same rule set with another content; all its rules are new."""
        return replace(Ruleset.of(request), deployments=self.deployments, id=self.id)

    def associated(self, deployment_id: str) -> Ruleset:
        return replace(self, deployments=(*self.deployments, deployment_id))

    def dissociated(self, deployment_id: str) -> Ruleset:
        return replace(self, deployments=tuple(known for known in self.deployments if known != deployment_id))


class Rulesets:
    """All rule sets of an account, by id."""

    def __init__(self, rulesets: Iterable[Ruleset] = ()) -> None:
        self._present: Mapping[str, Ruleset] = {ruleset.id: ruleset for ruleset in rulesets}
        self._past: deque[tuple[float, Mapping[str, Ruleset]]] = deque(maxlen=_REMEMBERED)

    def __iter__(self) -> Iterator[Ruleset]:
        return iter(self._present.values())

    def get(self, ruleset_id: str) -> Ruleset | None:
        return self._present.get(ruleset_id)

    def put(self, ruleset: Ruleset) -> None:
        """Add a rule set, or replace the one of the same id."""
        self._change({**self._present, ruleset.id: ruleset})

    def remove(self, ruleset: Ruleset) -> None:
        self._change({known: other for known, other in self._present.items() if known != ruleset.id})

    def of(self, deployment_id: str) -> list[Ruleset]:
        """Those which a deployment is associated with."""
        return [ruleset for ruleset in self._present.values() if deployment_id in ruleset.deployments]

    def filter_of(self, deployment_id: str) -> admission.Filter | None:
        """What they let in together; None = everybody."""
        return admission.combined((ruleset.definition["type"], ruleset.rules) for ruleset in self.of(deployment_id))

    def as_of(self, moment: float) -> Rulesets:
        """What they were at a monotonic time, for reading only."""
        return Rulesets(next((past for written, past in self._past if written > moment), self._present).values())

    def _change(self, content: Mapping[str, Ruleset]) -> None:
        self._past.append((time.monotonic(), self._present))
        self._present = content


def _identified(rules: Sequence[Mapping[str, Any]]) -> tuple[Mapping[str, Any], ...]:
    """Rules with ids of their own, in the order of these: nobody may rely on the order in which they were written."""
    return tuple(sorted(({**rule, "id": token_hex(16)} for rule in rules), key=lambda rule: str(rule["id"])))
