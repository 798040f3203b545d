# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of the collection as it is shipped: the tarball, and what Ansible finds in the installed copy."""

from __future__ import annotations

import json
import shutil
import tarfile
from pathlib import Path

from stages.commands import run
from stages.outcome import Outcome, of_checks, of_program
from stages.workspace import BUILD, INSTALLED, NAME, NEWEST, TREE

DIST = BUILD / "dist"
PREFIX = ".".join(NAME.parts[1:])
SHIPPED = {"CHANGELOG.rst", "LICENSE", "README.md", "changelogs", "docs", "meta", "playbooks", "plugins", "roles"}
GENERATED = {"FILES.json", "MANIFEST.json"}


def build() -> Outcome:
    """Build the tarball in an empty folder."""
    shutil.rmtree(DIST, ignore_errors=True)
    DIST.mkdir(parents=True)
    return of_program(
        run(NEWEST.program("ansible-galaxy"), "collection", "build", "--output-path", DIST, cwd=TREE / NAME, env=NEWEST.environment())
    )


def tarball() -> Path:
    """The one tarball that was built."""
    (path,) = DIST.glob("*.tar.gz")
    return path


def check_contents() -> Outcome:
    """The tarball holds exactly the source files that users need."""
    with tarfile.open(tarball()) as archive:
        found = {member.name for member in archive.getmembers() if member.isfile()}
    sources = {str(path.relative_to(TREE / NAME)) for path in (TREE / NAME).rglob("*") if path.is_file()}
    return of_checks(compare_contents(found, sources))


def compare_contents(found: set[str], sources: set[str]) -> list[str]:
    """Compare the file names in a tarball with those of the source tree; returns the problems."""
    expected = {name for name in sources if Path(name).parts[0] in SHIPPED} | GENERATED
    stray = [f"stray file in the tarball: {name}" for name in sorted(found - expected)]
    missing = [f"missing in the tarball: {name}" for name in sorted(expected - found)]
    return stray + missing


def install() -> Outcome:
    """Install the tarball, alone and offline."""
    shutil.rmtree(INSTALLED, ignore_errors=True)
    command = ("collection", "install", tarball(), "--offline", "--collections-path", INSTALLED)
    return of_program(run(NEWEST.program("ansible-galaxy"), *command, cwd=BUILD, env=NEWEST.environment(INSTALLED)))


def check_documentation() -> Outcome:
    """ansible-doc shows every installed module and role, without a warning."""
    modules = [path.stem for path in sorted((INSTALLED / NAME / "plugins" / "modules").glob("*.py")) if path.stem != "__init__"]
    roles = [path.name for path in sorted((INSTALLED / NAME / "roles").iterdir())]
    return of_checks(_undocumented("module", modules) + _undocumented("role", roles))


def _undocumented(kind: str, names: list[str]) -> list[str]:
    if not names:
        return [f"the installed collection has no {kind}"]
    wanted = [f"{PREFIX}.{name}" for name in names]
    answer = run(
        NEWEST.program("ansible-doc"), "--type", kind, "--json", *wanted, cwd=BUILD, env=NEWEST.environment(INSTALLED), merge=False
    )
    if answer.status != 0 or answer.stderr.strip():
        return [answer.text]
    found = json.loads(answer.stdout)
    return [f"ansible-doc does not know the {kind} {name}" for name in wanted if not found.get(name)]


def check_playbooks() -> Outcome:
    """Every installed playbook passes Ansible's syntax check under its full name."""
    names = [f"{PREFIX}.{path.stem}" for path in sorted((INSTALLED / NAME / "playbooks").glob("*.yml"))]
    command = (NEWEST.program("ansible-playbook"), "--syntax-check", "--inventory", "localhost,")
    answers = {name: run(*command, name, cwd=BUILD, env=NEWEST.environment(INSTALLED)) for name in names}
    problems = [f"{name}:\n{answer.text}" for name, answer in answers.items() if answer.status != 0]
    return of_checks(problems if names else ["the installed collection has no playbook"])
