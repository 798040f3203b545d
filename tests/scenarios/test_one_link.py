# SPDX-License-Identifier: GPL-3.0-or-later
"""One link of each scenario with a cross-cluster API key, on real Elasticsearch: made, kept, repaired, and nothing else touched."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from harness.controller import Controller, until

ROLE = {"name": "order-readers"}


def without_run(changes: list[dict]) -> list[str]:
    """Changes in a form in which two runs can be compared."""
    return sorted(json.dumps(change, sort_keys=True) for change in changes)


def name_of(controller: Controller, alias: str) -> str:
    return f"{controller.scenario.local} -> {controller.scenario.remote} (alias {alias})"


@pytest.mark.proves("P08", "R6", "R11", "R21", "R26", "R31", "R34", "R44")
def test_a_link_is_predicted_made_proven_and_then_left_alone(controller: Controller):
    wanted = controller.link("made", roles=[ROLE], expiration="90d", renew_before="14d")

    predicted = controller.run(wanted, arguments=("--check", "--diff"))
    made = controller.run(wanted, arguments=("--diff",))
    again = controller.run(wanted)

    assert predicted.play.status == made.play.status == again.play.status == 0, made.text
    assert predicted.writes == []
    assert without_run(predicted.changes) == without_run(made.changes)
    assert [change["what"] for change in made.changes] == [
        f"cross-cluster API key of {name_of(controller, 'made')}",
        f"remote cluster made of cluster {controller.scenario.local}",
        "role order-readers",
    ]
    assert made.links[0]["status"] == "proven"
    assert len(made.links[0]["proof"]["nodes"]) == 2, "both nodes of the local cluster are seen to use the key"
    assert [hit["_index"] for hit in controller.search("made")] == ["made:orders-2026"]
    assert again.changes == []
    assert again.writes == []
    assert again.play.changed == 0


def test_every_write_of_a_run_belongs_to_a_change_that_it_lists(controller: Controller):
    made = controller.run(controller.link("listed", roles=[ROLE]))

    listed = {request for change in made.changes for request in change["requests"]}

    assert set(made.writes) == listed
    assert len(made.writes) == len(set(made.writes)), "each of them was made once"


def test_check_mode_without_a_change_and_the_verify_playbook_write_nothing(controller: Controller):
    wanted = controller.link("verified")
    controller.run(wanted)

    checked = controller.run(wanted, arguments=("--check",))
    verified = controller.run(wanted, playbook="crosscluster.elastic.verify")

    assert (checked.changes, checked.writes, checked.links[0]["status"]) == ([], [], "proven")
    assert (verified.changes, verified.writes, verified.links[0]["status"]) == ([], [], "proven")


def test_the_verify_playbook_says_what_is_wrong_with_a_broken_link_and_does_not_repair_it(controller: Controller):
    wanted = controller.link("broken")
    controller.run(wanted)
    controller.revoke_keys("broken")

    verified = controller.run(wanted, playbook="crosscluster.elastic.verify")

    assert verified.play.status != 0
    assert verified.writes == []
    assert name_of(controller, "broken") in verified.play.messages
    # A node that has lost its connection gives no reason any more; then what was seen of the keys is told.
    reasons = ("revoked, expired or unknown on the remote cluster", "no valid key of this link is left on the remote")
    assert any(reason in verified.play.messages for reason in reasons)


@pytest.mark.proves("R22", "R23")
def test_the_key_limits_superusers_too_and_roles_narrow_it_but_never_widen_it(controller: Controller):
    for index in ("inside-a", "inside-b", "outside"):
        assert controller.remote("PUT", f"/{index}/_doc/1?refresh=true", {"item": "lantern"}).status_code == 201
    roles = [{"name": "narrow", "names": ["inside-a"]}, {"name": "wide", "names": ["*"]}]
    made = controller.run(controller.link("bounded", access={"search": [{"names": ["inside-*"]}]}, roles=roles))
    assert made.play.status == 0, made.text

    superuser, narrow, wide = None, add_user(controller, "narrow"), add_user(controller, "wide")

    assert seen(controller, "bounded", superuser) == {"inside-a": 200, "inside-b": 200, "outside": 403}
    assert seen(controller, "bounded", wide) == {"inside-a": 200, "inside-b": 200, "outside": 403}
    assert seen(controller, "bounded", narrow) == {"inside-a": 200, "inside-b": 403, "outside": 403}


def add_user(controller: Controller, role: str) -> tuple[str, str]:
    """A user of the local cluster with one role."""
    user = (f"user-{role}", "a-long-password")
    assert controller.local("PUT", f"/_security/user/{user[0]}", {"password": user[1], "roles": [role]}).status_code == 200
    return user


def seen(controller: Controller, alias: str, user: tuple[str, str] | None) -> dict[str, int]:
    """How searches of three indices through an alias are answered."""
    search = controller.cloud.elasticsearch
    indices = ("inside-a", "inside-b", "outside")
    return {index: search(controller.scenario.local, "GET", f"/{alias}:{index}/_search", auth=user).status_code for index in indices}


def revoke_the_key(controller: Controller, alias: str) -> None:
    controller.revoke_keys(alias)


def let_the_key_expire(controller: Controller, alias: str) -> None:
    (key,) = controller.valid_keys(alias)
    answer = controller.remote("PUT", f"/_security/cross_cluster/api_key/{key['id']}", {"access": key["access"], "expiration": "1ms"})
    assert answer.status_code == 200, answer.text


def lose_the_keystore_entry(controller: Controller, alias: str) -> None:
    setting = f"cluster.remote.{alias}.credentials"
    controller.cloud.admin("POST", f"/deployments/{controller.scenario.local}/keystore/remove", {"name": setting})
    until(lambda: all(setting not in entries for entries in controller.keystores().values()))


def change_the_address(controller: Controller, alias: str) -> None:
    body = {"persistent": {f"cluster.remote.{alias}.proxy_address": "elsewhere.minicloud.test:9443"}}
    assert controller.local("PUT", "/_cluster/settings", body).status_code == 200


def change_the_access(controller: Controller, alias: str) -> None:
    (key,) = controller.valid_keys(alias)
    body = {"access": {"search": [{"names": ["invoices-*"]}]}}
    answer = controller.remote("PUT", f"/_security/cross_cluster/api_key/{key['id']}", body)
    assert answer.json() == {"updated": True}


def delete_the_alias(controller: Controller, alias: str) -> None:
    body = {"persistent": {f"cluster.remote.{alias}.*": None}}
    assert controller.local("PUT", "/_cluster/settings", body).status_code == 200


@pytest.mark.proves("R139", "R140")
@pytest.mark.parametrize(
    ("damage", "step", "action"),
    [
        (revoke_the_key, "credentials", "replace"),
        (let_the_key_expire, "credentials", "replace"),
        (lose_the_keystore_entry, "credentials", "replace"),
        (change_the_access, "credentials", "update"),
        (change_the_address, "connection", "update"),
        (delete_the_alias, "connection", "create"),
    ],
    ids=lambda value: value.__name__ if callable(value) else str(value),
)
def test_the_next_run_repairs_a_damaged_link_by_one_change_and_the_run_after_it_writes_nothing(
    controller: Controller, damage: Callable[[Controller, str], None], step: str, action: str
):
    alias = damage.__name__
    wanted = controller.link(alias)
    assert controller.run(wanted).play.status == 0
    damage(controller, alias)

    predicted = controller.run(wanted, arguments=("--check",))
    repaired = controller.run(wanted)
    after = controller.run(wanted)

    assert repaired.play.status == 0, repaired.text
    assert [(change["step"], change["action"]) for change in repaired.changes] == [(step, action)]
    assert without_run(predicted.changes) == without_run(repaired.changes)
    assert set(repaired.writes) == set(repaired.changes[0]["requests"])
    assert [hit["_index"] for hit in controller.search(alias)] == [f"{alias}:orders-2026"]
    assert controller.local("GET", "/_remote/info").json()[alias]["skip_unavailable"] is False
    assert (after.changes, after.writes) == ([], [])


@pytest.mark.proves("R29")
def test_what_others_have_made_is_the_same_before_and_after(controller: Controller):
    cloud = controller.cloud
    foreign_key = {"name": "remote-cluster-beside", "access": {"search": [{"names": ["orders-*"]}]}, "metadata": {"owner": "somebody"}}
    encoded = controller.remote("POST", "/_security/cross_cluster/api_key", foreign_key).json()["encoded"]
    write_foreign_entry(controller, encoded)
    endpoint = cloud.deployment(controller.scenario.remote)["endpoint"]
    alias = {"mode": "proxy", "proxy_address": f"{endpoint}:9443", "server_name": endpoint, "skip_unavailable": "true"}
    controller.local("PUT", "/_cluster/settings", {"persistent": {"cluster": {"remote": {"foreign": alias}}}})
    role = {"cluster": ["monitor"], "remote_indices": [{"clusters": ["foreign"], "names": ["orders-*"], "privileges": ["read"]}]}
    controller.local("PUT", "/_security/role/mixed", role)
    before = snapshot(controller)

    made = controller.run(controller.link("beside", roles=[{"name": "mixed"}]))

    assert made.play.status == 0, made.text
    after = snapshot(controller)
    assert before["keys"].items() <= after["keys"].items()
    assert before["settings"].items() <= after["settings"].items()
    assert all(entries.items() <= after["keystore"][node].items() for node, entries in before["keystore"].items())
    assert {"cluster.remote.theirs.credentials", "cluster.remote.foreign.credentials"} <= set(before["keystore"]["instance-0000000000"])
    merged = controller.local("GET", "/_security/role/mixed").json()["mixed"]
    assert merged["cluster"] == ["monitor"]
    assert [entry["clusters"] for entry in merged["remote_indices"]] == [["foreign"], ["beside"]]
    assert {name: role for name, role in after["roles"].items() if name != "mixed"} == {
        name: role for name, role in before["roles"].items() if name != "mixed"
    }


def snapshot(controller: Controller) -> dict:
    return {
        "keys": {key_id: json.dumps(key, sort_keys=True) for key_id, key in controller.keys().items()},
        "settings": controller.settings(),
        "keystore": controller.keystores(),
        "roles": controller.local("GET", "/_security/role").json(),
    }


def write_foreign_entry(controller: Controller, encoded: str) -> None:
    """Two secure settings of somebody else, by way of the platform, and wait until both nodes have them."""
    import requests

    state = controller.cloud.state
    deployment = controller.cloud.deployment(controller.scenario.local)
    platform = controller.cloud.platform(deployment["platform"])
    secrets = {"cluster.remote.theirs.credentials": {"value": encoded}, "cluster.remote.foreign.credentials": {"value": encoded}}
    answer = requests.patch(
        f"{platform['url']}/api/v1/deployments/{deployment['id']}/elasticsearch/{deployment['ref_id']}/keystore",
        json={"secrets": secrets},
        headers={"Authorization": f"ApiKey {platform['api_key']}"},
        proxies={"https": state["https_proxy"]},
        verify=platform["ca_path"],
        timeout=30,
    )
    assert answer.status_code == 200, answer.text
    until(lambda: all(set(secrets) <= set(entries) for entries in controller.keystores().values()))
