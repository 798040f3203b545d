# SPDX-License-Identifier: GPL-3.0-or-later
"""The keystore of a simulated node, and ``elasticsearch-keystore`` for it: the real tool's command line, messages and exit codes.

It is a program of its own, which nodes' owners call: the standard library only.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import os
import re
import secrets
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

FILE = "elasticsearch.keystore"
_USAGE, _DATA, _SOFTWARE, _IO, _CONFIG = 64, 65, 70, 74, 78
_NAME = re.compile(r"[A-Za-z0-9_\-.]+")
_COMMANDS = {
    "create": "Creates a new elasticsearch keystore",
    "list": "List entries in the keystore",
    "show": "Show a value from the keystore",
    "add": "Add string settings to the keystore",
    "add-file": "Add a file setting to the keystore",
    "remove": "Remove settings from the keystore",
    "upgrade": "Upgrade the keystore format",
    "passwd": "Changes the password of a keystore",
    "has-passwd": "Succeeds if the keystore exists and is password-protected, fails with exit code 1 otherwise.",
}


class WrongPassword(ValueError):
    """The password of a keystore is another one."""


class Keystore:
    """The content of a keystore file: values by setting. `password` is empty where there is none."""

    def __init__(self, file: Path, entries: dict[str, bytes], password: str) -> None:
        self.file = file
        self.entries = entries
        self.password = password

    @classmethod
    def create(cls, file: Path) -> Keystore:
        """A new one, not written yet."""
        return cls(file, {"keystore.seed": secrets.token_urlsafe(15).encode()}, "")

    @classmethod
    def read(cls, file: Path, password: str = "") -> Keystore:
        """Raises WrongPassword, or OSError when there is no file."""
        content = json.loads(file.read_text(encoding="ascii"))
        if content["password"] != _digest(password):
            raise WrongPassword
        return cls(file, {name: base64.b64decode(value) for name, value in content["entries"].items()}, password)

    def write(self) -> None:
        """Replace the file; it keeps its owner, as only that one may write it."""
        entries = {name: base64.b64encode(value).decode() for name, value in self.entries.items()}
        draft = self.file.with_name(f"{FILE}.tmp")
        draft.write_text(json.dumps({"password": _digest(self.password), "entries": entries}), encoding="ascii")
        draft.chmod(0o660)
        if self.file.exists() and self.file.stat().st_uid != draft.stat().st_uid:
            draft.unlink()
            raise PermissionError(f"unable to change the owner of {self.file}")
        draft.replace(self.file)


def has_password(file: Path) -> bool:
    return json.loads(file.read_text(encoding="ascii"))["password"] != _digest("")


def main(arguments: Sequence[str]) -> int:
    """Run a command; returns the exit status."""
    if not arguments or arguments[0] in ("-h", "--help"):
        listing = "".join(f"{name} - {about}\n" for name, about in _COMMANDS.items())
        text = f"A tool for managing settings stored in the elasticsearch keystore\n\nCommands\n--------\n{listing}"
        print(text, file=sys.stdout if arguments else sys.stderr)
        return 0 if arguments else _fail("Missing required command", _USAGE)
    command, *rest = arguments
    if command not in _COMMANDS:
        _fail(f"Unknown command [{command}]", _USAGE)
    options = _parse(command, rest)
    file = Path(os.environ["ES_PATH_CONF"]) / FILE
    if command == "create":
        return _create(file, options.p)
    if command == "has-passwd":
        return _has_passwd(file)
    keystore = _opened(file, creates=command in ("add", "add-file"), force=getattr(options, "force", False))
    return _HANDLERS[command](keystore, options)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        found = re.search(r"unrecognized arguments: -*([^\s=]+)", message)
        print(f"ERROR: {found.group(1)} is not a recognized option" if found else f"ERROR: {message}", file=sys.stderr)
        sys.exit(_USAGE)


def _parse(command: str, arguments: Sequence[str]) -> argparse.Namespace:
    parser = _Parser(prog=f"elasticsearch-keystore {command}", description=_COMMANDS[command], allow_abbrev=False)
    parser.add_argument("-s", "--silent", action="store_true")
    parser.add_argument("-v", "--verbose", action="store_true")
    if command == "create":
        parser.add_argument("-p", action="store_true")
    if command in ("add", "add-file"):
        parser.add_argument("-f", "--force", action="store_true")
    if command == "add":
        parser.add_argument("-x", "--stdin", action="store_true")
    if command == "show":
        parser.add_argument("-o", "--output")
    parser.add_argument("names", nargs="*")
    return parser.parse_intermixed_args(arguments)


def _create(file: Path, protect: bool) -> int:
    password = _new_password() if protect else ""
    if file.exists() and not _agreed("An elasticsearch keystore already exists. Overwrite?"):
        print("Exiting without creating keystore.")
        return 0
    keystore = Keystore.create(file)
    keystore.password = password
    _write(keystore)
    print(f"Created elasticsearch keystore in {file}")
    return 0


def _has_passwd(file: Path) -> int:
    if not file.exists():
        print("ERROR: Elasticsearch keystore not found", file=sys.stderr)
        return 1
    if not has_password(file):
        print("ERROR: Keystore is not password-protected", file=sys.stderr)
        return 1
    print("Keystore is password-protected")
    return 0


def _opened(file: Path, creates: bool, force: bool) -> Keystore:
    if not file.exists():
        if not creates:
            _fail(f"Elasticsearch keystore not found at [{file}]. Use 'create' command to create one.", _DATA)
        if not force and not _agreed("The elasticsearch keystore does not exist. Do you want to create it?"):
            print("Exiting without creating keystore.")
            sys.exit(0)
        return Keystore.create(file)
    password = _asked("Enter password for the elasticsearch keystore : ") if has_password(file) else ""
    try:
        return Keystore.read(file, password)
    except WrongPassword:
        _fail("Provided keystore password was incorrect", _DATA)


def _list(keystore: Keystore, _options: argparse.Namespace) -> int:
    print("".join(f"{name}\n" for name in sorted(keystore.entries)), end="")
    return 0


def _show(keystore: Keystore, options: argparse.Namespace) -> int:
    if len(options.names) != 1:
        _fail("Must provide a single setting name to show", _USAGE)
    value = keystore.entries.get(options.names[0])
    if value is None:
        _fail(f"Setting [{options.names[0]}] does not exist in the keystore.", _CONFIG)
    if options.output:
        Path(options.output).write_bytes(value)
    else:
        sys.stdout.buffer.write(value)
    return 0


def _add(keystore: Keystore, options: argparse.Namespace) -> int:
    if not options.names:
        _fail("the setting names can not be empty", _USAGE)
    added = {}
    for name in options.names:
        _may_overwrite(keystore, name, options.force)
        added[name] = (_line() if options.stdin else _asked(f"Enter value for {name}: ")).encode()
    return _stored(keystore, added)


def _add_file(keystore: Keystore, options: argparse.Namespace) -> int:
    if not options.names:
        _fail("Missing setting name", _USAGE)
    if len(options.names) % 2:
        _fail("settings and filenames must come in pairs", _USAGE)
    added = {}
    for name, path in zip(options.names[::2], options.names[1::2], strict=True):
        _may_overwrite(keystore, name, options.force)
        if not Path(path).exists():
            _fail(f"File [{path}] does not exist", _IO)
        added[name] = Path(path).read_bytes()
    return _stored(keystore, added)


def _may_overwrite(keystore: Keystore, name: str, force: bool) -> None:
    if name in keystore.entries and not force and not _agreed(f"Setting {name} already exists. Overwrite?"):
        print("Exiting without modifying keystore.")
        sys.exit(0)


def _stored(keystore: Keystore, added: dict[str, bytes]) -> int:
    for name in added:
        if not _NAME.fullmatch(name):
            _fail(f"Setting name [{name}] does not match the allowed setting name pattern [{_NAME.pattern}]", _DATA)
    keystore.entries.update(added)
    return _write(keystore)


def _remove(keystore: Keystore, options: argparse.Namespace) -> int:
    if not options.names:
        _fail("Must supply at least one setting to remove", _USAGE)
    for name in options.names:
        if name not in keystore.entries:
            _fail(f"Setting [{name}] does not exist in the keystore.", _CONFIG)
        del keystore.entries[name]
    return _write(keystore)


def _upgrade(_keystore: Keystore, _options: argparse.Namespace) -> int:
    return 0


def _passwd(keystore: Keystore, _options: argparse.Namespace) -> int:
    keystore.password = _new_password()
    _write(keystore)
    print("Elasticsearch keystore password changed successfully.")
    return 0


def _write(keystore: Keystore) -> int:
    try:
        keystore.write()
    except PermissionError:
        _fail(
            f"will not overwrite keystore at [{keystore.file}], because this incurs changing the file owner",
            _CONFIG,
        )
    return 0


_HANDLERS: dict[str, Callable[[Keystore, argparse.Namespace], int]] = {
    "list": _list,
    "show": _show,
    "add": _add,
    "add-file": _add_file,
    "remove": _remove,
    "upgrade": _upgrade,
    "passwd": _passwd,
}


def _new_password() -> str:
    first = _asked("Enter new password for the elasticsearch keystore (empty for no password): ")
    if first != _asked("Enter same password again: "):
        _fail("Passwords are not equal, exiting.", _DATA)
    return first


def _agreed(question: str) -> bool:
    while True:
        answer = _asked(f"{question} [y/N]").strip().lower()
        if answer in ("y", "n", ""):
            return answer == "y"
        print(f"Did not understand answer '{answer}'", file=sys.stderr)


def _asked(prompt: str) -> str:
    print(prompt, end="", file=sys.stderr, flush=True)
    return _line()


def _line() -> str:
    line = sys.stdin.readline()
    if not line:
        reason = "unable to read from standard input; is standard input open and a tty attached?"
        print(f"java.lang.IllegalStateException: {reason}", file=sys.stderr)
        sys.exit(_SOFTWARE)
    return line.removesuffix("\n")


def _fail(message: str, status: int) -> NoReturn:
    print(f"\nERROR: {message}, with exit code {status}", file=sys.stderr)
    sys.exit(status)


def _digest(password: str) -> str:
    return hashlib.sha256(password.encode()).hexdigest()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
