# SPDX-License-Identifier: GPL-3.0-or-later
"""The roles for nodes, on a self-managed cluster of two simulated nodes: each test begins where the one before has ended."""

from __future__ import annotations

import base64
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from harness.cloud import MiniCloud, running
from harness.nodes import Owner, recap
from unit.plugins.certificates import authority

CLUSTER = "billing"
WORLD = {"self_managed": [{"name": "datacenter", "clusters": [{"name": CLUSTER, "version": "8.19.21", "nodes": 2}]}]}
SERVER, CLIENT = "remote_cluster_server", "remote_cluster_client"
SECRET = "s" * 22
ENCODED = base64.b64encode(f"id:{SECRET}".encode()).decode()
PASSPHRASE = "s3cret-phrase-of-the-nodes"


@pytest.fixture(scope="module")
def datacenter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MiniCloud]:
    folder = tmp_path_factory.mktemp("datacenter")
    world = folder / "world.yml"
    world.write_text(yaml.safe_dump(WORLD))
    with running(world, folder / "state", "simulated") as started:
        yield started


@pytest.fixture(scope="module")
def owner(datacenter: MiniCloud, tmp_path_factory: pytest.TempPathFactory) -> Owner:
    return Owner(datacenter, CLUSTER, tmp_path_factory.mktemp("owner"))


@pytest.fixture(scope="module")
def server(owner: Owner) -> dict[str, Any]:
    """Variables of the role that makes the cluster a remote."""
    return {
        "ca_certificate": str(owner.folder / "pki" / "ca.crt"),
        "ca_key": str(owner.folder / "pki" / "ca.key"),
        "ca_passphrase": PASSPHRASE,
        "passphrase": PASSPHRASE,
        "host": "{{ node_address }}",
        "dns": ["{{ node_host }}", "billing.datacenter.minicloud.test"],
    }


def changes(play: Any) -> int:
    assert play.status == 0, play.output
    return sum(counts["changed"] for counts in recap(play).values())


def restarts(owner: Owner, since: int) -> list[str]:
    """The nodes that were restarted, by name; checked to be one after the other and never in a cluster that could not spare one."""
    events = owner.events()[since:]
    assert all(event["status"] == "green" for event in events if event["event"] == "down"), events
    assert [event["event"] for event in events] == ["down", "up"] * (len(events) // 2), events
    nodes = [event["node"] for event in events]
    assert nodes[::2] == nodes[1::2], events
    return sorted(nodes[::2])


def settings(owner: Owner, number: int = 0) -> str:
    return Path(owner.nodes[number]["config"], "elasticsearch.yml").read_text()


def test_check_mode_predicts_the_remote_cluster_server_and_does_nothing(owner: Owner, server: dict[str, Any]):
    before = settings(owner)

    predicted = owner.run(SERVER, "--check", "--diff", **server)

    assert changes(predicted) >= 8
    assert settings(owner) == before
    assert owner.events() == []
    assert not (owner.folder / "pki").exists()


@pytest.mark.proves("R108", "R109", "R110")
def test_the_nodes_get_a_remote_cluster_server_and_are_restarted_one_after_the_other(owner: Owner, server: dict[str, Any]):
    before = settings(owner)

    done = owner.run(SERVER, "-vvv", **server)

    assert changes(done) >= 10
    assert restarts(owner, 0) == ["billing-0", "billing-1"]
    assert settings(owner).startswith(before)
    for number, node in enumerate(owner.nodes):
        assert yaml.safe_load(settings(owner, number))["remote_cluster_server.enabled"] is True
        certificate = Path(node["config"], "remote_cluster_server", "server.crt")
        chain = ["openssl", "verify", "-CAfile", server["ca_certificate"], "-verify_hostname", node["host"], certificate]
        assert subprocess.run(chain, capture_output=True, text=True, check=False).stdout == f"{certificate}: OK\n"
    key = Path(owner.nodes[0]["config"], "remote_cluster_server", "server.key")
    assert (f"{key.stat().st_mode & 0o777:o}", key.owner()) == ("640", owner.nodes[0]["user"])
    assert "BEGIN ENCRYPTED PRIVATE KEY" in key.read_text()
    assert PASSPHRASE not in done.output + done.progress
    assert key.read_text().splitlines()[4] not in done.output + done.progress


def test_a_restart_that_a_run_did_not_come_to_is_made_good_and_nothing_else_is_done(owner: Owner, server: dict[str, Any]):
    events = len(owner.events())
    further = {"settings": "{{ {'remote_cluster.tcp.keep_alive': true} if inventory_hostname == 'billing-1' else {} }}"}

    interrupted = owner.run(SERVER, "--tags", "remote_cluster_server_settings", **server, **further)
    assert (changes(interrupted), restarts(owner, events)) == (1, [])

    assert changes(owner.run(SERVER, **server, **further)) == 1
    assert restarts(owner, events) == ["billing-1"]


def test_a_node_that_does_not_come_back_ends_the_play_and_is_brought_back_by_the_next(owner: Owner, server: dict[str, Any]):
    events = len(owner.events())
    tags = ("--tags", "remote_cluster_server_settings,remote_cluster_server_restart")
    broken = {"settings": {"xpack.security.remote_cluster_server.ssl.certificate": "no-such-file.crt"}, "rolling_restart_wait_timeout": 3}

    failed = owner.run(SERVER, *tags, **server, **broken)
    assert failed.status != 0
    assert "was not green with 2 or more nodes within 3 s" in failed.messages
    down, away = owner.events()[events:]
    assert (down["event"], away["event"], down["node"]) == ("down", "failed", away["node"])
    assert changes(owner.run(SERVER, *tags, **server)) > 0

    after = [(event["node"], event["event"]) for event in owner.events()[events + 2 :]]
    (other,) = {"billing-0", "billing-1"} - {down["node"]}
    assert after == [(down["node"], "down"), (down["node"], "up"), (other, "down"), (other, "up")]


def test_the_remote_cluster_server_is_taken_away_again(owner: Owner, server: dict[str, Any]):
    events = len(owner.events())

    assert changes(owner.run(SERVER, **server, state="absent")) > 0
    assert restarts(owner, events) == ["billing-0", "billing-1"]
    assert "remote_cluster" not in settings(owner)
    assert not Path(owner.nodes[0]["config"], "remote_cluster_server").exists()


@pytest.mark.proves("R26", "R27")
def test_credentials_reach_all_keystores_and_are_loaded_without_a_restart(owner: Owner):
    events, mark = len(owner.events()), owner.cloud.mark()

    done = owner.run(CLIENT, "-vvv", credentials=[{"alias": "orders", "encoded": ENCODED}, {"alias": "stock", "encoded": ENCODED}])

    assert changes(done) == 3
    assert owner.cloud.writes_since(mark) == ["POST /_nodes/reload_secure_settings of billing"]
    assert ENCODED not in done.output + done.progress
    assert restarts(owner, events) == []


def test_a_credential_is_taken_away_one_that_is_there_stays_and_the_names_that_are_left_are_told(owner: Owner):
    changed = owner.run(CLIENT, credentials=[{"alias": "orders", "encoded": ENCODED}, {"alias": "stock", "state": "absent"}])
    looked = owner.run(CLIENT, tasks_from="look")

    assert (changes(changed), changes(looked)) == (3, 0)
    assert looked.tasks["Facts"]["remote_cluster_client_common_keystore"] == [
        "bootstrap.password",
        "cluster.remote.orders.credentials",
        "keystore.seed",
    ]


def test_private_cas_are_refused_where_they_would_replace_public_ones_that_are_needed(owner: Owner):
    cas = {"certificate_authorities": [owner.cloud.deployment(CLUSTER)["remote_ca_path"]]}

    dropped = owner.run(CLIENT, **cas, public_trust="drop")
    missing = owner.run(CLIENT, **cas, public_bundles=["/nowhere.pem"])

    assert "has credentials for orders, which may have a public certificate" in dropped.messages
    assert "None of /nowhere.pem is on this host" in missing.messages
    assert "remote_cluster_client" not in settings(owner)


def test_private_cas_are_trusted_besides_the_public_ones_and_no_longer(owner: Owner):
    events = len(owner.events())
    tags = ("--tags", "remote_cluster_client_trust,remote_cluster_client_restart")
    authority = Path(owner.cloud.deployment(CLUSTER)["remote_ca_path"])
    wanted = {"certificate_authorities": [authority.read_text()], "public_bundles": ["/nowhere.pem", owner.cloud.state["public_ca"]]}

    assert changes(owner.run(CLIENT, *tags, **wanted)) > 0
    folder = Path(owner.nodes[1]["config"], "remote_cluster_client")
    assert [(folder / name).read_text() for name in ("private.crt", "public.crt")] == [
        authority.read_text(),
        Path(owner.cloud.state["public_ca"]).read_text(),
    ]
    assert yaml.safe_load(settings(owner, 1))["xpack.security.remote_cluster_client.ssl.certificate_authorities"] == [
        "remote_cluster_client/private.crt",
        "remote_cluster_client/public.crt",
    ]
    assert restarts(owner, events) == ["billing-0", "billing-1"]


def test_private_cas_that_others_may_need_stay_and_are_reported_until_nobody_needs_them(owner: Owner):
    tags = ("--tags", "remote_cluster_client_trust")
    theirs, mine = (authority(name).pem for name in ("put there by hand", "of a link"))
    files = [Path(node["config"], "remote_cluster_client", "private.crt") for node in owner.nodes]
    files[1].write_text(f"# by hand\r\n{theirs}".replace("\n", "\r\n"))
    wanted = {"further_authorities": [mine], "public_bundles": [owner.cloud.state["public_ca"]]}

    merged = owner.run(CLIENT, *tags, **wanted, other_aliases=["stock"])
    again = owner.run(CLIENT, *tags, **wanted, other_aliases=["stock"])

    assert (changes(merged), changes(again)) == (2, 0)
    assert "1 private CAs in " in merged.output and "since stock may need them" in merged.output
    assert [certificates(file) for file in files] == [
        [mine, Path(owner.cloud.deployment(CLUSTER)["remote_ca_path"]).read_text()],
        [mine, theirs],
    ]
    assert changes(owner.run(CLIENT, *tags, **wanted)) == 2
    assert [certificates(file) for file in files] == [[mine], [mine]]


def certificates(file: Path) -> list[str]:
    found = x509.load_pem_x509_certificates(file.read_bytes())
    return [one.public_bytes(Encoding.PEM).decode() for one in found]


def test_trust_that_somebody_else_has_set_is_refused_before_anything_is_written(owner: Owner):
    path = Path(owner.nodes[1]["config"], "elasticsearch.yml")
    private, before = path.parent / "remote_cluster_client" / "private.crt", path.read_text()
    trusted = private.read_text()
    wanted = {"further_authorities": [authority("another").pem], "credentials": [{"alias": "late", "encoded": ENCODED}]}

    path.write_text(before + 'xpack.security.remote_cluster_client.ssl.truststore.path: "theirs.p12"\n')
    refused = owner.run(CLIENT, "--limit", "billing-1", **wanted)
    path.write_text(before)

    assert refused.status != 0
    assert 'truststore.path is "theirs.p12" and has to be left out' in refused.messages
    assert private.read_text() == trusted
    assert "cluster.remote.late.credentials" not in owner.cloud.admin("GET", f"/deployments/{CLUSTER}/keystore")["billing-1"]


def test_private_cas_are_taken_away_with_a_restart_of_one_node_after_the_other(owner: Owner):
    events = len(owner.events())

    assert changes(owner.run(CLIENT, "--tags", "remote_cluster_client_trust,remote_cluster_client_restart", certificate_authorities=[])) > 0

    assert "remote_cluster_client" not in settings(owner, 1)
    assert restarts(owner, events) == ["billing-0", "billing-1"]
