# SPDX-License-Identifier: GPL-3.0-or-later
"""The page about two administrators does what it says: its variables and commands are used as they stand, by the side that it names."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.parsing.vault import VaultLib, VaultSecret

from harness import worlds
from harness.cloud import MiniCloud, running
from harness.halves import INTRODUCED, PASSWORD, PROVE
from harness.plays import Play, invocation

PAGE = Path(__file__).resolve().parents[2] / "docs" / "two_administrators.md"
LOCAL, REMOTE = "shop-prod", "partner-prod"
SIDES = {"introduce": LOCAL, "accept": LOCAL, "grant": REMOTE}
"""Playbook -> whose administrator runs it."""
PASSWORDS = {LOCAL: "vault_shop_password", REMOTE: "vault_partner_password"}


def blocks(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)


def commands() -> list[list[str]]:
    """The arguments of the commands of the page, in their order."""
    return [shlex.split(line, comments=True) for block in blocks("sh") for line in block.splitlines()]


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MiniCloud]:
    folder = tmp_path_factory.mktemp("page")
    with running(worlds.cut((LOCAL, REMOTE), folder), folder / "state", "simulated") as started:
        yield started


@pytest.fixture
def folders(cloud: MiniCloud, tmp_path: Path) -> dict[str, Path]:
    """The folder of each side, with the files that its administrator has written."""
    made = {}
    for side, (file, block) in zip((LOCAL, REMOTE), zip(("accept.yml", "grant.yml"), blocks("yaml"), strict=True), strict=True):
        made[side] = tmp_path / side
        made[side].mkdir()
        (made[side] / file).write_text(block)
        deployment = cloud.deployment(side)
        secrets = {
            "vault_ech_api_key": cloud.platform(deployment["platform"])["api_key"],
            PASSWORDS[side]: deployment["password"],
            "vault_handover_password": PASSWORD,
        }
        vault = VaultLib([("default", VaultSecret(side.encode()))])
        (made[side] / "vault.yml").write_bytes(vault.encrypt(yaml.safe_dump(secrets), vault_id="default"))
        (made[side] / "password").write_text(side)
    return made


def run(cloud: MiniCloud, folder: Path, side: str, arguments: list[str]) -> Play:
    """What somebody sees who runs a command; the password of the vault is in a file, as nobody can be asked for it."""
    url = cloud.platform(cloud.deployment(side)["platform"])["url"]
    environment = {**cloud.environment, "EC_URL": url, "SSL_CERT_FILE": cloud.state["public_ca"], "HOME": str(folder)}
    given = [f"--vault-password-file={folder / 'password'}" if argument == "--ask-vault-pass" else argument for argument in arguments]
    call = invocation(given[0], *given[1:], environment=environment, record=folder / "results.jsonl")
    done = subprocess.run(
        call.command, env=call.environment, cwd=folder, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False
    )
    return call.play(done.returncode, done.stdout, done.stderr)


def send_introduction(folder: Path, introduced: dict[str, Any]) -> None:
    """Put what the local side has sent in the place of the example."""
    variables = yaml.safe_load((folder / "grant.yml").read_text())
    assert set(variables["grant_local"]) == set(introduced), "the page shows what is printed"
    (folder / "grant.yml").write_text(yaml.safe_dump({**variables, "grant_local": introduced}))


def test_the_commands_of_the_page_make_a_link(cloud: MiniCloud, folders: dict[str, Path]):
    done: list[tuple[str, Play]] = []
    for program, playbook, *arguments in commands():
        assert program == "ansible-playbook"
        name = playbook.removeprefix("crosscluster.elastic.")
        side = SIDES[name]
        if name == "accept" and not (folders[LOCAL] / "partner.handover").exists():
            shutil.copy(folders[REMOTE] / "partner.handover", folders[LOCAL])
        play = run(cloud, folders[side], side, [playbook, *arguments])
        assert play.status == 0, play.output + play.progress
        done.append((name, play))
        if name == "introduce":
            send_introduction(folders[REMOTE], play.tasks[INTRODUCED]["msg"]["grant_local"])

    assert [name for name, _play in done] == ["introduce", "grant", "grant", "accept", "accept", "grant"]
    accepted, revoked = done[-2][1], done[-1][1]
    proof = accepted.tasks[PROVE]["remote_clusters"][0]
    assert (proof["connected"], len(proof["keys_in_use"])) == (True, 1)
    assert "No other key of this link is valid." in revoked.output
