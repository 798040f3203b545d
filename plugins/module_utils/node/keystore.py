# SPDX-License-Identifier: GPL-3.0-or-later
"""The keystore of a node, by Elasticsearch's own ``elasticsearch-keystore``. Values go by standard input, never into arguments or files.

https://www.elastic.co/docs/reference/elasticsearch/command-line-tools/elasticsearch-keystore
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ..model.errors import CrossClusterError, NodeFailed, Refused, WriteInCheckMode
from . import programs

_FILE = "elasticsearch.keystore"
_OTHER_USER = "run the task as root or as the user to whom the keystore belongs (become)"
# What the tool says -> what it means. The first that fits counts: an unreadable folder makes it look for the keystore elsewhere.
_COMPLAINTS: tuple[tuple[str, str, str], ...] = (
    ("could not find java", "the tool finds no Java", "set ES_JAVA_HOME in the environment of the task"),
    ("Permission denied", "it may not be read", _OTHER_USER),
    ("AccessDeniedException", "it may not be read", _OTHER_USER),
    ("write permissions required", "it may not be written", _OTHER_USER),
    ("changing the file owner", "it belongs to another user", _OTHER_USER),
    ("keystore password was incorrect", "the password is wrong", "check password"),
    ("unable to read from standard input", "it has a password", "give it in password"),
)
_NO_KEYSTORE = "keystore not found"


@dataclass(frozen=True)
class Tool:
    """How the tool is called.

    command: the program and what stands before its own arguments. config: the folder of elasticsearch.yml (ES_PATH_CONF).
    password: of a protected keystore; a keystore that is created is protected with it. own_user: run it as the user to whom the
    keystore belongs, when this process is root. read_only: refuse to write.
    """

    command: Sequence[str]
    config: str
    password: str | None = None
    own_user: bool = False
    read_only: bool = False


class Keystore:
    """The keystore in a configuration folder."""

    def __init__(self, tool: Tool) -> None:
        self._tool = tool
        self._path = Path(tool.config) / _FILE
        self._protected = False

    def __str__(self) -> str:
        return f"keystore of {self._tool.config}"

    def names(self) -> list[str] | None:
        """Names of the settings, None when there is no keystore. Raises Refused when there is a password and no need for one."""
        done = self._run("list", lines=[self._tool.password] if self._tool.password else [])
        failure = self._failure(done, "list")
        if failure and not isinstance(failure, _Absent):
            raise failure
        if failure:
            return None
        self._protected = "Enter password" in done.errors
        if self._tool.password and not self._protected:
            raise Refused(
                f"the {self} has no password, but one is given", "leave out password, or protect it with elasticsearch-keystore passwd"
            )
        return done.output.split()

    def value(self, name: str) -> str | None:
        """The value of a setting; None when it cannot be shown: by tools before 7.16, or because it is no text."""
        done = self._run("show", name, lines=self._password_lines())
        return None if done.status else done.output

    def create(self) -> None:
        """Make an empty keystore."""
        password = self._tool.password
        self._write("create", *(["-p"] if password else []), lines=[password, password] if password else [])
        self._protected = bool(password)

    def add(self, values: Mapping[str, str]) -> None:
        """Set settings. Without ``-f`` the tool would ask before it replaces one and take the value for the answer."""
        self._write("add", "-x", "-f", *values, lines=[*self._password_lines(), *values.values()])

    def remove(self, names: Sequence[str]) -> None:
        """Remove settings, all of which must be there."""
        self._write("remove", *names, lines=self._password_lines())

    def _password_lines(self) -> list[str]:
        return [self._tool.password] if self._protected and self._tool.password else []

    def _write(self, *arguments: str, lines: Sequence[str]) -> None:
        if self._tool.read_only:
            raise WriteInCheckMode(f"{arguments[0]} of the {self} in check mode", "this is a defect of the collection")
        with _attributes_kept(self._path):
            failure = self._failure(self._run(*arguments, lines=lines), arguments[0])
        if failure:
            raise failure

    def _run(self, *arguments: str, lines: Sequence[str]) -> programs.Finished:
        environment = {"ES_PATH_CONF": self._tool.config}
        return programs.run([*self._tool.command, *arguments], lines, environment, self._user())

    def _user(self) -> int | None:
        """The user as whom the tool has to run, because it refuses to replace the keystore of another; None for the present one."""
        if not self._tool.own_user or os.geteuid() != 0:
            return None
        try:
            known = self._path if self._path.exists() else self._path.parent
            return (known.stat().st_uid or None) if known.exists() else None
        except OSError as error:
            raise NodeFailed(f"{self._tool.config} cannot be a folder ({error.strerror})", "check config") from error

    def _failure(self, done: programs.Finished, what: str) -> CrossClusterError | None:
        if done.status == 0:
            return None
        for words, meaning, remedy in _COMPLAINTS:
            if words in done.errors + done.output:
                return NodeFailed(f"{self}: {meaning}", remedy)
        if _NO_KEYSTORE in done.errors:
            return _Absent(f"{self}: there is none")
        lines = [line for line in done.errors.splitlines() if line.strip()]
        reason = next((line for line in lines if line.startswith("ERROR")), lines[-1] if lines else "no reason was given")
        return NodeFailed(f"{self}: elasticsearch-keystore {what} ended with status {done.status}: {reason}")


class _Absent(NodeFailed):
    """There is no keystore."""


@contextmanager
def _attributes_kept(path: Path) -> Iterator[None]:
    """Give the file its group and mode back, which the tool does not keep; a new one gets the group of its folder, as packages have it."""
    before = path.stat() if path.exists() else None
    yield
    if not path.exists():
        return
    after = path.stat()
    group = before.st_gid if before else path.parent.stat().st_gid
    mode = (before or after).st_mode & 0o7777
    try:
        if after.st_gid != group:
            os.chown(path, -1, group)
        if after.st_mode & 0o7777 != mode:
            os.chmod(path, mode)
    except PermissionError as error:
        raise NodeFailed(f"{path}: its group and mode may not be restored", _OTHER_USER) from error
