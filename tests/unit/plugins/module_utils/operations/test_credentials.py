# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys, keystore and settings: what is planned, and what lost or refused answers lead to."""

from __future__ import annotations

import pytest

from ansible_collections.crosscluster.elastic.plugins.module_utils.api.waiting import Clock
from ansible_collections.crosscluster.elastic.plugins.module_utils.model import errors, keys
from ansible_collections.crosscluster.elastic.plugins.module_utils.operations import api_key, remote_cluster, secure_settings_reload

LOST = errors.ReplyLost("Elasticsearch", "POST /x", "lost")
BODY = {"name": "remote-cluster-orders", "metadata": {"run": "r1"}}
STORED = {"id": "k1", "type": "cross_cluster", "name": "remote-cluster-orders", "creation": 1}


class Each:
    def __init__(self, *answers):
        self.answers = iter(answers)


class Client:
    """Answers by method; Each gives one after the other, an exception is raised."""

    subject = "Elasticsearch of cluster orders"

    def __init__(self, **answers):
        self.answers, self.calls = answers, []

    def __getattr__(self, name):
        def call(*arguments, **options):
            self.calls.append((name, arguments, options))
            answer = self.answers[name]
            answer = next(answer.answers) if isinstance(answer, Each) else answer
            if isinstance(answer, Exception):
                raise answer
            return answer

        return call


@pytest.fixture
def clock():
    class Time:
        seconds = 0.0

    def wait(seconds):
        Time.seconds += seconds

    return Clock(now=lambda: Time.seconds, wait=wait)


@pytest.mark.proves("R19")
def test_a_key_is_made_and_its_secret_handed_on(clock):
    client = Client(create_cross_cluster_key={"id": "k1", "encoded": "e"})
    assert api_key.create_for_link(client, BODY, "r1", clock) == ("k1", "e")


def test_after_a_lost_answer_the_key_is_looked_up_by_the_run_and_revoked_before_another_is_made(clock):
    made = {"id": "k2", "encoded": "e"}
    client = Client(create_cross_cluster_key=Each(LOST, made), cross_cluster_keys=Each([], [STORED]), invalidate_keys={"error_count": 0})
    assert api_key.create_for_link(client, BODY, "r1", clock) == ("k2", "e")
    looked_up = ("cross_cluster_keys", ({"metadata.run": "r1", "name": "remote-cluster-orders"},), {})
    assert client.calls[1:4] == [looked_up, looked_up, ("invalidate_keys", (["k1"],), {})]


def test_answers_that_are_lost_again_and_again_end_in_a_failure(clock):
    client = Client(create_cross_cluster_key=LOST, cross_cluster_keys=[])
    with pytest.raises(errors.ReplyLost):
        api_key.create_for_link(client, BODY, "r1", clock)
    assert clock.now() == api_key.LOOK_UP_SECONDS * api_key.CREATE_ATTEMPTS


def test_a_key_of_another_owner_that_cannot_be_changed_names_the_owner():
    refused = Each(errors.NotFound("E", "PUT /x", "no API key owned by requesting user"), errors.Forbidden("E", "PUT /x", "run as"))
    key = keys.from_api({**STORED, "username": "former-admin"})
    with pytest.raises(errors.Refused, match="belongs to user 'former-admin'") as caught:
        api_key.update(Client(update_cross_cluster_key=refused), key, {})
    assert "revoke the key" in caught.value.remedy


def test_refusals_inside_a_success_of_a_revocation_are_found():
    answer = {"error_count": 1, "error_details": [{"reason": "not allowed"}]}
    with pytest.raises(errors.Refused, match="1 of 2 keys could not be revoked: not allowed"):
        api_key.revoke(Client(invalidate_keys=answer), ["a", "b"])


def test_keys_are_listed_with_the_newest_last():
    client = Client(cross_cluster_keys=[{**STORED, "creation": 2}, {**STORED, "id": "k0"}])
    assert [key.id for key in api_key.observe(client, {})] == ["k0", "k1"]


@pytest.mark.parametrize(
    ("text", "words"), [(None, ""), ("90d", ""), ("0s", "longer than 0"), ("soon", "expiration 'soon' is not a duration")]
)
def test_an_expiration_is_checked(text, words):
    assert words in api_key.expiration_problem(text) and bool(words) == bool(api_key.expiration_problem(text))


def test_an_expiration_that_is_there_stays():
    wanted = {"name": "n", "access": {}, "metadata": None, "expiration": "1d"}
    assert api_key.plan_update(keys.from_api({**STORED, "expiration": 5}), wanted) is None
    # Elasticsearch 8 refuses an expiration alone.
    assert api_key.plan_update(keys.from_api(STORED), wanted).payload[1][1] == {"access": {}, "expiration": "1d"}


def test_settings_that_read_back_differently_are_refused():
    client = Client(update_settings=None, settings={"persistent": {"cluster.remote.orders.mode": "sniff"}})
    change = remote_cluster.plan({}, "cluster search", "orders", {"mode": "proxy"})
    with pytest.raises(errors.Refused, match=r"read back differently: cluster\.remote\.orders\.mode"):
        remote_cluster.apply(client, change)


def test_several_aliases_are_written_in_one_request():
    changes = [remote_cluster.plan({}, "cluster search", alias, {"mode": "proxy"}) for alias in ("a", "b")]
    sent = {"cluster.remote.a.mode": "proxy", "cluster.remote.b.mode": "proxy"}
    client = Client(update_settings=None, settings={"persistent": sent})
    assert remote_cluster.apply(client, *changes) == sent
    assert client.calls[0] == ("update_settings", (sent,), {})


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"_nodes": {"total": 2}, "nodes": {"a": {"name": "n0"}}}, r"1 of 2 nodes did not reload \(no details\)"),
        ({"nodes": {"a": {"name": "n0", "reload_exception": {"reason": "why"}}}}, r"1 of 1 nodes did not reload \(n0: why\)"),
        ({"nodes": {"a": {"reload_exception": "text"}}}, r"\(a: text\)"),
    ],
)
def test_nodes_that_did_not_reload_are_told(answer, words):
    with pytest.raises(errors.Refused, match=words):
        secure_settings_reload.apply(Client(reload_secure_settings=answer), None)
