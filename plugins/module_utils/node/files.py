# SPDX-License-Identifier: GPL-3.0-or-later
"""Files on a host: read, and replaced as a whole, so that nobody sees half of one or a secret with the wrong mode."""

from __future__ import annotations

import errno
import grp
import os
import pwd
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable

from ..model.errors import InvalidDeclaration, NodeFailed


@dataclass(frozen=True)
class Attributes:
    """Names or numbers of owner and group, and the mode as octal text; None for what does not matter."""

    owner: str | None = None
    group: str | None = None
    mode: str | None = None


def read(path: str) -> bytes | None:
    """The content, None when there is no such file. Raises NodeFailed."""
    try:
        with _explained(path):
            return Path(path).read_bytes()
    except FileNotFoundError:
        return None


def attributes(path: str) -> dict[str, str]:
    """owner, group and mode of a file as text; {} when there is no such file. Raises NodeFailed."""
    try:
        with _explained(path):
            status = os.stat(path)
    except FileNotFoundError:
        return {}
    return {
        "owner": _called(lambda: pwd.getpwuid(status.st_uid).pw_name, status.st_uid),
        "group": _called(lambda: grp.getgrgid(status.st_gid).gr_name, status.st_gid),
        "mode": f"{status.st_mode & 0o7777:04o}",
    }


def differ(path: str, wanted: Attributes) -> bool:
    """Whether an existing file has other attributes. Raises NodeFailed, InvalidDeclaration for an unknown user or group."""
    with _explained(path):
        status = os.stat(path)
    present = (status.st_uid, status.st_gid, status.st_mode & 0o7777)
    return any(number not in (None, there) for number, there in zip(_numbers(wanted), present))


def write(path: str, content: bytes, wanted: Attributes) -> None:
    """Put a file in the place of what is there. Attributes that do not matter stay. Raises NodeFailed."""
    if not Path(path).parent.is_dir():
        raise NodeFailed(f"there is no folder {Path(path).parent}", "make it, or check the path")
    with _explained(path):
        present = attributes(path)
        descriptor, temporary = tempfile.mkstemp(prefix=f".{Path(path).name}.", dir=str(Path(path).parent))
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            kept = Attributes(
                wanted.owner or present.get("owner"), wanted.group or present.get("group"), wanted.mode or present.get("mode")
            )
            set_attributes(temporary, kept)
            os.replace(temporary, path)
        finally:
            with suppress(FileNotFoundError):
                os.unlink(temporary)  # of a write that failed


def set_attributes(path: str, wanted: Attributes) -> None:
    """Raises NodeFailed when it is not permitted, InvalidDeclaration for an unknown user or group."""
    uid, gid, mode = _numbers(wanted)
    with _explained(path):
        status = os.stat(path)
        if uid not in (None, status.st_uid) or gid not in (None, status.st_gid):
            os.chown(path, -1 if uid is None else uid, -1 if gid is None else gid)
        if mode is not None:
            os.chmod(path, mode)


def problems(wanted: Attributes) -> list[str]:
    """What is wrong with the mode, the only one that can be judged everywhere."""
    try:
        valid = not wanted.mode or 0 <= _mode(wanted.mode) <= 0o7777
    except ValueError:
        valid = False
    return [] if valid else [f"mode {wanted.mode!r} is not an octal number such as '0640'"]


def _mode(text: str) -> int:
    return int(text, 8)


def _numbers(wanted: Attributes) -> tuple[int | None, int | None, int | None]:
    """uid, gid and mode, None for what does not matter."""
    return (
        _number(wanted.owner, lambda name: pwd.getpwnam(name).pw_uid, "user"),
        _number(wanted.group, lambda name: grp.getgrnam(name).gr_gid, "group"),
        _mode(wanted.mode) if wanted.mode else None,
    )


def _number(text: str | None, look: Callable[[str], int], what: str) -> int | None:
    if not text or text.isdigit():
        return int(text) if text else None
    try:
        return look(text)
    except KeyError as error:
        raise InvalidDeclaration([f"there is no {what} {text} on this host"], "check owner and group") from error


def _called(look: Callable[[], str], number: int) -> str:
    try:
        return look()
    except KeyError:
        return str(number)


@contextmanager
def _explained(path: str) -> Iterator[Any]:
    """Failures of the operating system in words, except for a file that is not there."""
    try:
        yield
    except PermissionError as error:
        raise NodeFailed(f"{path}: not permitted", "run the task as root or as the user to whom it belongs (become)") from error
    except FileNotFoundError:
        raise
    except OSError as error:
        raise NodeFailed(f"{path}: {os.strerror(error.errno or errno.EIO)}") from error
