# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of the source tree, and what a Python file imports."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COLLECTION = "ansible_collections.crosscluster.elastic."


def files() -> list[str]:
    """Paths, relative to the root, of all files that git knows or would add."""
    listing = subprocess.run(
        ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return sorted({name for name in listing.split("\0") if name and (ROOT / name).is_file()})


def python_files(*folders: str) -> list[str]:
    return [name for name in files() if name.endswith(".py") and name.startswith(folders)]


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


@dataclass(frozen=True)
class Import:
    """One imported module by its full name; `guarded`: inside a `try` that catches ImportError."""

    module: str
    line: int
    guarded: bool

    @property
    def top(self) -> str:
        return self.module.partition(".")[0]

    @property
    def ours(self) -> str | None:
        """The path inside the collection, such as `plugins.module_utils.model.keys`; None for other packages."""
        return self.module.removeprefix(COLLECTION) if self.module.startswith(COLLECTION) else None


def imports(path: str, source: str) -> list[Import]:
    """All imports of a file, also those inside functions, relative ones resolved against the file's path."""
    tree = ast.parse(source)
    guarded = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.Try) and _catches_import_error(node)
        for statement in node.body
        for inner in ast.walk(statement)
    }
    return [Import(name, node.lineno, id(node) in guarded) for node in ast.walk(tree) for name in _imported(node, path)]


def _imported(node: ast.AST, path: str) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        package = Path(path).parts[: -node.level] if node.level else ()
        parent = COLLECTION + ".".join(package) if node.level else ""
        base = ".".join(part for part in (parent, node.module) if part)
        # `from package import module` names a module only in its last part; the longer name says where it leads in either case.
        yield from (f"{base}.{alias.name}" for alias in node.names)


def _catches_import_error(node: ast.Try) -> bool:
    return any("ImportError" in ast.unparse(handler.type) for handler in node.handlers if handler.type)
