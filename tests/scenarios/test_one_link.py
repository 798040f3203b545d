# SPDX-License-Identifier: GPL-3.0-or-later
"""One link from ECE to ECH with a cross-cluster API key, on real Elasticsearch: made, kept, repaired, and nothing else touched."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from harness.controller import LOCAL, REMOTE, Controller, keys_of, link, search, settings_of, until, valid_keys_of_link

ROLE = {"name": "order-readers"}


def without_run(changes: list[dict]) -> list[str]:
    """Changes in a form in which two runs can be compared."""
    return sorted(json.dumps(change, sort_keys=True) for change in changes)


def test_a_link_is_predicted_made_proven_and_then_left_alone(controller: Controller):
    wanted = link("made", roles=[ROLE], expiration="90d", renew_before="14d")

    predicted = controller.run(wanted, arguments=("--check", "--diff"))
    made = controller.run(wanted, arguments=("--diff",))
    again = controller.run(wanted)

    assert predicted.play.status == made.play.status == again.play.status == 0, made.text
    assert predicted.writes == []
    assert without_run(predicted.changes) == without_run(made.changes)
    assert [change["what"] for change in made.changes] == [
        "cross-cluster API key of search-prod -> orders-prod (alias made)",
        "remote cluster made of cluster search-prod",
        "role order-readers",
    ]
    assert made.links[0]["status"] == "proven"
    assert len(made.links[0]["proof"]["nodes"]) == 2, "both nodes of the local cluster are seen to use the key"
    assert [hit["_index"] for hit in search(controller.cloud, "made")] == ["made:orders-2026"]
    assert again.changes == []
    assert again.writes == []
    assert again.play.changed == 0


def test_every_write_of_a_run_belongs_to_a_change_that_it_lists(controller: Controller):
    made = controller.run(link("listed", roles=[ROLE]))

    listed = {request for change in made.changes for request in change["requests"]}

    assert set(made.writes) == listed
    assert len(made.writes) == len(set(made.writes)), "each of them was made once"


def test_check_mode_without_a_change_and_the_verify_playbook_write_nothing(controller: Controller):
    wanted = link("verified")
    controller.run(wanted)

    checked = controller.run(wanted, arguments=("--check",))
    verified = controller.run(wanted, playbook="verify")

    assert (checked.changes, checked.writes, checked.links[0]["status"]) == ([], [], "proven")
    assert (verified.changes, verified.writes, verified.links[0]["status"]) == ([], [], "proven")


def test_the_verify_playbook_says_what_is_wrong_with_a_broken_link_and_does_not_repair_it(controller: Controller):
    wanted = link("broken")
    controller.run(wanted)
    revoke_the_key(controller, "broken")

    verified = controller.run(wanted, playbook="verify")

    assert verified.play.status != 0
    assert verified.writes == []
    assert "search-prod -> orders-prod (alias broken)" in verified.play.messages
    # A node that has lost its connection gives no reason any more; then what was seen of the keys is told.
    reasons = ("revoked, expired or unknown on the remote cluster", "no valid key of this link is left on the remote")
    assert any(reason in verified.play.messages for reason in reasons)


def revoke_the_key(controller: Controller, alias: str) -> None:
    ids = [key["id"] for key in valid_keys_of_link(controller.cloud, alias)]
    answer = controller.cloud.elasticsearch(REMOTE, "DELETE", "/_security/api_key", {"ids": ids})
    assert answer.json()["invalidated_api_keys"] == ids


def let_the_key_expire(controller: Controller, alias: str) -> None:
    (key,) = valid_keys_of_link(controller.cloud, alias)
    answer = controller.cloud.elasticsearch(
        REMOTE, "PUT", f"/_security/cross_cluster/api_key/{key['id']}", {"access": key["access"], "expiration": "1ms"}
    )
    assert answer.status_code == 200, answer.text


def lose_the_keystore_entry(controller: Controller, alias: str) -> None:
    setting = f"cluster.remote.{alias}.credentials"
    controller.cloud.admin("POST", f"/deployments/{LOCAL}/keystore/remove", {"name": setting})
    until(lambda: all(setting not in entries for entries in controller.cloud.admin("GET", f"/deployments/{LOCAL}/keystore").values()))


def change_the_address(controller: Controller, alias: str) -> None:
    body = {"persistent": {f"cluster.remote.{alias}.proxy_address": "elsewhere.minicloud.test:9443"}}
    assert controller.cloud.elasticsearch(LOCAL, "PUT", "/_cluster/settings", body).status_code == 200


def change_the_access(controller: Controller, alias: str) -> None:
    (key,) = valid_keys_of_link(controller.cloud, alias)
    body = {"access": {"search": [{"names": ["invoices-*"]}]}}
    answer = controller.cloud.elasticsearch(REMOTE, "PUT", f"/_security/cross_cluster/api_key/{key['id']}", body)
    assert answer.json() == {"updated": True}


def delete_the_alias(controller: Controller, alias: str) -> None:
    body = {"persistent": {f"cluster.remote.{alias}.*": None}}
    assert controller.cloud.elasticsearch(LOCAL, "PUT", "/_cluster/settings", body).status_code == 200


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
    wanted = link(alias)
    assert controller.run(wanted).play.status == 0
    damage(controller, alias)

    predicted = controller.run(wanted, arguments=("--check",))
    repaired = controller.run(wanted)
    after = controller.run(wanted)

    assert repaired.play.status == 0, repaired.text
    assert [(change["step"], change["action"]) for change in repaired.changes] == [(step, action)]
    assert without_run(predicted.changes) == without_run(repaired.changes)
    assert set(repaired.writes) == set(repaired.changes[0]["requests"])
    assert [hit["_index"] for hit in search(controller.cloud, alias)] == [f"{alias}:orders-2026"]
    assert controller.cloud.elasticsearch(LOCAL, "GET", "/_remote/info").json()[alias]["skip_unavailable"] is False
    assert (after.changes, after.writes) == ([], [])


def test_what_others_have_made_is_the_same_before_and_after(controller: Controller):
    cloud = controller.cloud
    foreign_key = {"name": "remote-cluster-beside", "access": {"search": [{"names": ["orders-*"]}]}, "metadata": {"owner": "somebody"}}
    encoded = cloud.elasticsearch(REMOTE, "POST", "/_security/cross_cluster/api_key", foreign_key).json()["encoded"]
    write_foreign_entry(controller, encoded)
    endpoint = cloud.deployment(REMOTE)["endpoint"]
    alias = {"mode": "proxy", "proxy_address": f"{endpoint}:9443", "server_name": endpoint, "skip_unavailable": "true"}
    cloud.elasticsearch(LOCAL, "PUT", "/_cluster/settings", {"persistent": {"cluster": {"remote": {"foreign": alias}}}})
    role = {"cluster": ["monitor"], "remote_indices": [{"clusters": ["foreign"], "names": ["orders-*"], "privileges": ["read"]}]}
    cloud.elasticsearch(LOCAL, "PUT", "/_security/role/mixed", role)
    before = snapshot(controller)

    made = controller.run(link("beside", roles=[{"name": "mixed"}]))

    assert made.play.status == 0, made.text
    after = snapshot(controller)
    assert before["keys"].items() <= after["keys"].items()
    assert before["settings"].items() <= after["settings"].items()
    assert all(entries.items() <= after["keystore"][node].items() for node, entries in before["keystore"].items())
    assert {"cluster.remote.theirs.credentials", "cluster.remote.foreign.credentials"} <= set(before["keystore"]["instance-0000000000"])
    merged = cloud.elasticsearch(LOCAL, "GET", "/_security/role/mixed").json()["mixed"]
    assert merged["cluster"] == ["monitor"]
    assert [entry["clusters"] for entry in merged["remote_indices"]] == [["foreign"], ["beside"]]
    assert {name: role for name, role in after["roles"].items() if name != "mixed"} == {
        name: role for name, role in before["roles"].items() if name != "mixed"
    }


def snapshot(controller: Controller) -> dict:
    cloud = controller.cloud
    return {
        "keys": {key_id: json.dumps(key, sort_keys=True) for key_id, key in keys_of(cloud).items()},
        "settings": settings_of(cloud),
        "keystore": cloud.admin("GET", f"/deployments/{LOCAL}/keystore"),
        "roles": cloud.elasticsearch(LOCAL, "GET", "/_security/role").json(),
    }


def write_foreign_entry(controller: Controller, encoded: str) -> None:
    """Two secure settings of somebody else, by way of the platform, and wait until both nodes have them."""
    import requests

    state = controller.cloud.state
    deployment, platform = controller.cloud.deployment(LOCAL), controller.cloud.platform(controller.cloud.deployment(LOCAL)["platform"])
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
    until(lambda: all(set(secrets) <= set(entries) for entries in controller.cloud.admin("GET", f"/deployments/{LOCAL}/keystore").values()))
