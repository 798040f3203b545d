# SPDX-License-Identifier: GPL-3.0-or-later
"""The links of all scenarios at once, in one mini cloud. Each test begins where the one before has ended."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from harness import owners, worlds
from harness.cloud import MiniCloud, running
from harness.controller import Controller, Run
from harness.scenarios import SCENARIOS, Scenario
from suites.searches import searching

CONNECT, DISCONNECT = "crosscluster.elastic.connect", "crosscluster.elastic.disconnect"
OWN = [scenario for scenario in SCENARIOS.values() if scenario.local == "billing"]
"""Those with a self-managed local cluster, which is the same."""


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MiniCloud]:
    folder = tmp_path_factory.mktemp("everything")
    names = [name for scenario in SCENARIOS.values() for name in (scenario.local, scenario.remote)]
    with running(worlds.cut(names, folder), folder / "cloud", "simulated") as started:
        for scenario in {scenario.remote: scenario for scenario in SCENARIOS.values()}.values():
            Controller(started, folder, scenario).fill()
        yield started


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """For the files of all runs, so that they have one CA."""
    return tmp_path_factory.mktemp("files")


def alias(scenario: Scenario) -> str:
    return scenario.name.replace("_", "-")


def link(cloud: MiniCloud, folder: Path, scenario: Scenario, **options: Any) -> dict[str, Any]:
    return Controller(cloud, folder, scenario).link(alias(scenario), **options)


def run(cloud: MiniCloud, folder: Path, playbook: str, *links: dict[str, Any], **change: Any) -> Run:
    done = Controller(cloud, folder).run(*links, playbook=playbook, change=change)
    assert done.play.status == 0, done.text
    return done


def authorities(cloud: MiniCloud) -> list[set[str]]:
    """Names of the private CAs that nodes of the self-managed local cluster trust, by node."""
    files = [Path(node["config"], "remote_cluster_client", "private.crt") for node in cloud.deployment("billing")["nodes"]]
    return [{one.subject.rfc4514_string() for one in x509.load_pem_x509_certificates(file.read_bytes())} for file in files]


@pytest.mark.proves("R45")
def test_a_certificate_without_the_name_that_a_link_asks_for_is_refused_before_anything_is_written(everything: MiniCloud, folder: Path):
    scenario = SCENARIOS["ech_to_self_managed"]
    nodes = everything.deployment(scenario.remote)["nodes"]
    before = [Path(node["config"], "elasticsearch.yml").read_bytes() for node in nodes]

    done = Controller(everything, folder, scenario).run(
        link(everything, folder, scenario, server_name="orders.example.com"), change={"remote_cluster_server_restart": False}
    )

    assert (done.play.status, done.writes) == (2, []), done.text
    assert "verified_as: the certificate does not cover 'orders.example.com'" in done.play.messages
    assert [Path(node["config"], "elasticsearch.yml").read_bytes() for node in nodes] == before


def test_keys_of_every_scenario_are_renewed_without_a_failed_search(everything: MiniCloud, folder: Path):
    through = [(Controller(everything, folder, scenario), alias(scenario)) for scenario in SCENARIOS.values()]
    # Both clusters that get a remote cluster server, each node under its own name and that of the cluster.
    server = owners.server_variables(folder, everything.deployment("archive"))
    server["remote_cluster_server_dns"] = ["{{ node_host }}", "{{ node_host | regex_replace('-[0-9]+[.]', '.') }}"]
    short, long = {"expiration": "1d"}, {"expiration": "30d", "renew_before": "2d"}

    run(everything, folder, CONNECT, *(link(everything, folder, scenario, **short) for scenario in SCENARIOS.values()), **server)
    before = [[key["id"] for key in controller.valid_keys(name)] for controller, name in through]
    with searching(*through) as wrong:
        run(everything, folder, CONNECT, *(link(everything, folder, scenario, **long) for scenario in SCENARIOS.values()), **server)
    after = [[key["id"] for key in controller.valid_keys(name)] for controller, name in through]

    assert wrong == []
    assert [len(ids) for ids in before + after] == [1] * 2 * len(through)
    assert [one for one, other in zip(before, after, strict=True) if one == other] == []


@pytest.mark.proves("P12", "P13")
def test_a_run_over_one_link_of_a_self_managed_cluster_keeps_the_private_cas_of_its_others(everything: MiniCloud, folder: Path):
    trusted = authorities(everything)
    assert [len(names) for names in trusted] == [2, 2]

    done = run(everything, folder, CONNECT, link(everything, folder, SCENARIOS["self_managed_to_ece"]))

    assert (done.writes, authorities(everything)) == ([], trusted)
    assert "may need them" in done.play.output
    for scenario in OWN:
        assert [hit["_id"] for hit in Controller(everything, folder, scenario).search(alias(scenario))] == ["1"]


def test_private_cas_go_with_the_last_link_that_needs_them(everything: MiniCloud, folder: Path):
    run(everything, folder, DISCONNECT, *(link(everything, folder, scenario) for scenario in OWN))

    for node in everything.deployment("billing")["nodes"]:
        assert not Path(node["config"], "remote_cluster_client").exists()
        assert "remote_cluster_client" not in Path(node["config"], "elasticsearch.yml").read_text()
