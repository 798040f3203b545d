# SPDX-License-Identifier: GPL-3.0-or-later
"""Modules that work on hosts, in plays on this one."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from harness.plays import Play, run_play
from unit.plugins.keystore_tool import Node

PASSPHRASE = "s3cret-phrase-of-the-play"


def play(folder: Path, module: str, *phases: dict[str, Any], verbosity: str = "-v") -> Play:
    """Run a module once for each of the phases, which are options; ``check`` is no option but the mode."""
    tasks = [
        {
            "name": f"{number}",
            f"crosscluster.elastic.{module}": {name: value for name, value in phase.items() if name != "check"},
            "check_mode": phase.get("check", False),
            "diff": True,
            "ignore_errors": True,
        }
        for number, phase in enumerate(phases)
    ]
    playbook = folder / "play.json"
    playbook.write_text(json.dumps([{"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": tasks}]))
    return run_play(playbook, verbosity, environment=os.environ, record=folder / "results.jsonl")


def changed(done: Play) -> list[bool]:
    return [done.tasks[name]["changed"] for name in sorted(done.tasks)]


@pytest.fixture
def certificate(tmp_path: Path) -> dict[str, Any]:
    """Options that have a certificate issued by a CA that is made."""
    pki = tmp_path / "pki"
    return {
        "path": str(tmp_path / "server.crt"),
        "key_path": str(tmp_path / "server.key"),
        "ca_certificate": str(pki / "ca.crt"),
        "ca_key": str(pki / "ca.key"),
        "ca_name": "Remote Cluster CA",
        "ca_passphrase": PASSPHRASE,
        "dns": ["orders.example.com"],
        "passphrase": PASSPHRASE,
    }


def test_a_keystore_is_predicted_written_and_left_alone(tmp_path: Path):
    node = Node(tmp_path)
    options = {**node.options, "secrets": [{"name": "a.setting", "value": "s3cret-of-the-play"}]}
    absent = {**node.options, "secrets": [{"name": "a.setting"}], "state": "absent"}

    done = play(tmp_path, "node_keystore", {**options, "check": True}, options, options, absent, absent, verbosity="-vvvv")

    assert changed(done) == [True, True, False, True, False], done.output
    assert node.entries == {}
    assert "s3cret-of-the-play" not in done.output + done.progress


def test_a_certificate_is_predicted_issued_and_left_alone_until_it_has_to_say_something_else(tmp_path: Path, certificate: dict[str, Any]):
    other = {**certificate, "ip": ["10.0.0.1"]}

    done = play(tmp_path, "node_certificate", {**certificate, "check": True}, certificate, certificate, other, other, verbosity="-vvvv")

    assert changed(done) == [True, True, False, True, False], done.output
    assert [done.tasks[name]["reasons"] for name in "0134"] == [
        ["there is no certificate"],
        ["there is no certificate"],
        ["it has other alternative names"],
        [],
    ]
    assert done.tasks["0"]["diff"] == done.tasks["1"]["diff"]
    key = (tmp_path / "server.key").read_text()
    body = key.splitlines()[5]
    assert "BEGIN ENCRYPTED PRIVATE KEY" in key
    assert body not in done.output + done.progress + (tmp_path / "results.jsonl").read_text()
    assert PASSPHRASE not in done.output + done.progress
    chain = ["openssl", "verify", "-CAfile", certificate["ca_certificate"], certificate["path"]]
    assert subprocess.run(chain, capture_output=True, text=True, check=False).stdout.endswith("OK\n")


def test_a_supplied_certificate_is_brought_and_a_pair_that_does_not_fit_is_refused(tmp_path: Path, certificate: dict[str, Any]):
    first = play(tmp_path, "node_certificate", certificate)
    assert changed(first) == [True], first.output
    supplied = {
        "path": str(tmp_path / "supplied.crt"),
        "key_path": str(tmp_path / "supplied.key"),
        "certificate": Path(certificate["path"]).read_text(),
        "private_key": Path(certificate["key_path"]).read_text(),
        "passphrase": PASSPHRASE,
    }
    wrong = {**supplied, "certificate": Path(certificate["ca_certificate"]).read_text()}
    unknown = {**supplied, "verified_as": ["other.example.com"]}

    done = play(tmp_path, "node_certificate", supplied, supplied, wrong, unknown)

    assert [done.tasks[name].get("changed") for name in "01"] == [True, False], done.output
    assert "private_key is not the key of certificate" in done.tasks["2"]["msg"]
    assert "the certificate does not cover 'other.example.com'" in done.tasks["3"]["msg"]
    assert Path(supplied["key_path"]).read_text() == supplied["private_key"]


def test_what_cannot_be_issued_is_explained(tmp_path: Path, certificate: dict[str, Any]):
    cases: list[tuple[dict[str, Any], str]] = [
        ({"ca_name": None}, "ca_name for one that is made"),
        ({"dns": [], "common_name": None}, "common_name is missing"),
        ({"renew_before": "365d"}, "renew_before is not shorter than valid_for"),
        ({"valid_for": "soon"}, "valid_for: 'soon' is not a duration"),
        ({"verified_as": ["other.example.com"]}, "the certificate does not cover 'other.example.com'"),
        ({"ca_certificate": None}, "one of the following is required: certificate, ca_certificate"),
    ]
    wanted = [{name: value for name, value in {**certificate, **options}.items() if value is not None} for options, _words in cases]

    done = play(tmp_path, "node_certificate", *wanted)

    for number, (_options, words) in enumerate(cases):
        assert words in done.tasks[f"{number}"]["msg"]
    assert not Path(certificate["path"]).exists()
    assert "Traceback" not in done.output + done.progress


THEIRS = "# ours since 2019\r\ncluster.name: orders\n\nxpack:\n  security:\n    enabled: true # do not touch\nremote_cluster.port: '9443'"


def test_settings_are_predicted_written_and_removed_and_lines_of_others_stay(tmp_path: Path):
    path = tmp_path / "elasticsearch.yml"
    path.write_bytes(THEIRS.encode())
    settings = {"remote_cluster_server.enabled": True, "remote_cluster.port": 9443, "xpack.security.enabled": True, "a.list": ["x", "y"]}
    options = {"path": str(path), "name": "server", "settings": settings}

    done = play(tmp_path, "node_settings", {**options, "check": True}, options, options)

    assert changed(done) == [True, True, False], done.output
    lines = [
        "# BEGIN crosscluster.elastic: server",
        "remote_cluster_server.enabled: true",
        'a.list: ["x", "y"]',
        "# END crosscluster.elastic: server",
    ]
    block = "".join(f"{line}\n" for line in lines)
    assert path.read_bytes().decode() == THEIRS + "\n" + block
    assert changed(play(tmp_path, "node_settings", {**options, "settings": {}}, {**options, "settings": {}})) == [True, False]
    assert path.read_bytes().decode() == THEIRS + "\n"


def test_a_file_that_says_otherwise_is_refused_and_stays(tmp_path: Path):
    cases: list[tuple[str, dict[str, Any], str]] = [
        (THEIRS, {"xpack.security.enabled": False}, "xpack.security.enabled is true and has to be false"),
        (THEIRS, {"cluster.name": None}, 'cluster.name is "orders" and has to be left out'),
        ("a: [", {"b": 1}, "is not valid YAML"),
        ("- a", {"b": 1}, "holds no settings by name"),
    ]
    paths = [tmp_path / f"elasticsearch-{number}.yml" for number in range(len(cases))]
    for path, (text, _settings, _words) in zip(paths, cases, strict=True):
        path.write_bytes(text.encode())

    done = play(
        tmp_path,
        "node_settings",
        *({"path": str(path), "name": "server", "settings": case[1]} for path, case in zip(paths, cases, strict=True)),
    )

    assert ["" if words in done.tasks[f"{number}"]["msg"] else words for number, (_text, _settings, words) in enumerate(cases)] == [""] * 4
    assert [path.read_bytes().decode() for path in paths] == [text for text, _settings, _words in cases]
