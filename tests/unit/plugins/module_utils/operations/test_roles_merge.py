# SPDX-License-Identifier: GPL-3.0-or-later
"""Several links write one role at once, into the role as it is at that moment."""

from __future__ import annotations

from ansible_collections.crosscluster.elastic.plugins.module_utils.operations import role


class Client:
    """A cluster with one role."""

    def __init__(self, present):
        self.present, self.written = present, []

    def role(self, name):
        return self.present

    def put_role(self, name, content):
        self.written.append((name, content))


def wish(alias):
    return {"remote_indices": [{"clusters": [alias], "names": ["orders-*"], "privileges": ["read"]}], "remote_cluster": None}


def test_all_wishes_are_one_write_and_what_others_added_meanwhile_stays():
    client = Client({"cluster": ["monitor"], **wish("theirs")})

    role.merge(client, "readers", [wish("a"), wish("b")])

    ((name, content),) = client.written
    assert (name, content["cluster"]) == ("readers", ["monitor"])
    assert [entry["clusters"] for entry in content["remote_indices"]] == [["theirs"], ["a"], ["b"]]


def test_a_role_that_has_it_all_is_not_written():
    client = Client(wish("a"))

    role.merge(client, "readers", [wish("a")])

    assert client.written == []


def test_a_role_that_does_not_exist_is_made():
    client = Client(None)

    role.merge(client, "readers", [wish("a")])

    assert client.written == [("readers", {"remote_indices": wish("a")["remote_indices"]})]
