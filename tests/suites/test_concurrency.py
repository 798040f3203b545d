# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs that meet: each other, somebody who works by hand, and a remote cluster that is away."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from harness.cloud import MiniCloud
from harness.controller import VERIFY, Controller, Run
from harness.scenarios import SCENARIOS
from suites.administrator import Administrator, before_each_write
from suites.platforms import direct_entry, trust_more, trust_of
from suites.searches import searching
from suites.state import problems_of_link

OURS = "crosscluster.elastic"
"""How the collection calls itself in its requests."""
RUNS = 10
MEETING = 5
"""Seconds that the creation of a key is held up, so that both runs have planned before either has made one."""
CREATE = {"plane": "data", "method": "POST", "path": "/_security/cross_cluster/api_key$"}


def at_once(controller: Controller, *each: tuple[dict[str, Any], ...], wait: int = 15) -> list[Run]:
    """One run for each tuple of links, two at a time. wait: seconds that a run waits for its links to work."""

    def one(number: int) -> Run:
        folder = controller.folder / f"run{number}"
        folder.mkdir()
        return replace(controller, folder=folder).run(*each[number], change={"links_wait_timeout": wait})

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(one, range(len(each))))


def delay_keys(cloud: MiniCloud) -> None:
    cloud.admin("POST", "/faults", {"rules": [{**CREATE, "action": {"delay": MEETING}}]})


def keys_made(cloud: MiniCloud, mark: int) -> int:
    return sum(write.startswith("POST /_security/cross_cluster/api_key ") for write in cloud.writes_since(mark))


@pytest.mark.parametrize("before", [None, {"expiration": "1d"}], ids=["first", "renewed"])
def test_two_runs_over_one_link_leave_a_working_link_and_the_next_run_leaves_one_key(controller: Controller, before: dict[str, Any] | None):
    cloud = controller.cloud
    alias = "met-renewed" if before else "met-first"
    wanted = controller.link(alias, expiration="30d", renew_before="2d")
    if before:
        assert controller.run(controller.link(alias, **before)).play.status == 0
    mark = cloud.mark()
    delay_keys(cloud)

    with searching((controller, alias)) if before else no_searches() as wrong:
        runs = at_once(controller, (wanted,), (wanted,))
        cloud.admin("DELETE", "/faults")
        made = keys_made(cloud, mark)
        after = controller.run({**wanted, "orphan_after": "0s"})

    assert made == 2, "the runs have met"
    assert 0 in {run.play.status for run in runs}, "\n".join(run.text for run in runs)
    assert after.play.status == 0, after.text
    assert problems_of_link(controller, wanted, after.play.tasks[VERIFY]["links"][0]["proof"]) == []
    assert wrong == []
    assert controller.run(wanted).writes == []


@contextmanager
def no_searches() -> Iterator[list[str]]:
    """There is nothing to search through before there is a link."""
    yield []


def test_two_runs_over_links_of_one_cluster_lose_nothing_of_each_other(controller: Controller):
    cloud = controller.cloud
    wanted = [controller.link(alias, roles=[{"name": "readers-of-both"}]) for alias in ("beside-a", "beside-b")]
    delay_keys(cloud)

    runs = at_once(controller, *((each,) for each in wanted))
    cloud.admin("DELETE", "/faults")
    after = controller.run(*wanted)

    assert [run.play.status for run in (*runs, after)] == [0, 0, 0], "\n".join(run.text for run in (*runs, after))
    assert [len(controller.valid_keys(each["alias"])) for each in wanted] == [1, 1]
    assert [hit["_index"] for each in wanted for hit in controller.search(each["alias"])] == [
        "beside-a:orders-2026",
        "beside-b:orders-2026",
    ]
    role = controller.local("GET", "/_security/role/readers-of-both").json()["readers-of-both"]
    assert sorted(entry["clusters"] for entry in role["remote_indices"]) == [["beside-a"], ["beside-b"]]
    assert controller.run(*wanted).writes == []


def test_what_somebody_does_by_hand_before_each_write_of_a_run_stays(controller: Controller):
    cloud, administrator = controller.cloud, Administrator(controller)
    first = controller.link("by-machine", expiration="1d", roles=[{"name": "shared"}])
    renewed = {**first, "expiration": "30d", "renew_before": "2d", "orphan_after": "0s"}

    def act() -> None:
        if administrator.done == 0:
            share(controller)
        administrator.work()

    mark = cloud.mark()
    with before_each_write(cloud, act):
        made = controller.run(first)
        with searching((controller, "by-machine")) as wrong:
            replaced = controller.run(renewed)
    writes = [request for request in cloud.requests_since(mark) if request["write"] and request["user_agent"] == OURS]
    after = controller.run(renewed)

    assert [run.play.status for run in (made, replaced, after)] == [0, 0, 0], "\n".join(run.text for run in (made, replaced, after))
    assert administrator.done == len(writes) == 4 + 3, "somebody worked before each write of both runs"
    assert administrator.lost() == []
    role = controller.local("GET", "/_security/role/shared").json()["shared"]
    assert role["cluster"] == ["monitor"]
    assert [entry["clusters"] for entry in role["remote_indices"]] == [["by-hand"], ["by-machine"]]
    assert [key["name"] for key in controller.keys().values() if key["name"] == "by-hand" and not key["invalidated"]] == ["by-hand"]
    assert wrong == []
    assert after.writes == []
    assert problems_of_link(controller, renewed, after.play.tasks[VERIFY]["links"][0]["proof"]) == []


@pytest.mark.parametrize("scenario", [SCENARIOS["ece_to_other_ece"]], ids=lambda scenario: scenario.name, indirect=True)
def test_trust_that_somebody_adds_by_hand_while_a_run_is_about_to_write_it_stays(controller: Controller):
    cloud, added = controller.cloud, []

    def act() -> None:
        if not added:
            added.append(trust_more(controller, controller.scenario.local, direct=[direct_entry(controller, "by hand")]).status_code)

    with before_each_write(cloud, act):
        made = controller.run(controller.link("trusting"))

    assert (added, made.play.status) == ([200], 0), made.text
    names = [entry["name"] for entry in trust_of(controller, controller.scenario.local)["direct"]]
    assert sorted(names) == sorted(["theirs", "by hand", "crosscluster.elastic munich"])
    assert controller.run(controller.link("trusting")).writes == []


def share(controller: Controller) -> None:
    """Make a key where the run makes one, and the role that it is going to write to, after it has seen that there is none.

    Roles have no versions: what is changed in the very moment between the last look at a role and its writing, nobody can keep.
    """
    entry = {"clusters": ["by-hand"], "names": ["logs-*"], "privileges": ["read"]}
    answers = [
        controller.local("PUT", "/_security/role/shared", {"cluster": ["monitor"], "remote_indices": [entry]}),
        controller.remote("POST", "/_security/cross_cluster/api_key", {"name": "by-hand", "access": {"search": [{"names": ["logs-*"]}]}}),
    ]
    assert [answer.status_code for answer in answers] == [200] * 2, [answer.text for answer in answers]


def proxies_down(controller: Controller) -> dict[str, Any]:
    """Neither the remote cluster nor its API can be reached; the link is as it was."""
    rule = {"plane": "data", "deployment": controller.scenario.remote, "action": {"outage": 600, "refuse": True}}
    controller.cloud.admin("POST", "/faults", {"rules": [rule]})
    return {}


def wrong_address(_controller: Controller) -> dict[str, Any]:
    """Nobody answers where the link leads to."""
    return {"proxy_address": "nowhere.minicloud.test:9443"}


@pytest.mark.parametrize(
    ("trouble", "words"),
    [(proxies_down, "Elasticsearch of cluster {remote}"), (wrong_address, "cannot resolve the host name of the remote cluster")],
    ids=lambda value: value.__name__ if callable(value) else "",
)
def test_ten_runs_against_a_remote_that_is_away_make_no_key_and_restart_nothing(
    controller: Controller, trouble: Callable[[Controller], dict[str, Any]], words: str
):
    cloud = controller.cloud
    alias = trouble.__name__.replace("_", "-")
    assert controller.run(controller.link(alias)).play.status == 0
    before = controller.keys()
    wanted = controller.link(alias, **trouble(controller))
    mark = cloud.mark()

    runs = at_once(controller, *[(wanted,)] * RUNS, wait=2)
    writes = cloud.writes_since(mark)
    cloud.admin("DELETE", "/faults")

    assert [run.play.status for run in runs] == [2] * RUNS
    assert [write for write in writes if "_restart" in write or "api_key" in write or "/keystore" in write] == []
    assert controller.keys() == before
    assert [run.play.messages for run in runs if words.format(remote=controller.scenario.remote) not in run.play.messages] == []
    repaired = controller.run(controller.link(alias))
    assert repaired.play.status == 0, repaired.text
    assert controller.keys() == before
