# SPDX-License-Identifier: GPL-3.0-or-later
"""The keystore tool of simulated nodes. That it speaks like the real one is tested with the real one."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from minicloud.dataplane.simulated.keystoretool import FILE, Keystore, main


class Tool:
    """The tool on one keystore; `out` and `err` are what it said last."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.file = folder / FILE
        self._monkeypatch = monkeypatch
        self._capsys = capsys
        monkeypatch.setenv("ES_PATH_CONF", str(folder))

    def __call__(self, *arguments: str, given: str = "") -> int:
        self._monkeypatch.setattr("sys.stdin", io.StringIO(given))
        try:
            status = main(arguments)
        except SystemExit as end:
            status = int(end.code or 0)
        self.out, self.err = self._capsys.readouterr()
        return status


@pytest.fixture
def tool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Tool:
    return Tool(tmp_path, monkeypatch, capsys)


def test_values_are_read_from_standard_input_line_by_line_and_are_shown_again(tool: Tool) -> None:
    assert tool("add", "--stdin", "--force", "cluster.remote.a.credentials", "b", given="first\nsecond") == 0
    assert tool("list") == 0
    assert tool.out == "b\ncluster.remote.a.credentials\nkeystore.seed\n"
    assert tool("show", "b") == 0
    assert tool.out == "second"
    assert tool.file.stat().st_mode & 0o777 == 0o660


def test_a_setting_is_replaced_only_by_force_or_consent(tool: Tool) -> None:
    tool("add", "-xf", "a", given="first\n")
    assert tool("add", "-x", "a", given="n\n") == 0
    assert tool.out == "Exiting without modifying keystore.\n"
    tool("add", "-x", "a", given="y\nsecond\n")
    tool("show", "a")
    assert tool.out == "second"
    tool("add", "-xf", "a", given="third\n")
    tool("show", "a")
    assert tool.out == "third"


def test_files_are_stored_whole(tool: Tool, tmp_path: Path) -> None:
    (tmp_path / "given").write_bytes(b"\x00\xff\n")
    assert tool("add-file", "-f", "a", str(tmp_path / "given")) == 0
    assert Keystore.read(tool.file).entries["a"] == b"\x00\xff\n"


def test_a_password_is_asked_for_before_anything_is_shown(tool: Tool) -> None:
    tool("create")
    assert tool("has-passwd") == 1
    assert tool("passwd", given="hidden\nhidden\n") == 0
    assert tool("has-passwd") == 0
    assert tool("list", given="wrong\n") == 65
    assert "Provided keystore password was incorrect" in tool.err
    assert tool("add", "-xf", "a", given="hidden\nvalue\n") == 0
    assert tool("show", "a", given="hidden\n") == 0
    assert tool.out == "value"


def test_a_keystore_of_another_user_is_not_replaced(tool: Tool, monkeypatch: pytest.MonkeyPatch) -> None:
    tool("create")
    before = tool.file.read_bytes()

    def refused(keystore: Keystore) -> None:
        raise PermissionError

    monkeypatch.setattr(Keystore, "write", refused)
    assert tool("add", "-xf", "a", given="value\n") == 78
    assert "because this incurs changing the file owner" in tool.err
    assert tool.file.read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "given", "status", "said"),
    [
        (["show", "a"], "", 78, "Setting [a] does not exist in the keystore."),
        (["remove", "a"], "", 78, "Setting [a] does not exist in the keystore."),
        (["remove"], "", 64, "Must supply at least one setting to remove"),
        (["add", "-x"], "", 64, "the setting names can not be empty"),
        (["add", "-xf", "a"], "", 70, "unable to read from standard input"),
        (["add", "-xf", "a b"], "v\n", 65, "Setting name [a b] does not match the allowed setting name pattern"),
        (["add", "--bogus"], "", 64, "ERROR: bogus is not a recognized option"),
        (["add-file", "a"], "", 64, "settings and filenames must come in pairs"),
        (["add-file", "a", "/nonexistent/file"], "", 74, "File [/nonexistent/file] does not exist"),
        (["frobnicate"], "", 64, "Unknown command [frobnicate]"),
        ([], "", 64, "Missing required command"),
    ],
)
def test_mistakes_are_named_and_change_nothing(tool: Tool, arguments: list[str], given: str, status: int, said: str) -> None:
    tool("create")
    before = tool.file.read_bytes()
    assert tool(*arguments, given=given) == status
    assert said in tool.err
    assert tool.file.read_bytes() == before


def test_without_a_keystore_there_is_nothing_to_list(tool: Tool) -> None:
    assert tool("list") == 65
    assert f"Elasticsearch keystore not found at [{tool.file}]. Use 'create' command to create one." in tool.err
