# SPDX-License-Identifier: GPL-3.0-or-later
"""The two administrators of a link, each with the credentials of one side."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible.constants import DEFAULT_VAULT_ID_MATCH
from ansible.parsing.vault import VaultLib, VaultSecret

from harness import variables
from harness.cloud import MiniCloud
from harness.controller import Run
from harness.plays import run_play

ALIAS = "partner"
PASSWORD = "agreed-on-the-telephone"
PROVE = "Search through the alias until every node uses the new key"
INTRODUCED = "Print what the remote administrator needs, nothing of it secret"
SECRET_OF_VAULT = "HANDOVER_PASSWORD"


@dataclass(frozen=True)
class Halves:
    """local and remote: names of deployments of two organizations. folder: for the files of both."""

    cloud: MiniCloud
    folder: Path
    local: str
    remote: str

    @property
    def file(self) -> Path:
        return self.folder / "handover.yml"

    def introduce(self, **more: Any) -> Run:
        return self._run("introduce", self.local, {**self._side("accept", self.local), **more})

    def grant(self, *arguments: str, **more: Any) -> Run:
        wanted = {
            **self._side("grant", self.remote),
            **self._file("grant"),
            "grant_access": {"search": [{"names": ["orders-*"]}]},
            "grant_expiration": "90d",
            **more,
        }
        return self._run("grant", self.remote, wanted, *arguments)

    def accept(self, *arguments: str, **more: Any) -> Run:
        quick = {"accept_wait_timeout": 30, "accept_wait_pause": 1}
        return self._run("accept", self.local, {**self._side("accept", self.local), **self._file("accept"), **quick, **more}, *arguments)

    def handed_over(self) -> dict[str, Any]:
        vault = VaultLib([(DEFAULT_VAULT_ID_MATCH, VaultSecret(PASSWORD.encode()))])
        return json.loads(vault.decrypt(self.file.read_bytes()))

    def keys(self) -> dict[str, bool]:
        """Whether they are valid, by id."""
        answer = self.cloud.elasticsearch(self.remote, "GET", "/_security/api_key").json()
        return {key["id"]: not key["invalidated"] for key in answer["api_keys"] if key["type"] == "cross_cluster"}

    def keystore(self) -> list[str]:
        stored = self.cloud.admin("GET", f"/deployments/{self.local}/keystore")
        return [node.get(f"cluster.remote.{ALIAS}.credentials", "") for node in stored.values()]

    def _side(self, role: str, name: str) -> dict[str, Any]:
        platform = self.cloud.deployment(name)["platform"]
        api = self.cloud.platform(platform)
        connection = {"url": api["url"], "api_key": variables.lookup(platform, "api_key"), "ca_path": api["ca_path"]}
        return {f"{role}_platform": connection, f"{role}_deployment": name, f"{role}_password": variables.lookup(name, "password")}

    def _file(self, role: str) -> dict[str, Any]:
        password = "{{ lookup('ansible.builtin.env', '" + SECRET_OF_VAULT + "') }}"
        return {f"{role}_alias": ALIAS, f"{role}_handover_file": str(self.file), f"{role}_vault_password": password}

    def _run(self, playbook: str, side: str, wanted: dict[str, Any], *arguments: str) -> Run:
        """A run whose environment holds the credentials of one side only."""
        path = variables.write(self.folder / f"{playbook}.json", wanted)
        own = {variables.secret_name(name, key) for name, key in ((side, "password"), (self.cloud.deployment(side)["platform"], "api_key"))}
        secrets = {name: value for name, value in variables.secrets(self.cloud).items() if name in own}
        # Temporary files are where the watch looks.
        places = {"HOME": str(self.folder), "TMPDIR": str(self.folder), "SSL_CERT_FILE": self.cloud.state["public_ca"]}
        environment = {**self.cloud.environment, **places, **secrets, SECRET_OF_VAULT: PASSWORD}
        mark = self.cloud.mark()
        record = self.folder / "results.jsonl"
        play = run_play(f"crosscluster.elastic.{playbook}", "-e", f"@{path}", *arguments, environment=environment, record=record)
        return Run(play, self.cloud.writes_since(mark))
