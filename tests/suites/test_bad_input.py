# SPDX-License-Identifier: GPL-3.0-or-later
"""Every option of every module, of the action and of the role is given values that are wrong, and odd ones that are right.

A wrong value is answered by one message that names the option, without a traceback and without a write. An odd one is taken, and
found again by a second run. Which is which is data, see inputs.py.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest
import yaml

from ansible_collections.crosscluster.elastic.plugins.module_utils.api import retries
from ansible_collections.crosscluster.elastic.plugins.module_utils.module.links_options import LINKS
from harness.cloud import MiniCloud
from harness.controller import LOCAL, REMOTE, link
from suites import calls, inputs
from tree.argument_specs import VARIABLES

ACTION, ROLE = "links", "role links"
RUNTIME = yaml.safe_load((calls.ROOT / "meta" / "runtime.yml").read_text())
GROUPS = {name: group for group, names in RUNTIME["action_groups"].items() for name in names}
BASES: dict[str, dict[str, Any]] = {
    "cluster_health": {"nodes": 1, "started_after": 0, "wait_timeout": 1},
    "deployment_keystore": {"secrets": [{"name": "by.input", "value": "a value"}]},
    "traffic_filter": {"type": "ip", "region": "ece-region", "rules": [{"source": "192.0.2.0/28"}]},
    "traffic_filter_association": {"state": "absent"},
}
"""Options that work, where those of the first example of a module do not."""
OF_PYTHON = re.compile(r"Traceback|object at 0x")

UNNAMED = "dictionary requested, could not parse JSON or key=value"
"""What Ansible itself says of a text in a list of dictionaries, before a module can say anything."""

Result = dict[str, Any]


@dataclass
class Called:
    """What is called. spec: its options. base: options that work. call: takes options and check mode.

    kind: the option whose kind a variable of the role has. every: of how many values one is tried, for each option others: the role
    hands on to the action, which is tried with all.
    """

    name: str
    spec: inputs.Spec
    base: Mapping[str, Any]
    call: Callable[..., Result]
    kind: Callable[[str], str] = str
    every: int = 1
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(("tried", "refused", "accepted"), 0))
    problems: list[str] = field(default_factory=list)

    def options(self) -> Iterator[tuple[tuple[str, ...], tuple[str, ...], Mapping[str, Any]]]:
        """Each option with its name, the name of its kind and its specification."""
        for path, option in inputs.walk(self.spec, ()):
            yield path, (self.name, self.kind(path[0]), *path[1:]), option

    def with_value(self, path: tuple[str, ...], kind: tuple[str, ...], value: Any) -> dict[str, Any]:
        return inputs.placed(self.spec, path, kind, value, self.base)

    def check(self, what: str, verdict: str, result: Result, problem: str) -> None:
        """Count a call, and note what is wrong with its result."""
        for count in dict.fromkeys(("tried", verdict)):
            self.counts[count] += 1
        message = str(result.get("msg", ""))
        problem = problem or ("an exception was not handled" if "exception" in result or OF_PYTHON.search(message) else "")
        if problem:
            self.problems.append(f"{what}: {problem}: {(message or result.get('exception', ''))[:300]}")


def modules(cloud: MiniCloud) -> dict[str, Called]:
    return {name: Called(name, calls.specification(name), working(cloud, name), partial(calls.call_module, name)) for name in calls.MODULES}


def working(cloud: MiniCloud, module: str) -> dict[str, Any]:
    """Options of a module with which it works on the mini cloud."""
    deployment = cloud.deployment(LOCAL)
    if GROUPS[module] == "cloud":
        platform = cloud.platform(deployment["platform"])
        connection = {"url": platform["url"], "api_key": platform["api_key"], "ca_path": platform["ca_path"]}
    else:
        connection = {"url": deployment["service_url"], "username": "elastic", "password": deployment["password"]}
        connection["ca_path"] = deployment["ca_path"]
    spec = calls.specification(module)
    shown = {
        name: inputs.sample((module, name), spec[name]) if "{{" in str(value) else value
        for name, value in calls.example(module).items()
        if name not in ("url", "username", "password", "api_key", "ca_path")
    }
    known = {"deployment": LOCAL, "certificate": deployment["ca_path"], "certificates": [deployment["ca_path"]]}
    named = {name: value for name, value in known.items() if name in spec}
    return {**shown, **connection, **named, **BASES.get(module, {})}


def registry(cloud: MiniCloud) -> dict[str, Any]:
    """The registry with its secrets, the clusters of the link first."""
    state = cloud.state
    clusters = [
        {"name": name, "platform": item["platform"], "deployment": name, "username": item["username"], "password": item["password"]}
        for name, item in sorted(state["deployments"].items(), key=lambda pair: (pair[0] != LOCAL, pair[0] != REMOTE))[:2]
    ]
    platforms = [
        {"name": name, **{key: state["platforms"][name][key] for key in ("type", "url", "api_key", "ca_path")}}
        for name in (cluster["platform"] for cluster in clusters)
    ]
    # What all links have stands in the defaults, so that they count.
    common = {name: value for name, value in link("by_input").items() if name in ("access", "settings")}
    wanted = {name: value for name, value in link("by_input").items() if name not in common}
    return {"platforms": platforms, "clusters": clusters, "links": [wanted], "defaults": common, "wait_timeout": 5}


def action(cloud: MiniCloud) -> Called:
    return Called(ACTION, LINKS, registry(cloud), calls.call_action)


def role(cloud: MiniCloud) -> Called:
    """The role by its lists."""
    base = {VARIABLES[name]: value for name, value in registry(cloud).items()}
    spec = {name: option for name, option in calls.role_specification().items() if name in VARIABLES.values()}
    return Called(ROLE, spec, base, lambda options, _check: calls.call_role(options), _option_of, every=12)


def survey(cloud: MiniCloud) -> Called:
    """The role by its flat variables."""
    wanted = registry(cloud)
    base: dict[str, Any] = {"links_alias": "by_input", "links_search": "orders-*", "links_wait_timeout": 5}
    for side, platform, cluster in zip(("local", "remote"), wanted["platforms"], wanted["clusters"], strict=True):
        base.update({f"links_{side}_platform_{key}": platform[key] for key in ("url", "api_key", "ca_path")})
        base.update({f"links_{side}_{key}": cluster[key] for key in ("deployment", "username", "password")})
        base[f"links_{side}_type"] = platform["type"]
    # Names count for self-managed clusters only, of which this survey has none.
    others = {*VARIABLES.values(), "links_local_name", "links_remote_name"}
    spec = {name: option for name, option in calls.role_specification().items() if name not in others}
    return Called(f"{ROLE}, flat", spec, base, lambda options, _check: calls.call_role(options), _option_of, every=6)


def _option_of(variable: str) -> str:
    return re.sub(r"^links_((local|remote)_(platform_)?)?", "", variable)


@pytest.fixture
def cloud(mistakes: MiniCloud, monkeypatch: pytest.MonkeyPatch) -> MiniCloud:
    """The mini cloud, which this process finds as a playbook would, and which it does not wait for."""
    for name in list(os.environ):
        if name.startswith(("EC_", "ELASTICSEARCH_")) or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    for name, value in mistakes.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(retries, "_FIRST_PAUSE", 0)
    return mistakes


CALLED = {**dict.fromkeys(calls.MODULES), ACTION: action, ROLE: role, f"{ROLE}, flat": survey}


@pytest.fixture(params=CALLED)
def called(request: pytest.FixtureRequest, cloud: MiniCloud, capsys: pytest.CaptureFixture[str]) -> Iterator[Called]:
    make = CALLED[request.param]
    made = make(cloud) if make else modules(cloud)[request.param]
    yield made
    if made.counts["tried"]:
        with capsys.disabled():
            print(f"\n{made.name}: " + ", ".join(f"{count} {what}" for what, count in made.counts.items()))


def test_every_option_has_a_kind_that_is_known(called: Called):
    unknown = [".".join(path) for path, kind, option in called.options() if inputs.needs_kind(option) and not inputs.kind_of(kind)]
    assert unknown == [], "say in KINDS of inputs.py what these options mean"


def test_a_wrong_value_is_refused_by_a_message_that_names_the_option(called: Called, cloud: MiniCloud):
    unknown = called.call({**called.base, "surprise": 1}, False)
    if not called.name.startswith(ROLE):  # a play may have any variables
        called.check("surprise", "refused", unknown, "" if "surprise" in str(unknown.get("msg")) else "is not named")
    for number, (path, kind, option) in enumerate(called.options()):
        mark = cloud.mark()
        for value in inputs.refused(kind, option)[number % called.every :: called.every]:
            if _is_left_out(called, option, value):
                continue
            result = called.call(called.with_value(path, kind, value), False)
            called.check(f"{'.'.join(path)} = {value!r:.80}", "refused", result, _not_refused(kind, result))
        made = [entry for entry in cloud.requests_since(mark) if entry["write"] and entry["status"] < 400]
        called.problems += [f"{'.'.join(path)}: {entry['method']} {entry['path']} was written" for entry in made]

    problems = called.problems
    assert not problems, "\n".join(problems)
    assert called.counts["refused"] > 50


def _is_left_out(called: Called, option: Mapping[str, Any], value: Any) -> bool:
    """An empty answer of a survey is none. A number for a dictionary ends in a traceback of Ansible, before a module or a role begins."""
    return (value == "" and called.name.endswith("flat")) or (value in (5, [5]) and "options" in option and called.name != ACTION)


def _not_refused(kind: inputs.Path, result: Result) -> str:
    if not result.get("failed"):
        return "is accepted"
    found = inputs.kind_of(kind)
    words = (kind[-1], UNNAMED, *(found.words if found else ()))
    return "" if any(word in str(result.get("msg")) for word in words) else "is not named"


@pytest.mark.parametrize("called", [name for name in CALLED if name != ROLE], indirect=True)
def test_an_odd_value_is_taken_and_found_again(called: Called):
    for path, kind, option in called.options():
        if called.name == ACTION and path[0] == "defaults":  # the same options as those of a link
            continue
        for value in inputs.accepted(kind, option):
            what, options = f"{'.'.join(path)} = {value!r:.80}", called.with_value(path, kind, value)
            first = called.call(options, _only_predicted(called))
            called.check(what, "accepted", first, "is refused" if first.get("failed") else "")
            if "state" in called.spec and not first.get("failed"):
                again = called.call(options, False)
                called.check(what, "accepted", again, "" if again.get("changed") is False else "is not found again")
        for value in inputs.judged(kind, option):
            called.check(f"{'.'.join(path)} = {value!r:.80}", "tried", called.call(called.with_value(path, kind, value), True), "")

    problems = called.problems
    assert not problems, "\n".join(problems)
    assert called.counts["accepted"] > 0


def test_what_the_suite_looks_for_is_found():
    kind = ("module", "expiration")
    assert _not_refused(kind, {"changed": False}) == "is accepted"
    assert _not_refused(kind, {"failed": True, "msg": "something is wrong"}) == "is not named"
    assert _not_refused(kind, {"failed": True, "msg": "expiration 'x' is not a duration"}) == ""
    careless = Called("module", {}, {}, dict)
    careless.check("expiration", "refused", {"failed": True, "exception": "Traceback"}, "")
    assert careless.problems == ["expiration: an exception was not handled: Traceback"]


def test_an_option_of_a_later_module_has_to_be_given_a_kind():
    assert inputs.needs_kind({"type": "str"}) and inputs.kind_of(("module", "colour")) is None
    assert not inputs.needs_kind({"type": "bool"}) and not inputs.needs_kind({"choices": ["red"]})


def _only_predicted(called: Called) -> bool:
    """Modules with a state can do and repeat; of the others it counts that they accept."""
    return "state" not in called.spec
