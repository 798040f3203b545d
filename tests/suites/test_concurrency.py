# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs that meet: each other, somebody who works by hand, and a remote cluster that is away."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event, Thread
from typing import Any

import pytest

from harness.cloud import MiniCloud
from harness.controller import LOCAL, REMOTE, VERIFY, Controller, Run, keys_of, link, search, settings_of, until, valid_keys_of_link
from suites.crashes import problems_of_link

SEARCH_EVERY = 0.02
RUNS = 10
MEETING = 5
"""Seconds that the creation of a key is held up, so that both runs have planned before either has made one."""
CREATE = {"plane": "data", "method": "POST", "path": "/_security/cross_cluster/api_key$"}


def at_once(controller: Controller, *each: tuple[dict[str, Any], ...], wait: int = 15) -> list[Run]:
    """One run for each tuple of links, two at a time. wait: seconds that a run waits for its links to work."""

    def one(number: int) -> Run:
        folder = controller.folder / f"run{number}"
        folder.mkdir()
        return Controller(controller.cloud, folder).run(*each[number], change={"links_wait_timeout": wait})

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(one, range(len(each))))


@contextmanager
def searching(cloud: MiniCloud, alias: str) -> Iterator[list[str]]:
    """Search through an alias all the time; yields what went wrong, by and by."""
    ended, wrong, done = Event(), [], []

    def work() -> None:
        while not ended.wait(SEARCH_EVERY):
            answer = cloud.elasticsearch(LOCAL, "GET", f"/{alias}:orders-*/_search")
            done.append(answer.status_code)
            if answer.status_code != 200 or not answer.json()["hits"]["hits"]:
                wrong.append(answer.text)

    thread = Thread(target=work)
    thread.start()
    try:
        yield wrong
    finally:
        ended.set()
        thread.join()
    assert done, "there were searches"


def delay_keys(cloud: MiniCloud) -> None:
    cloud.admin("POST", "/faults", {"rules": [{**CREATE, "action": {"delay": MEETING}}]})


def keys_made(cloud: MiniCloud, mark: int) -> int:
    return sum(write.startswith("POST /_security/cross_cluster/api_key ") for write in cloud.writes_since(mark))


@pytest.mark.parametrize("before", [None, {"expiration": "1d"}], ids=["first", "renewed"])
def test_two_runs_over_one_link_leave_a_working_link_and_the_next_run_leaves_one_key(controller: Controller, before: dict[str, Any] | None):
    cloud = controller.cloud
    alias = "met-renewed" if before else "met-first"
    wanted = link(alias, expiration="30d", renew_before="2d")
    if before:
        assert controller.run(link(alias, **before)).play.status == 0
    mark = cloud.mark()
    delay_keys(cloud)

    with searching(cloud, alias) if before else no_searches() as wrong:
        runs = at_once(controller, (wanted,), (wanted,))
        cloud.admin("DELETE", "/faults")
        made = keys_made(cloud, mark)
        after = controller.run({**wanted, "orphan_after": "0s"})

    assert made == 2, "the runs have met"
    assert 0 in {run.play.status for run in runs}, "\n".join(run.text for run in runs)
    assert after.play.status == 0, after.text
    assert problems_of_link(cloud, wanted, after.play.tasks[VERIFY]["links"][0]["proof"]) == []
    assert wrong == []
    assert controller.run(wanted).writes == []


@contextmanager
def no_searches() -> Iterator[list[str]]:
    """There is nothing to search through before there is a link."""
    yield []


def test_two_runs_over_links_of_one_cluster_lose_nothing_of_each_other(controller: Controller):
    cloud = controller.cloud
    wanted = [link(alias, roles=[{"name": "readers-of-both"}]) for alias in ("beside-a", "beside-b")]
    delay_keys(cloud)

    runs = at_once(controller, *((each,) for each in wanted))
    cloud.admin("DELETE", "/faults")
    after = controller.run(*wanted)

    assert [run.play.status for run in (*runs, after)] == [0, 0, 0], "\n".join(run.text for run in (*runs, after))
    assert [len(valid_keys_of_link(cloud, each["alias"])) for each in wanted] == [1, 1]
    assert [hit["_index"] for each in wanted for hit in search(cloud, each["alias"])] == ["beside-a:orders-2026", "beside-b:orders-2026"]
    role = cloud.elasticsearch(LOCAL, "GET", "/_security/role/readers-of-both").json()["readers-of-both"]
    assert sorted(entry["clusters"] for entry in role["remote_indices"]) == [["beside-a"], ["beside-b"]]
    assert controller.run(*wanted).writes == []


def test_what_somebody_changes_by_hand_during_a_run_stays(controller: Controller):
    cloud = controller.cloud
    wanted = link("by-machine", roles=[{"name": "shared"}])
    mark = cloud.mark()
    delay_keys(cloud)

    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(controller.run, wanted)
        until(lambda: any("_has_privileges" in request["path"] for request in cloud.requests_since(mark)))
        by_hand(cloud)
        run = running.result()

    assert run.play.status == 0, run.text
    settings = settings_of(cloud)
    assert (settings["cluster.remote.by-hand.proxy_address"], settings["indices.recovery.max_bytes_per_sec"]) == (
        "hand.minicloud.test:9443",
        "50mb",
    )
    role = cloud.elasticsearch(LOCAL, "GET", "/_security/role/shared").json()["shared"]
    assert role["cluster"] == ["monitor"]
    assert [entry["clusters"] for entry in role["remote_indices"]] == [["by-hand"], ["by-machine"]]
    assert [key["name"] for key in keys_of(cloud).values() if key["name"] == "by-hand" and not key["invalidated"]] == ["by-hand"]


def by_hand(cloud: MiniCloud) -> None:
    """Another alias, another setting, a role that the run will write to, and a key."""
    remote = {"by-hand": {"mode": "proxy", "proxy_address": "hand.minicloud.test:9443"}}
    entry = {"clusters": ["by-hand"], "names": ["logs-*"], "privileges": ["read"]}
    answers = [
        cloud.elasticsearch(
            LOCAL,
            "PUT",
            "/_cluster/settings",
            {"persistent": {"cluster": {"remote": remote}, "indices.recovery.max_bytes_per_sec": "50mb"}},
        ),
        cloud.elasticsearch(LOCAL, "PUT", "/_security/role/shared", {"cluster": ["monitor"], "remote_indices": [entry]}),
        cloud.elasticsearch(
            REMOTE, "POST", "/_security/cross_cluster/api_key", {"name": "by-hand", "access": {"search": [{"names": ["logs-*"]}]}}
        ),
    ]
    assert [answer.status_code for answer in answers] == [200] * 3, [answer.text for answer in answers]


def proxies_down(cloud: MiniCloud) -> dict[str, Any]:
    """Neither the remote cluster nor its API can be reached; the link is as it was."""
    rule = {"plane": "data", "deployment": REMOTE, "action": {"outage": 600, "refuse": True}}
    cloud.admin("POST", "/faults", {"rules": [rule]})
    return {}


def wrong_address(_cloud: MiniCloud) -> dict[str, Any]:
    """Nobody answers where the link leads to."""
    return {"proxy_address": "nowhere.minicloud.test:9443"}


@pytest.mark.parametrize(
    ("trouble", "words"),
    [(proxies_down, f"Elasticsearch of cluster {REMOTE}"), (wrong_address, "cannot connect to the remote cluster")],
    ids=lambda value: value.__name__ if callable(value) else "",
)
def test_ten_runs_against_a_remote_that_is_away_make_no_key_and_restart_nothing(
    controller: Controller, trouble: Callable[[MiniCloud], dict[str, Any]], words: str
):
    cloud = controller.cloud
    alias = trouble.__name__.replace("_", "-")
    assert controller.run(link(alias)).play.status == 0
    before = keys_of(cloud)
    wanted = link(alias, **trouble(cloud))
    mark = cloud.mark()

    runs = at_once(controller, *[(wanted,)] * RUNS, wait=2)
    writes = cloud.writes_since(mark)
    cloud.admin("DELETE", "/faults")

    assert [run.play.status for run in runs] == [2] * RUNS
    assert [write for write in writes if "_restart" in write or "api_key" in write or "/keystore" in write] == []
    assert keys_of(cloud) == before
    assert [run.play.messages for run in runs if words not in run.play.messages] == []
    repaired = controller.run(link(alias))
    assert repaired.play.status == 0, repaired.text
    assert keys_of(cloud) == before
