# SPDX-License-Identifier: GPL-3.0-or-later
"""Every option of the modules that work on nodes is given values that are wrong, see test_bad_input.py.

The folder of a node stands for the node. Values that may be right somewhere are tried in check mode, so that no place is written to.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.crosscluster.elastic.plugins.module_utils.module import node_options
from suites import calls, inputs
from suites.test_bad_input import Called, Result, _not_refused
from unit.plugins.keystore_tool import Node

SECRETS = [{"name": "a.setting", "value": "a value"}]
SETTINGS = "cluster.name: orders\n"


def modules(node: Node) -> dict[str, Called]:
    """What works on a node, with options that work on this one."""
    files = {"path": str(node.config / "server.crt"), "key_path": str(node.config / "server.key")}
    ca = {"ca_certificate": str(node.config / "ca.crt"), "ca_key": str(node.config / "ca.key"), "ca_name": "CA"}
    settings = {"path": str(node.config / "elasticsearch.yml"), "name": "by input", "settings": {"a.b": 1}}
    by_module = {
        "node_keystore": {**node.options, "secrets": SECRETS},
        "node_keystore_info": node.options,
        "node_certificate_info": files,
    }
    called = {name: Called(name, calls.specification(name), base, partial(calls.call_module, name)) for name, base in by_module.items()}
    for name, spec, base in (
        ("node_certificate", node_options.CERTIFICATE, {**files, **ca, "dns": ["orders.example.com"]}),
        ("node_settings", node_options.SETTINGS, settings),
    ):
        called[name] = Called(name, spec, base, partial(_act, name))
    return called


NAMES = ["node_keystore", "node_keystore_info", "node_certificate_info", "node_certificate", "node_settings"]


def _act(name: str, options: Mapping[str, Any], check: bool) -> Result:
    return calls.call_action(options, check, name, partial(_on_host, check))


def _on_host(check: bool, module: str, arguments: Mapping[str, Any]) -> Result:
    """What Ansible would do on the host. What it would write to a file of settings is written nowhere."""
    own = module.removeprefix("crosscluster.elastic.")
    if own != module:
        return calls.call_module(own, arguments, check)
    if module == "ansible.builtin.slurp":
        file = Path(arguments["src"])
        found = file.is_file() if len(file.name) < 256 else False
        return {"content": base64.b64encode(file.read_bytes()).decode()} if found else {"failed": True, "msg": f"file not found: {file}"}
    return {"changed": True}


@pytest.fixture
def node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Node:
    made = Node(tmp_path / "node")
    made.fill({})
    (made.config / "elasticsearch.yml").write_text(SETTINGS)
    monkeypatch.chdir(tmp_path)
    return made


@pytest.fixture(params=NAMES)
def called(request: pytest.FixtureRequest, node: Node, capsys: pytest.CaptureFixture[str]) -> Iterator[Called]:
    made = modules(node)[request.param]
    yield made
    with capsys.disabled():
        print(f"\n{made.name}: " + ", ".join(f"{count} {what}" for what, count in made.counts.items()))


def files_of(node: Node) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in node.config.parent.rglob("*") if path.is_file() and path.name != "calls"}


def test_a_wrong_value_is_refused_by_a_message_that_names_the_option(called: Called, node: Node):
    if called.name == "node_certificate":  # so that there is a CA, which is made before the host says a word
        assert not called.call(called.base, False).get("failed")
    before = files_of(node)
    assert "surprise" in called.call({**called.base, "surprise": 1}, False)["msg"]
    for path, kind, option in called.options():
        assert not inputs.needs_kind(option) or inputs.kind_of(kind), f"say in KINDS of inputs.py what {path} means"
        for value in inputs.refused(kind, option):
            if value in (5, [5]) and "options" in option:  # ends in a traceback of Ansible, before a module begins
                continue
            result = called.call(called.with_value(path, kind, value), False)
            called.check(f"{'.'.join(path)} = {value!r:.80}", "refused", result, _not_refused(kind, result))
        called.problems += [f"{'.'.join(path)}: {name} was written" for name, _content in files_of(node).items() - before.items()]

    problems = called.problems
    assert not problems, "\n".join(problems)
    assert called.counts["refused"] > 20


def test_an_odd_value_is_taken_or_refused_without_a_traceback(called: Called):
    for path, kind, option in called.options():
        for value in inputs.accepted(kind, option):
            result = called.call(called.with_value(path, kind, value), True)
            called.check(f"{'.'.join(path)} = {value!r:.80}", "accepted", result, "is refused" if result.get("failed") else "")
        for value in inputs.judged(kind, option):
            called.check(f"{'.'.join(path)} = {value!r:.80}", "tried", called.call(called.with_value(path, kind, value), True), "")

    problems = called.problems
    assert not problems, "\n".join(problems)
    assert called.counts["tried"] > 0
