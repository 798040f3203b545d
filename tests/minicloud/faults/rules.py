# SPDX-License-Identifier: GPL-3.0-or-later
"""Which requests a fault picks, and how rules are written down."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from minicloud.exchange import Subject
from minicloud.faults import crash
from minicloud.faults.actions import Action, BreakDown, Delay, Drop, Hold, Kill, Lag, Refuse, TroublePlan

STATUSES = (429, 500, 502, 503)
_MATCHERS = ("plane", "platform", "method", "path", "deployment")


class FaultError(ValueError):
    """A rule is not usable; the message says which and why."""


@dataclass
class Rule:
    """One rule as it was `given`, and how often it `matched` and was `applied` so far. None matches anything."""

    given: Mapping[str, Any]
    action: Action
    plane: str | None = None
    platform: str | None = None
    method: str | None = None
    path: re.Pattern[str] | None = None
    deployment: str | None = None
    times: int | None = None
    after: int = 0
    probability: float = 1.0
    matched: int = 0
    applied: int = 0
    # Seeded, so that a set of rules does the same each time it is used.
    _chance: random.Random = field(default_factory=lambda: random.Random(1))

    def picks(self, subject: Subject, method: str, path: str) -> bool:
        """Whether the rule is for this request and its turn has come; counts the request."""
        if not self._matches(subject, method, path):
            return False
        self.matched += 1
        spent = self.times is not None and self.applied >= self.times
        return not spent and self.matched > self.after and self._chance.random() < self.probability

    def _matches(self, subject: Subject, method: str, path: str) -> bool:
        return (
            self.plane in (None, subject.plane)
            and self.platform in (None, subject.platform)
            and self.deployment in (None, subject.deployment)
            and self.method in (None, method)
            and (self.path is None or self.path.search(path) is not None)
            and self.action.writes in (None, subject.write)
        )


class Faults:
    """The rules in force; none at first."""

    def __init__(self) -> None:
        self._rules: list[Rule] = []

    def replace(self, rules: list[Rule]) -> None:
        self._rules = rules

    def pick(self, subject: Subject, method: str, path: str) -> Action | None:
        """The action of the first rule whose turn it is. All rules count the request, also those after that one."""
        ready = [rule for rule in self._rules if rule.picks(subject, method, path)]
        if not ready:
            return None
        ready[0].applied += 1
        return ready[0].action

    def describe(self) -> list[dict[str, Any]]:
        return [{**rule.given, "matched": rule.matched, "applied": rule.applied} for rule in self._rules]


def parse(document: Any) -> list[Rule]:
    """The rules in `{"rules": [...]}`. Raises FaultError."""
    rules = _Reader(document, "the body").whole(("rules",)).take("rules", _is_list, "a list of rules")
    return [_rule(entry, f"rules[{number}]") for number, entry in enumerate(rules)]


def _rule(given: Any, place: str) -> Rule:
    reader = _Reader(given, place).whole((*_MATCHERS, "times", "after", "probability", "action"))
    texts = {name: reader.take(name, _is_text, "a text", None) for name in _MATCHERS}
    plane = reader.take("plane", lambda value: value in ("control", "data", "any"), "control, data or any", "any")
    try:
        path = re.compile(texts["path"]) if texts["path"] is not None else None
    except re.error as error:
        raise FaultError(f"{place}.path is no regular expression: {error}") from error
    return Rule(
        given=given,
        action=_action(given.get("action"), f"{place}.action"),
        plane=None if plane == "any" else plane,
        platform=texts["platform"],
        method=texts["method"],
        path=path,
        deployment=texts["deployment"],
        times=reader.take("times", _is_count, "a number or null", None),
        after=reader.take("after", _is_count, "a number", 0),
        probability=reader.take("probability", lambda value: _is_seconds(value) and value <= 1, "from 0 to 1", 1.0),
    )


def _action(given: Any, place: str) -> Action:
    reader = _Reader(given, place)
    kinds = [kind for kind in _ACTIONS if kind in reader.fields]
    if len(kinds) != 1:
        raise FaultError(f"{place} must have exactly one of {', '.join(_ACTIONS)}")
    companions, build = _ACTIONS[kinds[0]]
    return build(reader.whole((kinds[0], *companions)))


def _refuse(reader: _Reader) -> Action:
    return Refuse(
        reader.take("status", lambda value: value in STATUSES and value is not True, f"one of {', '.join(map(str, STATUSES))}"),
        reader.take("retry_after", _is_count, "seconds or null", None),
        reader.take("html", _is_bool, "true or false", False),
    )


def _kill(reader: _Reader) -> Action:
    group = reader.take("pid", _is_count, "a process group")
    if not crash.may_kill(group):
        raise FaultError(f"{reader.place}.pid: {group} is no process group, or the mini cloud's own")
    return Kill(reader.take("kill", _is_moment, "before or after"), group)


def _hold(reader: _Reader) -> Action:
    reader.take("hold", lambda value: value is True, "true")
    return Hold()


def _plan(reader: _Reader) -> Action:
    kind = reader.take("plan", lambda value: value in ("slow", "fail"), "slow or fail")
    if kind == "slow":
        return TroublePlan(seconds=reader.take("seconds", _is_seconds, "seconds"))
    return TroublePlan(failure=reader.take("message", _is_text, "a text", "The plan failed (on purpose)"))


_ACTIONS: Mapping[str, tuple[tuple[str, ...], Callable[[_Reader], Action]]] = {
    "status": (("retry_after", "html"), _refuse),
    "delay": ((), lambda reader: Delay(reader.take("delay", _is_seconds, "seconds"))),
    "hold": ((), _hold),
    "drop": ((), lambda reader: Drop(reader.take("drop", _is_moment, "before or after"))),
    "outage": (
        ("refuse",),
        lambda reader: BreakDown(reader.take("outage", _is_seconds, "seconds"), reader.take("refuse", _is_bool, "true or false", False)),
    ),
    "stale": ((), lambda reader: Lag(reader.take("stale", _is_seconds, "seconds"))),
    "plan": (("seconds", "message"), _plan),
    "kill": (("pid",), _kill),
}


class _Reader:
    """Takes fields out of a JSON object. Raises FaultError for whatever does not belong there."""

    def __init__(self, value: Any, place: str) -> None:
        if not isinstance(value, dict):
            raise FaultError(f"{place} must be an object")
        self.fields: Mapping[str, Any] = value
        self.place = place

    def whole(self, known: tuple[str, ...]) -> _Reader:
        """Itself, if it has no other fields than these."""
        if unknown := [name for name in self.fields if name not in known]:
            raise FaultError(f"{self.place}: unknown {', '.join(unknown)}; known are {', '.join(known)}")
        return self

    def take(self, name: str, fits: Callable[[Any], bool], expected: str, *default: Any) -> Any:
        """A field's value; absent or null mean the default, where there is one."""
        value = self.fields.get(name)
        if value is None and default:
            return default[0]
        if not fits(value):
            raise FaultError(f"{self.place}.{name} must be {expected}")
        return value


def _is_list(value: Any) -> bool:
    return isinstance(value, list)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_bool(value: Any) -> bool:
    return isinstance(value, bool)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_seconds(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and value >= 0


def _is_moment(value: Any) -> bool:
    return value in ("before", "after")
