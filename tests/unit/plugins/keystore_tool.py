# SPDX-License-Identifier: GPL-3.0-or-later
"""A program that behaves as ``elasticsearch-keystore`` does, as far as a caller can see."""

from __future__ import annotations

import json
import sys
from pathlib import Path

PROGRAM = r"""#!%s
import json, os, pathlib, sys
config = pathlib.Path(os.environ["ES_PATH_CONF"])
path = config / "elasticsearch.keystore"
with (config / "calls").open("a") as calls:
    calls.write(json.dumps(sys.argv[1:]) + "\n")
command, *rest = sys.argv[1:]


def fail(text, status):
    print("\nERROR: %%s, with exit code %%d" %% (text, status), file=sys.stderr)
    sys.exit(status)


def save(content):
    temporary = path.with_suffix(".tmp")
    temporary.write_text(json.dumps(content))
    temporary.chmod(0o660)
    temporary.replace(path)


def line():
    text = sys.stdin.readline()
    if not text:
        fail("java.lang.IllegalStateException: unable to read from standard input", 70)
    return text.rstrip("\n")


complaint = config / "complaint"
if complaint.exists():
    print(complaint.read_text(), file=sys.stderr)
    sys.exit(1)
if command == "create":
    save({"password": line() if "-p" in rest else "", "entries": {"keystore.seed": "seed"}})
    sys.exit(0)
if not path.exists() and command != "add":
    fail("Elasticsearch keystore not found at [%%s]. Use 'create' command to create one." %% path, 65)
content = json.loads(path.read_text()) if path.exists() else {"password": "", "entries": {"keystore.seed": "seed"}}
if content["password"]:
    print("Enter password for the elasticsearch keystore : ", end="", file=sys.stderr)
    if line() != content["password"]:
        fail("Provided keystore password was incorrect", 65)
entries = content["entries"]
if command == "list":
    print("\n".join(sorted(entries)))
elif command == "show":
    if (config / "old").exists():
        fail("Unknown command [show]", 64)
    print(entries[rest[0]], end="") if rest[0] in entries else fail("Setting [%%s] does not exist in the keystore." %% rest[0], 78)
elif command == "add":
    names = [name for name in rest if name not in ("-x", "-f")]
    entries.update({name: line() for name in names})
    save(content)
elif command == "remove":
    for name in rest:
        entries.pop(name, None) is not None or fail("Setting [%%s] does not exist in the keystore." %% name, 78)
    save(content)
else:
    fail("Unknown command [%%s]" %% command, 64)
"""


class Node:
    """The folders of a node in `folder`; `home` and `config` are options of the modules."""

    def __init__(self, folder: Path) -> None:
        self.home, self.config = folder / "home", folder / "config"
        (self.home / "bin").mkdir(parents=True)
        self.config.mkdir()
        program = self.home / "bin" / "elasticsearch-keystore"
        program.write_text(PROGRAM % sys.executable)
        program.chmod(0o755)

    @property
    def options(self) -> dict[str, str]:
        return {"home": str(self.home), "config": str(self.config)}

    @property
    def path(self) -> Path:
        return self.config / "elasticsearch.keystore"

    @property
    def entries(self) -> dict[str, str]:
        """What is in the keystore, without Elasticsearch's own entry."""
        return {name: value for name, value in json.loads(self.path.read_text())["entries"].items() if name != "keystore.seed"}

    def fill(self, entries: dict[str, str], password: str = "") -> None:
        self.path.write_text(json.dumps({"password": password, "entries": {"keystore.seed": "seed", **entries}}))

    def calls(self) -> list[list[str]]:
        """The arguments of each call."""
        return [json.loads(line) for line in (self.config / "calls").read_text().splitlines()]

    def writes(self) -> list[list[str]]:
        return [call for call in self.calls() if call[0] in ("add", "create", "remove")] if (self.config / "calls").exists() else []
