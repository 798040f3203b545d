# SPDX-License-Identifier: GPL-3.0-or-later
"""Which key the nodes of a local cluster use, found out while platforms and connections take their time."""

from __future__ import annotations

import pytest

from ansible_collections.crosscluster.elastic.plugins.module_utils.api.elasticsearch import Answer
from ansible_collections.crosscluster.elastic.plugins.module_utils.api.waiting import Clock
from ansible_collections.crosscluster.elastic.plugins.module_utils.fleet import probe

from .builders import declared, linked

LOST = {"connected": False}
REBUILT = {"connected": False, "error": "org.apache.lucene.store.AlreadyClosedException: connect handler is already closed"}
DROPPED = {"connected": False, "error": "transport connection to [10.0.0.7:9443] closed by remote"}
DEAD = {"connected": False, "error": "Unable to connect to [orders]: connect_exception: Connection refused"}


def using(key_id):
    return {"connected": True, "error": f"action is unauthorized for user [elastic] authenticated by API key id [{key_id}]"}


class Nodes:
    """Two nodes behind the proxies of a platform. answers: those of each node, of which the last stands for all that follow."""

    def __init__(self, *answers):
        self._answers = answers
        self._asked = 0
        self.seconds = 0.0

    def nodes(self, _cluster):
        return {}

    def elasticsearch(self, *_arguments):
        return self

    def resolve_cluster(self, _expression):
        node, turn = self._asked % 2, self._asked // 2
        self._asked += 1
        given = self._answers[node]
        return Answer(f"instance-{node}", {"orders": given[min(turn, len(given) - 1)]})

    def uses(self):
        clock = Clock(lambda: self.seconds, self._wait)
        (use,) = probe.settled_uses(self, linked(), declared().links, clock).values()
        return use

    def _wait(self, seconds):
        self.seconds += seconds


def test_nodes_that_agree_are_asked_once():
    nodes = Nodes([using("key1")], [using("key1")])

    assert nodes.uses().nodes == {"instance-0": "key1", "instance-1": "key1"}
    assert nodes.seconds == 0


def test_nodes_that_disagree_are_given_time_until_they_agree_or_one_of_the_keys_is_lost():
    late, never = Nodes([using("key2")], [using("key1")] * 3 + [using("key2")]), Nodes([using("key2")], [using("key1")])

    assert set(late.uses().nodes.values()) == {"key2"}
    assert set(never.uses().nodes.values()) == {"key1", "key2"}
    assert (late.seconds < 5, never.seconds >= probe.SETTLE_SECONDS) == (True, True)


@pytest.mark.parametrize("lost", [LOST, REBUILT, DROPPED], ids=["lost", "rebuilt", "dropped"])
def test_a_node_that_has_lost_the_connection_is_asked_again_since_it_makes_it_anew_in_the_background(lost):
    nodes = Nodes([lost, lost, using("key1")], [lost, using("key1")])

    assert nodes.uses().nodes == {"instance-0": "key1", "instance-1": "key1"}
    assert 0 < nodes.seconds < probe.CONNECT_SECONDS


@pytest.mark.parametrize(
    ("answer", "seconds"), [(LOST, probe.CONNECT_SECONDS), (DEAD, 0), ({"connected": True}, 0)], ids=["lost", "dead", "answered"]
)
def test_a_node_that_says_nothing_is_waited_for_only_while_it_may_be_connecting(answer, seconds):
    nodes = Nodes([answer], [answer])

    assert nodes.uses().nodes == {"instance-0": None, "instance-1": None}
    assert seconds <= nodes.seconds <= seconds * 2
