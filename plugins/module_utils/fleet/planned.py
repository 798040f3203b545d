# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan of a fleet as a value: it can be shown, compared, saved and tested without doing anything."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from ..model import keys
from ..model.change import Change
from ..model.declaration import Link
from ..model.errors import CrossClusterError
from . import steps


@dataclass(frozen=True, eq=False)
class Planned:
    """One change of one link.

    step: the step that makes it. requests: the writes it consists of, as "METHOD path of cluster"; a write that serves several
    changes is named in each of them. cluster: the one that is changed where that is not always the same one, otherwise "".
    """

    step: str
    link: Link
    change: Change
    requests: tuple[str, ...]
    cluster: str = ""

    @property
    def target(self) -> str:
        """The cluster that is changed, for the steps trust, credentials and roles."""
        return self.cluster or self.link.local

    def as_dict(self) -> dict[str, Any]:
        return {
            "link": self.link.id,
            "step": self.step,
            "action": self.change.action,
            "what": self.change.what,
            "before": self.change.before,
            "after": self.change.after,
            "requests": list(self.requests),
        }


@dataclass(frozen=True)
class LinkPlan:
    """What to do for one link.

    verdict: the state of its credential. revoke: ids of keys to revoke after the proof. changes: in the order of the steps.
    warnings: what a person should know but nothing that stops the link.
    """

    link: Link
    verdict: keys.Verdict
    changes: tuple[Planned, ...]
    revoke: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    def of(self, step: str) -> list[Planned]:
        return [planned for planned in self.changes if planned.step == step]

    @property
    def updated(self) -> list[str]:
        """The clusters for which a plan is started, which must wait for the one that is pending."""
        starting = [planned for planned in self.changes if planned.change.action == "restart" or planned.step == steps.TRUST]
        return [planned.target for planned in starting]


@dataclass
class Plan:
    """Plans of all links that can be made, and the reasons why the others cannot, by link id. removing: links are taken away."""

    links: dict[str, LinkPlan] = field(default_factory=dict)
    refused: dict[str, CrossClusterError] = field(default_factory=dict)
    removing: bool = False

    @property
    def order(self) -> tuple[str, ...]:
        """The steps in their order: links are taken away in reverse."""
        return tuple(reversed(steps.STEPS)) if self.removing else steps.STEPS

    def changes(self, selected: Iterable[str]) -> list[Planned]:
        """The changes of these steps, step by step."""
        return [planned for step in self.order if step in selected for plan in self.links.values() for planned in plan.of(step)]
