# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run lets others see: files and command lines while it goes on; and the search for secrets in that."""

from __future__ import annotations

import base64
import json
import os
import stat
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread
from urllib.parse import quote, quote_plus

PAUSE = 0.02
"""Seconds between two looks, so that the run gets the processor too. A module, and what it leaves in files, is there for longer."""

SHORTEST_LINE = 16
"""Of a secret with several lines, shorter ones tell nothing."""


def forms(secret: str) -> set[bytes]:
    """How a text may be written down. Of a private key in PEM each line is a secret: it may stand anywhere, indented or alone."""
    lines = [line.strip() for line in secret.splitlines()]
    telling = [line for line in lines if len(line) >= SHORTEST_LINE and not line.startswith("-----")]
    return {text for line in (telling if len(lines) > 1 else [secret]) for text in forms_of_line(line)}


def forms_of_line(secret: str) -> set[bytes]:
    """As it is, as JSON (once or twice), in an address, and as Base64 within anything."""
    as_json = json.dumps(secret)[1:-1]
    plain = {secret, as_json, json.dumps(as_json)[1:-1], repr(secret)[1:-1], quote(secret, safe=""), quote(secret), quote_plus(secret)}
    encoded = {_base64_after(before, secret) for before in range(3)}
    both_alphabets = encoded | {text.translate(str.maketrans("+/", "-_")) for text in encoded}
    return {text.encode() for text in plain | both_alphabets}


def _base64_after(before: int, secret: str) -> str:
    """What a secret becomes in Base64 after so many bytes, without the characters that depend on its neighbours."""
    raw = b"\0" * before + secret.encode()
    text = base64.b64encode(raw).decode()
    return text[(0, 2, 3)[before] : len(raw) * 8 // 6]


def leaks(secrets: Mapping[str, str], evidence: Mapping[str, bytes]) -> list[str]:
    """Which secret stands where, without the secret itself. secrets: by what they are. evidence: content by place."""
    written = {name: forms(secret) for name, secret in secrets.items()}
    return [
        f"{name} in {place}"
        for name, texts in written.items()
        for place, content in evidence.items()
        if any(text in content for text in texts)
    ]


class Watch:
    """Looks, again and again while its block lasts and once more at the end, at all command lines and at all files below a folder.

    evidence: what was seen, by place; a file that changes has several contents.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._ended = Event()
        self._thread = Thread(target=self._work)
        self._versions: dict[tuple[Path, int, int], bytes] = {}
        self._command_lines: set[bytes] = set()

    @property
    def evidence(self) -> dict[str, bytes]:
        found: dict[str, bytes] = {"command lines": b"\n".join(sorted(self._command_lines))}
        for (path, _changed, _size), content in self._versions.items():
            place = f"file {path.relative_to(self._folder)}"
            found[place] = found.get(place, b"") + b"\n" + content
        return found

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._ended.set()
        self._thread.join()
        self._look()

    def _work(self) -> None:
        while not self._ended.wait(PAUSE):
            self._look()

    def _look(self) -> None:
        for process in filter(str.isdigit, os.listdir("/proc")):
            with suppress(OSError), open(f"/proc/{process}/cmdline", "rb") as line:  # it may have ended
                self._command_lines.add(line.read().replace(b"\0", b" "))
        for folder, _folders, names in os.walk(self._folder):
            for name in names:
                with suppress(OSError):  # it is gone
                    self._read(Path(folder, name))

    def _read(self, path: Path) -> None:
        status = path.stat()
        version = (path, status.st_mtime_ns, status.st_size)
        if version not in self._versions and stat.S_ISREG(status.st_mode):
            self._versions[version] = path.read_bytes()
