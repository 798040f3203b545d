# SPDX-License-Identifier: GPL-3.0-or-later
"""Two administrators make a link, each with the credentials of one side. Each test begins where the one before has ended."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from ansible.constants import DEFAULT_VAULT_ID_MATCH
from ansible.parsing.vault import VaultLib, VaultSecret

from harness import worlds
from harness.cloud import running
from harness.controller import Run
from harness.halves import ALIAS, INTRODUCED, PASSWORD, PROVE, Halves
from suites.evidence import Watch, leaks


def started(tmp_path_factory: pytest.TempPathFactory, local: str, remote: str, **environments: dict[str, Any]) -> Iterator[Halves]:
    """environments: what is otherwise in environments of the world, by name; ``filters`` are those of the remote."""
    folder = tmp_path_factory.mktemp(local)
    path = worlds.cut((local, remote), folder)
    world = yaml.safe_load(path.read_text())
    for environment in world.get("environments", []):
        change = dict(environments.get(environment["name"], {}))
        environment["deployments"][0]["filters"] = change.pop("filters", [])
        environment.update(change)
    path.write_text(yaml.safe_dump(world))
    with running(path, folder / "state", "simulated") as cloud:
        (folder / "files").mkdir()
        yield Halves(cloud, folder / "files", local, remote)


@pytest.fixture(scope="module")
def halves(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Halves]:
    """Two organizations of Elastic Cloud Hosted."""
    yield from started(tmp_path_factory, "shop-prod", "partner-prod")


@pytest.fixture(scope="module")
def introduced(halves: Halves) -> dict[str, Any]:
    done = halves.introduce()
    assert (done.play.status, done.writes) == (0, []), done.text
    return {"grant_local": done.play.tasks[INTRODUCED]["msg"]["grant_local"]}


def refused(run: Run, *words: str) -> None:
    assert run.play.status != 0
    assert run.writes == []
    assert "Traceback" not in run.text
    for word in words:
        assert word in run.play.messages, run.play.messages


def test_an_introduction_holds_ids_and_addresses_only(halves: Halves, introduced: dict[str, Any]):
    local = introduced["grant_local"]

    assert set(local) == {"cluster_uuid", "cluster_id", "organization_id", "egress"}
    assert local["cluster_uuid"] == halves.cloud.elasticsearch(halves.local, "GET", "/").json()["cluster_uuid"]


def test_check_mode_of_a_grant_makes_neither_a_key_nor_a_file(halves: Halves, introduced: dict[str, Any]):
    predicted = halves.grant("--check", "--diff", **introduced)

    assert (predicted.play.status, predicted.writes) == (0, []), predicted.text
    assert predicted.play.changed == 2
    assert not halves.file.exists()


def test_the_remote_administrator_is_told_what_is_missing(halves: Halves, introduced: dict[str, Any]):
    uuid = introduced["grant_local"]["cluster_uuid"]

    refused(halves.grant(), "grant_local")
    refused(halves.grant(grant_local={"cluster_uuid": "shop-prod"}), "grant_local.cluster_uuid is not the 22 characters", "introduce")
    refused(halves.grant(grant_local={"cluster_uuid": uuid, "cluster_id": "x"}, grant_renew_before="91d"), "32 digits", "not shorter than")
    refused(halves.grant(**introduced, grant_network="always"), "no traffic filter", "grant_allow_first_filter")
    assert not halves.file.exists()


@pytest.mark.proves("R6", "R16", "R20", "R44")
def test_a_grant_writes_an_encrypted_file_and_the_secret_nowhere_else(halves: Halves, introduced: dict[str, Any]):
    with Watch(halves.folder) as watch:
        done = halves.grant("-vvv", **introduced)

    assert done.play.status == 0, done.text
    assert [write.split()[0] for write in done.writes] == ["POST"]
    assert halves.file.read_text().startswith("$ANSIBLE_VAULT;1.1;AES256\n")
    assert f"{halves.file.stat().st_mode & 0o777:o}" == "600"
    handed = halves.handed_over()
    secrets = {"encoded key": handed["encoded"], "key": base64.b64decode(handed["encoded"]).decode().split(":")[1], "password": PASSWORD}
    assert leaks(secrets, {**watch.evidence, "output": done.text.encode()}) == []
    assert handed["local_cluster"] == introduced["grant_local"]["cluster_uuid"]
    assert handed["access"]["search"][0]["names"] == ["orders-*"]
    assert handed["ca_certificates"] == []


def test_a_second_grant_changes_nothing(halves: Halves, introduced: dict[str, Any]):
    before = halves.file.read_bytes()
    again = halves.grant(**introduced)

    assert (again.play.status, again.play.changed, again.writes) == (0, 0, []), again.text
    assert halves.file.read_bytes() == before


def test_the_local_administrator_is_told_what_is_wrong_with_the_file(halves: Halves):
    good = halves.file.read_bytes()
    try:
        refused(halves.accept(accept_vault_password="another"), "the password is another, or the file is damaged")
        halves.file.write_bytes(good[:-40])
        refused(halves.accept(), "the password is another, or the file is damaged")
    finally:
        halves.file.write_bytes(good)
    refused(halves.accept(accept_alias="other"), "is for the alias partner, not for other")
    refused(halves.accept(accept_handover_file="/nowhere.yml"), "there is no file /nowhere.yml")
    refused(halves.accept(accept_deployment=""), "accept_deployment is empty", "remote_cluster_client")
    refused(expired(halves), "has expired", "playbook grant again")


def expired(halves: Halves) -> Run:
    """Accept a file whose key is one of the past."""
    path = halves.folder / "expired.yml"
    vault = VaultLib([(DEFAULT_VAULT_ID_MATCH, VaultSecret(PASSWORD.encode()))])
    path.write_bytes(vault.encrypt(json.dumps({**halves.handed_over(), "expiration": 1}), vault_id="default"))
    return halves.accept(accept_handover_file=str(path))


def test_check_mode_of_an_acceptance_writes_nothing(halves: Halves):
    predicted = halves.accept("--check", "--diff")

    assert (predicted.play.status, predicted.writes) == (0, []), predicted.text
    assert predicted.play.changed == 2


def test_an_acceptance_makes_a_link_that_works_and_changes_nothing_the_second_time(halves: Halves):
    roles = [{"name": "buyers", "remote_indices": [{"clusters": [ALIAS], "names": ["orders-*"], "privileges": ["read"]}]}]
    with Watch(halves.folder) as watch:
        done = halves.accept("-vvv", accept_roles=roles)
    again = halves.accept(accept_roles=roles)

    assert done.play.status == 0, done.text
    handed = halves.handed_over()
    assert halves.keystore() == [handed["encoded"]]
    assert leaks({"key": handed["encoded"], "password": PASSWORD}, {**watch.evidence, "output": done.text.encode()}) == []
    proof = done.play.tasks[PROVE]["remote_clusters"][0]
    assert (proof["connected"], proof["keys_in_use"]) == (True, [handed["key_id"]])
    assert (again.play.status, again.play.changed, again.writes) == (0, 0, []), again.text


def test_wider_access_reaches_the_key_and_the_file_keeps_it(halves: Halves, introduced: dict[str, Any]):
    before = halves.handed_over()
    wider = {"search": [{"names": ["orders-*", "stock-*"]}]}

    done = halves.grant(**introduced, grant_access=wider)

    assert [write.split()[0] for write in done.writes] == ["PUT"], done.text
    assert halves.handed_over() == {**before, "access": halves.handed_over()["access"]}
    assert halves.handed_over()["access"]["search"][0]["names"] == ["orders-*", "stock-*"]
    halves.grant(**introduced)


def test_a_key_that_is_due_is_succeeded_and_revoked_only_when_the_remote_administrator_says_so(halves: Halves, introduced: dict[str, Any]):
    old = halves.handed_over()["key_id"]

    renewed = halves.grant(**introduced, grant_expiration="300d", grant_renew_before="95d", grant_revoke_others=True)
    new = halves.handed_over()["key_id"]
    assert renewed.play.status == 0, renewed.text
    assert new != old
    assert halves.keys() == {old: True, new: True}

    accepted = halves.accept()
    assert accepted.play.status == 0, accepted.text
    assert accepted.play.tasks[PROVE]["remote_clusters"][0]["keys_in_use"] == [new]

    retired = halves.grant(**introduced, grant_expiration="300d", grant_renew_before="95d", grant_revoke_others=True)
    assert retired.play.status == 0, retired.text
    assert halves.keys() == {old: False, new: True}
    assert halves.accept().writes == []


def test_a_lost_file_is_made_again_with_another_key(halves: Halves, introduced: dict[str, Any]):
    lost = halves.handed_over()["key_id"]
    halves.file.unlink()

    done = halves.grant(**introduced)

    assert done.play.status == 0, done.text
    assert lost in halves.handed_over()["replaces"]
    assert halves.accept().play.status == 0


def test_a_file_with_another_password_or_of_another_link_is_left_alone(halves: Halves, introduced: dict[str, Any]):
    before = halves.file.read_bytes()

    refused(halves.grant(**introduced, grant_vault_password="another"), "is no hand-over file that grant_vault_password opens")
    refused(halves.grant(**introduced, grant_alias="other"), "is for the alias partner", "a file of its own")
    assert halves.file.read_bytes() == before


def test_an_alias_that_points_elsewhere_is_taken_over_only_on_demand(halves: Halves):
    settings = {"cluster": {"remote": {ALIAS: {"mode": "proxy", "proxy_address": "elsewhere.example.com:9443"}}}}
    assert halves.cloud.elasticsearch(halves.local, "PUT", "/_cluster/settings", {"persistent": settings}).status_code == 200

    refused(halves.accept(), "points to elsewhere.example.com:9443", "accept_adopt")
    assert halves.accept(accept_adopt=True).play.status == 0


def test_a_key_of_somebody_else_is_replaced_only_on_demand(halves: Halves):
    answer = halves.cloud.elasticsearch(
        halves.remote, "POST", "/_security/cross_cluster/api_key", {"name": "by-hand", "access": {"search": [{"names": ["orders-*"]}]}}
    ).json()
    stored = {"secrets": {f"cluster.remote.{ALIAS}.credentials": {"value": answer["encoded"], "as_file": False}}}
    assert halves.cloud.control(halves.local, "PATCH", "/elasticsearch/main-elasticsearch/keystore", stored).status_code == 200

    refused(halves.accept(), f"works with key {answer['id']}", "accept_adopt")
    assert halves.accept(accept_adopt=True).play.status == 0


@pytest.fixture(scope="module")
def environments(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Halves]:
    """Two environments of Elastic Cloud Enterprise, each with a private CA."""
    yield from started(tmp_path_factory, "search-prod", "stock-prod")


@pytest.mark.proves("R48", "R50")
def test_filters_and_the_private_ca_of_another_environment_are_seen_to(environments: Halves):
    egress = environments.cloud.platform("berlin")["egress"]
    local = environments.introduce(accept_egress=egress).play.tasks[INTRODUCED]
    introduced = local["msg"]["grant_local"]
    filtered = {"grant_network": "always", "grant_allow_first_filter": True}

    refused(environments.grant(grant_local={**introduced, "egress": []}, **filtered), "Give grant_local.egress", "allocators")
    granted = environments.grant(grant_local=introduced, **filtered)
    assert granted.play.status == 0, granted.text
    assert [write.split("?")[0].split("/")[-1].split(" ")[0] for write in granted.writes] == ["rulesets", "associations", "api_key"]
    assert environments.grant(grant_local=introduced).writes == []
    accepted = environments.accept(accept_account_trust="all")
    assert accepted.play.status == 0, accepted.text
    assert environments.accept(accept_account_trust="all").writes == []
    assert len(environments.handed_over()["ca_certificates"]) == 1


EGRESS = "192.0.2.0/28"


@pytest.fixture(scope="module")
def open_environments(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Halves]:
    """Two environments, of which the remote one has a public certificate and lets the addresses of the other through."""
    office = {"name": "office", "type": "ip", "rules": [{"source": "192.0.2.0/24"}]}
    remote, local = {"proxy_ca": "public", "filters": [office]}, {"egress": [EGRESS]}
    yield from started(tmp_path_factory, "stock-prod", "search-prod", berlin=remote, munich=local)


def test_what_everybody_trusts_is_not_handed_over_and_who_is_admitted_already_gets_no_rule(open_environments: Halves):
    answer = open_environments.cloud.elasticsearch("stock-prod", "GET", "/").json()
    introduced = {"cluster_uuid": answer["cluster_uuid"], "egress": [EGRESS]}

    granted = open_environments.grant(grant_local=introduced)
    assert granted.play.status == 0, granted.text
    assert [write.split()[1] for write in granted.writes] == ["/_security/cross_cluster/api_key"]
    assert open_environments.handed_over()["ca_certificates"] == []
    accepted = open_environments.accept()
    assert accepted.play.status == 0, accepted.text
    assert [write.split()[0] for write in accepted.writes] == ["PATCH", "PUT"]
