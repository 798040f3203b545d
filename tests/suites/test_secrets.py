# SPDX-License-Identifier: GPL-3.0-or-later
"""No secret is let out: not by the output, the log or the results of a run, nor by its command lines and files while it goes on.

What is looked at is all that Ansible writes, at its most talkative, in runs that succeed, fail and are killed. That the search
finds a secret in each of these places is shown with planted ones.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import requests

from harness import owners, variables
from harness.cloud import MiniCloud
from harness.controller import REMOTE, Controller, registry_change, until
from harness.plays import Invocation, Play, invocation
from harness.scenarios import DEFAULT, OTHERS, SCENARIOS
from minicloud.tls import Authority
from scenarios.test_guide import GUIDE, guide
from suites.evidence import Watch, forms, leaks
from suites.launches import launch
from suites.state import readers

WRONG = 'wrong "pass/word" with+everything'
STORE = {"plane": "control", "method": "PATCH", "path": "/keystore$"}
CREATE = {"plane": "data", "method": "POST", "path": "/cross_cluster/api_key$"}
KILLED = -9


@dataclass(frozen=True)
class Circumstances:
    """What a run meets. status: how ansible-playbook ends. stored: whether the new key reaches the keystore. lost: how many keys are
    made and never reach it. logs_in: whether it gets tokens.

    change: of the registry, as for Controller.run. secrets: environment variables with other values. rule: a fault; a "kill" is
    aimed at the run.
    """

    status: int = 0
    stored: bool = False
    lost: int = 0
    logs_in: bool = False
    arguments: tuple[str, ...] = ()
    change: Callable[[MiniCloud], dict[str, Any]] = lambda cloud: {}
    secrets: tuple[tuple[str, str], ...] = ()
    rule: dict[str, Any] | None = None


CIRCUMSTANCES = {
    "success": Circumstances(stored=True, arguments=("--diff",)),
    "check": Circumstances(arguments=("--check", "--diff")),
    "login": Circumstances(
        stored=True,
        logs_in=True,
        change=lambda cloud: registry_change(
            cloud, "links_platforms", "berlin", api_key=None, username="admin", password=variables.lookup("berlin", "password")
        ),
    ),
    "wrong-password": Circumstances(status=2, secrets=((variables.secret_name(REMOTE, "password"), WRONG),)),
    "wrong-api-key": Circumstances(status=2, secrets=((variables.secret_name("berlin", "api_key"), WRONG),)),
    "misspelt-option": Circumstances(
        status=2, change=lambda cloud: registry_change(cloud, "links_clusters", REMOTE, pasword=variables.lookup(REMOTE, "password"))
    ),
    "remote-down": Circumstances(status=2, rule={"plane": "data", "deployment": REMOTE, "action": {"status": 503, "html": True}}),
    "storing-refused": Circumstances(status=2, lost=1, rule={**STORE, "action": {"status": 500}}),
    "creation-lost": Circumstances(stored=True, lost=1, rule={**CREATE, "times": 1, "action": {"drop": "after"}}),
    "killed-creating": Circumstances(status=KILLED, lost=1, rule={**CREATE, "action": {"kill": "after"}}),
    "killed-before-storing": Circumstances(status=KILLED, lost=1, rule={**STORE, "action": {"kill": "before"}}),
    "answer-lost": Circumstances(status=2, stored=True, rule={**STORE, "action": {"drop": "after"}}),
    "killed-storing": Circumstances(status=KILLED, stored=True, rule={**STORE, "action": {"kill": "after"}}),
    "killed-connecting": Circumstances(
        status=KILLED, stored=True, rule={"method": "PUT", "path": "^/_cluster/settings$", "action": {"kill": "before"}}
    ),
}

ROWS = [
    *((DEFAULT, name) for name in CIRCUMSTANCES),
    *((scenario, "success") for scenario in OTHERS),
    *((SCENARIOS[name], "killed-connecting") for name in ("ech_to_self_managed", "self_managed_to_ech")),
]


class Observer:
    """Runs ansible-playbook in a home of its own, and collects everything that it lets out."""

    def __init__(self, controller: Controller) -> None:
        self._controller = controller
        self._home = controller.folder / "home"
        self._home.mkdir()
        self._issued_before = controller.cloud.admin("GET", "/secrets")

    def issued(self) -> dict[str, list[str]]:
        """What the mini cloud has given out since this observer is there, by kind."""
        return {kind: texts[len(self._issued_before[kind]) :] for kind, texts in self._controller.cloud.admin("GET", "/secrets").items()}

    def run(self, call: Invocation, rule: dict[str, Any] | None = None) -> tuple[Play, dict[str, bytes]]:
        """The run, and by place what it let out. rule: a fault that it meets."""
        watched = replace(call, command=[*call.command, "-vvvv"], environment={**call.environment, **self._folders()})
        with Watch(self._home) as watch:
            play = launch(watched, self._controller.folder, lambda group: self._aim(rule, group))
        results = call.record.read_bytes() if call.record.exists() else b""
        return play, {"stdout": play.output.encode(), "stderr": play.progress.encode(), "results": results, **watch.evidence}

    def _folders(self) -> dict[str, str]:
        names = {"HOME": "", "TMPDIR": "tmp", "ANSIBLE_HOME": "ansible", "ANSIBLE_LOCAL_TEMP": "local", "ANSIBLE_REMOTE_TEMP": "remote"}
        folders = {variable: self._home / name for variable, name in names.items()}
        for folder in folders.values():
            folder.mkdir(exist_ok=True)
        return {"ANSIBLE_LOG_PATH": str(self._home / "ansible.log"), **{variable: str(folder) for variable, folder in folders.items()}}

    def _aim(self, rule: dict[str, Any] | None, group: int) -> None:
        action = {**rule["action"], "pid": group} if rule and "kill" in rule["action"] else rule and rule["action"]
        self._controller.cloud.admin("POST", "/faults", {"rules": [{**rule, "action": action}] if rule else []})


@pytest.fixture
def observer(controller: Controller) -> Observer:
    return Observer(controller)


def secrets_of(controller: Controller, issued: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """All credentials, by what they are; of keys also what they consist of, except the id, which is no secret.

    issued: what the mini cloud gave out, by kind: login tokens, and keys whether they were stored or not.
    """
    given_out = {f"{kind} {number}": text for kind, texts in issued.items() for number, text in enumerate(texts)}
    own = {"key of the CA": owners.ca(controller.folder)[1].read_text()} if controller.scenario.private_ca else {}
    whole = {"wrong password": WRONG, **variables.secrets(controller.cloud), **stored_keys(controller), **given_out, **own}
    parts = {f"{part} of {name}": text for name, secret in whole.items() for part, text in parts_of(secret).items()}
    return {**whole, **parts}


def stored_keys(controller: Controller) -> dict[str, str]:
    nodes = controller.keystores()
    return {f"{setting} of {node}": value for node, entries in nodes.items() for setting, value in entries.items()}


def parts_of(secret: str) -> dict[str, str]:
    """What an encoded key consists of; nothing for any other secret."""
    try:
        decoded = base64.b64decode(secret, validate=True).decode("ascii")
    except (binascii.Error, UnicodeDecodeError):
        return {}
    return {"decoded form": decoded, "second half": decoded.partition(":")[2]} if ":" in decoded else {}


@pytest.mark.proves("R20", "R154")
@pytest.mark.parametrize(("scenario", "name"), ROWS, ids=lambda value: getattr(value, "name", value), indirect=["scenario"])
def test_a_run_lets_no_secret_out(controller: Controller, observer: Observer, name: str):
    given = CIRCUMSTANCES[name]
    wanted = controller.link(name, roles=[{"name": readers(name)}])
    call = controller.call(wanted, arguments=given.arguments, change=given.change(controller.cloud))

    play, evidence = observer.run(replace(call, environment={**call.environment, **dict(given.secrets)}), given.rule)

    assert play.status == given.status, play.output + play.progress
    setting = f"cluster.remote.{name}.credentials"
    if given.stored:
        until(lambda: all(setting in entries for entries in controller.keystores().values()))
    issued = observer.issued()
    stored = {value for entries in controller.keystores().values() for value in entries.values()}
    assert (bool(issued["token"]), len(set(issued["encoded"]) - stored)) == (given.logs_in, given.lost)
    secrets = secrets_of(controller, issued)
    assert {f"second half of {setting} of {node}" in secrets for node in controller.keystores()} == {given.stored}
    assert {f"second half of encoded {number}" for number in range(given.lost)} <= secrets.keys()
    assert {"stdout", "stderr", "results", "command lines", "file ansible.log"} <= evidence.keys()
    assert leaks(secrets, evidence) == []


def test_single_modules_let_no_secret_out_when_they_run_with_pipelining(controller: Controller, observer: Observer):
    play, evidence = observer.run(guide(controller, GUIDE.read_text()))

    assert play.status == 0, play.output
    secrets = secrets_of(controller, observer.issued())
    assert "second half of cluster.remote.orders.credentials of instance-0000000000" in secrets
    assert leaks(secrets, evidence) == []


def test_the_search_finds_what_single_modules_leave_in_files_without_pipelining(controller: Controller, observer: Observer):
    play, evidence = observer.run(guide(controller, GUIDE.read_text().replace("ansible_pipelining: true", "ansible_pipelining: false")))

    assert play.status == 0, play.output
    found = leaks(variables.secrets(controller.cloud), evidence)
    assert any(leak.startswith("MINICLOUD_ORDERS_PROD_PASSWORD in file remote/") for leak in found)


PLANTED = """
- hosts: localhost
  connection: local
  gather_facts: false
  vars:
    secret: "{{ lookup('ansible.builtin.env', 'MINICLOUD_ORDERS_PROD_PASSWORD') }}"
  tasks:
    - name: Into the output, the log and the results
      ansible.builtin.debug:
        msg: "{{ secret }}"
    - name: Into a command line, for as long as a command takes
      ansible.builtin.command:
        argv: [timeout, "5", tail, -f, /dev/null, "{{ secret }}"]
      failed_when: false
    - name: Into a file that does not stay
      ansible.builtin.shell:
        cmd: printf %s "$MINICLOUD_ORDERS_PROD_PASSWORD" | base64 > "$HOME/passing"; timeout 5 tail -f /dev/null; rm "$HOME/passing"
      failed_when: false
    - name: Into the error output
      ansible.builtin.fail:
        msg: "{{ secret }}"
"""


def test_the_search_finds_a_planted_secret_in_each_place(controller: Controller, observer: Observer):
    playbook = controller.folder / "planted.yml"
    playbook.write_text(PLANTED)
    environment = controller.environment
    call = invocation(playbook, environment=environment, record=controller.record)

    _play, evidence = observer.run(replace(call, environment={**call.environment, "ANSIBLE_DISPLAY_FAILED_STDERR": "true"}))

    found = leaks(variables.secrets(controller.cloud), evidence)
    places = ("stdout", "stderr", "results", "command lines", "file ansible.log", "file passing")
    assert {f"MINICLOUD_ORDERS_PROD_PASSWORD in {place}" for place in places} <= set(found)


def test_the_search_finds_a_key_that_nobody_stored(controller: Controller, observer: Observer):
    controller.cloud.admin("POST", "/faults", {"rules": [{**CREATE, "action": {"drop": "after"}}]})
    with pytest.raises(requests.ConnectionError):
        controller.remote("POST", "/_security/cross_cluster/api_key", {"name": "lost", "access": {"search": [{"names": ["x"]}]}})

    secrets = secrets_of(controller, observer.issued())

    key_id, _colon, secret = base64.b64decode(secrets["encoded 0"]).decode().partition(":")
    assert controller.keys()[key_id]["name"] == "lost"
    assert leaks(secrets, {"stdout": f"secret={secret}".encode()}) == ["second half of encoded 0 in stdout"]


def test_the_search_finds_the_token_of_a_login(controller: Controller, observer: Observer):
    cloud = controller.cloud
    tokens = [login(cloud, platform) for platform in cloud.state["platforms"].values() if platform["type"] == "ece"]

    secrets = secrets_of(controller, observer.issued())

    evidence = {f"place {number}": f"Bearer {token}".encode() for number, token in enumerate(tokens)}
    assert leaks(secrets, evidence) == [f"token {number} in place {number}" for number in range(len(tokens))]


def login(cloud: MiniCloud, platform: Mapping[str, Any]) -> str:
    body = {"username": platform["username"], "password": platform["password"]}
    proxies = {"https": cloud.state["https_proxy"]}
    url = f"{platform['url']}/api/v1/users/auth/_login"
    return requests.post(url, json=body, proxies=proxies, verify=platform["ca_path"], timeout=30).json()["token"]


@pytest.mark.parametrize("line", range(3))
def test_the_search_finds_each_line_of_a_private_key(tmp_path: Path, line: int):
    pem = Authority("Planted", tmp_path).files.key.read_text()
    planted = pem.splitlines()[1:-1][line]

    assert leaks({"key": pem}, {"file": f"key: |\n    {planted}\n".encode()}) == ["key in file"]
    assert leaks({"key": pem}, {"results": json.dumps({"pem": pem}).encode()}) == ["key in results"]
    assert leaks({"key": pem}, {"header": base64.b64encode(b"x" * line + pem.encode())}) == ["key in header"]
    assert leaks({"key": pem}, {"log": b"-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n"}) == []


@pytest.mark.parametrize("before", range(3))
def test_the_search_finds_a_secret_in_each_form(before: int):
    encoded = base64.b64encode(b"x" * before + WRONG.encode() + b"rest")

    assert leaks({"s": WRONG}, {"page": b"?p=wrong%20%22pass%2Fword%22%20with%2Beverything&"}) == ["s in page"]
    assert leaks({"s": WRONG}, {"log": b'{"p": "wrong \\"pass/word\\" with+everything"}'}) == ["s in log"]
    assert leaks({"s": WRONG}, {"header": b"Basic " + encoded}) == ["s in header"]
    assert leaks({"s": WRONG}, {"header": b"Basic " + encoded.replace(b"+", b"-").replace(b"/", b"_")}) == ["s in header"]
    assert leaks({"s": WRONG}, {"page": b"wrong password"}) == []
    assert min(map(len, forms(WRONG))) > len(WRONG) - 1
