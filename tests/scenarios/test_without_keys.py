# SPDX-License-Identifier: GPL-3.0-or-later
"""Links with which nodes trust each other's certificates, on real Elasticsearch: mutual TLS between the nodes decides."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.crosscluster.elastic.plugins.module_utils.model import trust
from harness import variables, worlds
from harness.cloud import MiniCloud, running
from harness.controller import Controller, Run, until
from harness.plays import invocation
from harness.scenarios import SCENARIOS, Scenario
from scenarios.test_one_link import without_run
from suites.platforms import pending, trust_lists, trust_of

WITHOUT_KEYS = [SCENARIOS[name] for name in ("ech_to_ech", "ech_to_other_organization", "ece_to_ech", "ece_to_other_ece")]


@pytest.fixture(scope="module")
def deployments(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MiniCloud]:
    """A mini cloud with the deployments of these scenarios."""
    folder = tmp_path_factory.mktemp("deployments")
    names = [name for scenario in WITHOUT_KEYS for name in (scenario.local, scenario.remote)]
    with running(worlds.cut(names, folder), folder / "cloud") as started:
        for remote in dict.fromkeys(scenario.remote for scenario in WITHOUT_KEYS):
            answer = started.elasticsearch(remote, "PUT", "/orders-2026/_doc/1?refresh=true", {"item": "lantern"})
            assert answer.status_code == 201, answer.text
        yield started


@pytest.fixture
def controller(deployments: MiniCloud, scenario: Scenario, tmp_path: Path) -> Controller:
    return Controller(deployments, tmp_path, scenario)


@pytest.mark.proves("R1", "R8", "R68")
@pytest.mark.parametrize("scenario", WITHOUT_KEYS, ids=lambda scenario: scenario.name, indirect=True)
def test_without_keys_both_deployments_must_trust_each_other_and_are_made_to(controller: Controller):
    wanted = controller.link("certified", security_model="certificate", account_trust="all", roles=[{"name": "certified-readers"}])

    predicted, made, again = controller.run(wanted, arguments=("--check",)), controller.run(wanted), controller.run(wanted)
    assert predicted.play.status == made.play.status == again.play.status == 0, predicted.text + made.text + again.text
    assert (predicted.writes, without_run(predicted.changes)) == ([], without_run(made.changes))
    assert [hit["_index"] for hit in controller.search("certified")] == ["certified:orders-2026"]
    assert again.writes == []
    assert found_by_reader(controller) == ["certified:orders-2026"]

    for side, other in ((controller.scenario.remote, controller.scenario.local), (controller.scenario.local, controller.scenario.remote)):
        trust_nobody(controller, side)
        until(lambda: found_anew(controller, "certified") == [])
        broken = controller.run(wanted, playbook="crosscluster.elastic.verify", change={"links_wait_timeout": 3})
        assert f"trust of deployment {side} in cluster {other}" in broken.play.messages, broken.text

        repaired, again = controller.run(wanted), controller.run(wanted)
        assert repaired.links[0]["status"] == "proven", repaired.text
        assert [change["step"] for change in repaired.changes] == ["trust"]
        assert [hit["_index"] for hit in controller.search("certified")] == ["certified:orders-2026"]
        assert again.writes == []

    sides = (controller.scenario.local, controller.scenario.remote)
    marked = [name for name in sides if entries_of_links(controller, name)]
    gone, still = (controller.run(wanted, playbook="crosscluster.elastic.disconnect") for _time in range(2))
    assert [change["step"] for change in gone.changes] == ["connection", *("trust" for _name in marked)], gone.text
    assert ([entries_of_links(controller, name) for name in sides], still.writes) == ([[], []], [])


RELATED = """
- hosts: localhost
  connection: local
  gather_facts: false
  vars:
    ansible_pipelining: true
  module_defaults:
    group/crosscluster.elastic.cloud: "{{ here }}"
  tasks:
    - name: Ask the other environment what it is to be trusted by
      crosscluster.elastic.platform_trust_relationship_info: "{{ there }}"
      register: other
    - name: Look its deployment up
      crosscluster.elastic.deployment_info: "{{ there | combine({'deployment': remote}) }}"
      register: far
    - name: Have a relationship with it or none
      crosscluster.elastic.platform_trust_relationship:
        name: "{{ other.local.name }}"
        environment_id: "{{ other.local.environment_id }}"
        certificate: "{{ other.local.certificate }}"
        state: "{{ state }}"
    - name: Trust the deployment by it
      crosscluster.elastic.deployment_trust:
        deployment: "{{ local }}"
        type: external
        trust_relationship: "{{ other.local.name }}"
        trust_allowlist: ["{{ far.deployments[0].cluster_id }}"]
      when: state == "present"
"""


@pytest.mark.proves("R60", "R70", "R72", "R76", "R80")
@pytest.mark.parametrize("scenario", [SCENARIOS["ece_to_other_ece"]], ids=lambda scenario: scenario.name, indirect=True)
def test_environments_that_have_a_relationship_need_no_cas_in_their_deployments(controller: Controller):
    sides = (controller.scenario.local, controller.scenario.remote)
    for name in sides:
        trust_nobody(controller, name)
    endpoint = controller.cloud.deployment(controller.scenario.remote)["endpoint"]
    address = {"mode": "proxy", "proxy_address": f"{endpoint}:9400", "server_name": endpoint, "proxy_socket_connections": 1}
    settings = {f"cluster.remote.related.{name}": value for name, value in address.items()}
    assert controller.local("PUT", "/_cluster/settings", {"persistent": settings}).status_code == 200

    for name, other in (sides, sides[::-1]):
        first, again = (relate(controller, name, other, "present") for _time in range(2))
        assert (first.play.status, again.play.status, again.play.changed, again.writes) == (0, 0, 0, []), first.text + again.text
    assert [entry["trust_all"] for name in sides for entry in trust_of(controller, name)["external"]] == [False, False]
    until(lambda: [hit["_index"] for hit in found_anew(controller, "related")] == ["related:orders-2026"])

    wanted = controller.link("linked", security_model="certificate")
    linked, unlinked = controller.run(wanted), controller.run(wanted, playbook="crosscluster.elastic.disconnect")
    assert [[change["step"] for change in run.changes] for run in (linked, unlinked)] == [["connection"]] * 2, linked.text + unlinked.text

    assert relate(controller, *sides, "absent").play.status == 0
    until(lambda: found_anew(controller, "related") == [])
    assert controller.local("PUT", "/_cluster/settings", {"persistent": dict.fromkeys(settings)}).status_code == 200


def relate(controller: Controller, local: str, remote: str, state: str) -> Run:
    """Let the environment of a deployment have a relationship with that of another one, and the deployment trust by it."""
    cloud = controller.cloud
    here, there = (cloud.deployment(name)["platform"] for name in (local, remote))
    given = {"local": local, "remote": remote, "state": state, "here": connection(cloud, here), "there": connection(cloud, there)}
    playbook = controller.folder / "related.yml"
    playbook.write_text(RELATED)
    path = variables.write(controller.folder / "related.json", given)
    mark = cloud.mark()
    play = invocation(playbook, "-e", f"@{path}", environment=controller.environment, record=controller.record).run()
    return Run(play, cloud.writes_since(mark))


def connection(cloud: MiniCloud, name: str) -> dict[str, Any]:
    platform = cloud.platform(name)
    return {"url": platform["url"], "api_key": variables.lookup(name, "api_key"), "ca_path": platform["ca_path"]}


def entries_of_links(controller: Controller, name: str) -> list[dict[str, Any]]:
    """What a deployment trusts because of links without keys."""
    return [entry for entry in trust_of(controller, name).get("direct") or [] if trust.is_of_links(entry)]


def found_by_reader(controller: Controller) -> list[str]:
    """What somebody finds who has nothing but the role of the link."""
    reader = {"password": "horse-staple", "roles": ["certified-readers"]}
    assert controller.local("PUT", "/_security/user/reader", reader).status_code == 200
    name = controller.scenario.local
    answer = controller.cloud.elasticsearch(name, "GET", "/certified:orders-*/_search", auth=("reader", "horse-staple"))
    return [hit["_index"] for hit in answer.json().get("hits", {}).get("hits", [])]


def trust_nobody(controller: Controller, name: str) -> None:
    """Take from a deployment its trust in the nodes of all others."""
    account = controller.cloud.api(controller.cloud.deployment(name)["platform"], "GET", "/account").json()["id"]
    kept = [entry for entry in trust_of(controller, name).get("direct") or [] if entry["type"] == "proxy"]
    lists = {"accounts": [{"account_id": account, "trust_all": False}], "external": [], "direct": kept}
    assert trust_lists(controller, name, lists).status_code == 200
    until(lambda: not pending(controller, name))


def found_anew(controller: Controller, alias: str) -> list[dict[str, Any]]:
    """What a search finds over a new connection."""
    setting = f"cluster.remote.{alias}.proxy_socket_connections"
    for number in ("2", "1"):
        assert controller.local("PUT", "/_cluster/settings", {"persistent": {setting: number}}).status_code == 200
    return controller.local("GET", f"/{alias}:orders-*/_search").json().get("hits", {}).get("hits", [])
