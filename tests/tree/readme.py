# SPDX-License-Identifier: GPL-3.0-or-later
"""The README's tables of modules, roles and playbooks, made from what each says about itself: `python -m tree.readme` writes them."""

from __future__ import annotations

import ast
import re
from pathlib import PurePath

import yaml

from tree.source import ROOT, files, read


def tables() -> dict[str, str]:
    """The table of each kind, as Markdown."""
    return {"modules": table("Module", modules()), "roles": table("Role", roles()), "playbooks": table("Playbook", playbooks())}


def table(kind: str, rows: dict[str, str]) -> str:
    lines = [f"| {kind} | What it is for |", "| --- | --- |", *(f"| `{name}` | {text} |" for name, text in sorted(rows.items()))]
    return "\n".join(lines)


def modules() -> dict[str, str]:
    """Module -> its short description."""
    paths = [name for name in files() if re.fullmatch(r"plugins/modules/(?!__init__)\w+\.py", name)]
    return {PurePath(path).stem: yaml.safe_load(documentation(read(path)))["short_description"] for path in paths}


def documentation(source: str) -> str:
    """The DOCUMENTATION string of a module."""
    (text,) = [
        node.value.value
        for node in ast.parse(source).body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and ast.unparse(node.targets[0]) == "DOCUMENTATION"
    ]
    return text


def roles() -> dict[str, str]:
    """Role -> the short description of its main entry point."""
    paths = [name for name in files() if re.fullmatch(r"roles/\w+/meta/argument_specs\.yml", name)]
    return {PurePath(path).parts[1]: yaml.safe_load(read(path))["argument_specs"]["main"]["short_description"] for path in paths}


def playbooks() -> dict[str, str]:
    """Playbook -> the name of its first play."""
    paths = [name for name in files() if re.fullmatch(r"playbooks/\w+\.yml", name)]
    return {PurePath(path).stem: yaml.safe_load(read(path))[0]["name"] for path in paths}


def with_tables(text: str, contents: dict[str, str]) -> str:
    """The README with these tables between its markers; LookupError when a marker is missing."""
    for kind, content in contents.items():
        pattern = re.compile(rf"(<!-- {kind} -->\n).*?(<!-- /{kind} -->)", re.DOTALL)
        if not pattern.search(text):
            raise LookupError(f"README.md has no <!-- {kind} --> ... <!-- /{kind} -->")
        text = pattern.sub(lambda match, content=content: f"{match[1]}{content}\n{match[2]}", text)
    return text


if __name__ == "__main__":
    (ROOT / "README.md").write_text(with_tables(read("README.md"), tables()), encoding="utf-8")
