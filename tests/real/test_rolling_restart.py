# SPDX-License-Identifier: GPL-3.0-or-later
"""The role for remote cluster servers on a self-managed cluster of two real nodes, which answers searches all the while."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from harness.cloud import MiniCloud, running
from harness.nodes import Owner, recap
from minicloud.world import REMOTE_CLUSTER_PORT

CLUSTER = "billing"
WORLD = {"self_managed": [{"name": "datacenter", "clusters": [{"name": CLUSTER, "version": "8.19.21", "nodes": 2}]}]}


@pytest.fixture(scope="module")
def datacenter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MiniCloud]:
    folder = tmp_path_factory.mktemp("datacenter")
    world = folder / "world.yml"
    world.write_text(yaml.safe_dump(WORLD))
    with running(world, folder / "state", "real") as started:
        yield started


ASKED_AGAIN = 10
"""Times that a search is repeated, every 0.2 s, before it counts as not answered. Of two nodes one alone has the vote: while it is away
there is no master, and for a moment after it is back the other one joins it and refuses searches."""


class Searcher:
    """Searches again and again, each time at any node that can be reached; ``hits`` are what it found each time."""

    def __init__(self, owner: Owner) -> None:
        self._owner = owner
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._search)
        self.hits: list[int] = []

    def __enter__(self) -> Searcher:
        self._thread.start()
        return self

    def __exit__(self, *_failure: object) -> None:
        self._over.set()
        self._thread.join()

    def _search(self) -> None:
        pause = threading.Event()
        while not self._over.wait(0.2):
            tries = (self._found() for attempt in range(1 + ASKED_AGAIN) if not attempt or not pause.wait(0.2))
            self.hits.append(next((hits for hits in tries if hits is not None), -1))

    def _found(self) -> int | None:
        """What one of the nodes finds, None when none of them answers."""
        answers = (self._owner.ask(node, "GET", "/invoices/_search") for node in self._owner.nodes)
        found = next((answer for answer in answers if answer is not None and answer.status_code == 200), None)
        return None if found is None else found.json()["hits"]["total"]["value"]


@pytest.mark.proves("R108", "R109", "R110")
def test_two_nodes_become_remote_cluster_servers_one_after_the_other_and_every_search_is_answered(datacenter: MiniCloud, tmp_path: Path):
    owner = Owner(datacenter, CLUSTER, tmp_path)
    index = {"settings": {"number_of_shards": 1, "number_of_replicas": 1}}
    datacenter.elasticsearch(CLUSTER, "PUT", "/invoices?wait_for_active_shards=2", index).raise_for_status()
    datacenter.elasticsearch(CLUSTER, "PUT", "/invoices/_doc/1?refresh=true", {"number": 1}).raise_for_status()
    server = {
        "ca_certificate": str(tmp_path / "ca.crt"),
        "ca_key": str(tmp_path / "ca.key"),
        "passphrase": "a pass phrase",
        "host": "{{ node_address }}",
        "dns": ["{{ node_host }}"],
        "ip": ["{{ node_address }}"],
    }

    with Searcher(owner) as searcher:
        done = owner.run("remote_cluster_server", **server)

    assert done.status == 0, done.output
    assert len(searcher.hits) > 20 and set(searcher.hits) == {1}
    events = owner.events()
    assert [event["event"] for event in events] == ["down", "up"] * 2
    assert events[0]["node"] == events[1]["node"] != events[2]["node"] == events[3]["node"]
    assert {event["status"] for event in events if event["event"] == "down"} == {"green"}
    trust = ssl.create_default_context(cafile=server["ca_certificate"])
    for node in owner.nodes:
        with (
            socket.create_connection((node["address"], REMOTE_CLUSTER_PORT)) as plain,
            trust.wrap_socket(plain, server_hostname=node["host"]),
        ):
            pass  # the certificate is the one of our CA, and for this name

    again = owner.run("remote_cluster_server", **server)

    assert (again.status, sum(counts["changed"] for counts in recap(again).values())) == (0, 0), again.output
    assert len(owner.events()) == 4
