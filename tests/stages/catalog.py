# SPDX-License-Identifier: GPL-3.0-or-later
"""The stages of `make test`, as data: lanes that may run side by side, each a list of stages in order."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from stages import collection
from stages.commands import run
from stages.outcome import Outcome, continuous_integration, missing_tools, of_program, of_pytest
from stages.workspace import NAME, NEWEST, OLDEST, PYTHON, REPORTS, ROOT, TREE, Core, copy_collection, install_oldest, prepare_home


@dataclass(frozen=True)
class Stage:
    """One line of the summary."""

    name: str
    run: Callable[[], Outcome]


Lane = list[Stage]

_SPREAD = ("--numprocesses", "2", "--dist", "loadfile", "--no-loadscope-reorder")
SPREAD = {"suites": _SPREAD, "scenarios": _SPREAD, "unit": _SPREAD}
"""Folders whose files go to two processes, in most of them because they wait more than they work; each has a mini cloud of its own."""
OF_ANY_CORE = ("action-plugin-docs", "ansible-doc", "compile", "import", "runtime-metadata", "validate-modules")
"""Sanity tests whose verdict depends on ansible-core; that of the others is about the code and the same on all."""
ANSIBLE_TEST_EVIDENCE = {"sanity": "Running sanity test .*validate-modules", "units": r"[1-9]\d* passed"}


def fast_lanes() -> list[Lane]:
    return [_code_checks(), _pytests("unit", "tree")]


def lint_lanes() -> list[Lane]:
    return [_code_checks(), _linters()]


def build_lanes() -> list[Lane]:
    return [_tarball()[:3]]


def first() -> list[Lane]:
    """What is cheap and telling, and what the others need: the installed collection."""
    return [_code_checks(), _tarball()]


def side_by_side() -> list[Lane]:
    """All the others; the long ones come last, and overlap. tests/unit is run by ansible-test, and by pytest on the oldest core."""
    nodes = ("differential", "real") if _real_elasticsearch() else ()
    long = [_pytests("suites"), _pytests("modules", *nodes), _pytests("scenarios")]
    return [_pytests("tree"), _linters(), _newest(), _oldest(), *long]


def _code_checks() -> Lane:
    ruff = (NEWEST.program("ruff"), "check", "--output-format", "concise")
    mypy = (NEWEST.program("mypy"), "--config-file", ROOT / ".mypy.ini", "--cache-dir", ROOT / ".mypy_cache")
    plugins = ".".join((*NAME.parts, "plugins"))
    return [
        Stage("ruff: tests", _program(*ruff, "tests")),
        Stage("ruff: plugins on Python 3.9", _program(*ruff, "--target-version", "py39", "plugins")),
        Stage("mypy: plugins", _program(*mypy, "--package", plugins, env={**os.environ, "MYPYPATH": str(TREE)})),
    ]


def _pytests(*folders: str, core: Core = NEWEST) -> Lane:
    present = [folder for folder in folders if (ROOT / "tests" / folder).is_dir()]
    suffix = "" if core is NEWEST else f", {core.label} ansible-core"
    return [Stage(f"pytest tests/{folder}{suffix}", partial(_pytest, folder, core)) for folder in present]


def _pytest(folder: str, core: Core) -> Outcome:
    report = REPORTS / f"{folder}-{core.label}.xml"
    report.unlink(missing_ok=True)
    env = {**os.environ, "PATH": f"{core.venv / 'bin'}{os.pathsep}{os.environ['PATH']}"}
    command = (core.program("python"), "-m", "pytest", f"tests/{folder}", *SPREAD.get(folder, ()), "--quiet", "--junit-xml", report)
    return of_pytest(run(*command, cwd=ROOT, env=env), report, allow_skips=not _real_elasticsearch())


def _linters() -> Lane:
    lint = _tool("ansible-lint", "--offline", "--profile", "production", evidence=r"in [1-9]\d* files processed")
    docs = _tool("antsibull-docs", "lint-collection-docs", "--plugin-docs", "--validate-collection-refs", "all", ".")
    changelog = _tool("antsibull-changelog", "lint-changelog-yaml", "--strict", "changelogs/changelog.yaml")
    return [
        Stage("ansible-lint, profile production", lint),
        Stage("antsibull-docs", docs),
        Stage("antsibull-changelog: fragments", _tool("antsibull-changelog", "lint")),
        Stage("antsibull-changelog: changelog.yaml", changelog),
    ]


def _tarball() -> Lane:
    return [
        Stage("ansible-galaxy collection build", collection.build),
        Stage("tarball holds what users need", collection.check_contents),
        Stage("ansible-galaxy collection install", collection.install),
        Stage("ansible-doc of the installed collection", collection.check_documentation),
        Stage("playbooks of the installed collection", collection.check_playbooks),
    ]


def _newest() -> Lane:
    return [_ansible_test(NEWEST, "sanity"), _ansible_test(NEWEST, "units")]


def _oldest() -> Lane:
    return [
        Stage("virtual environment of the oldest ansible-core", _install_oldest),
        _ansible_test(OLDEST, "sanity", *(part for name in OF_ANY_CORE for part in ("--test", name))),
        *_pytests("unit", core=OLDEST),
    ]


def _ansible_test(core: Core, what: str, *options: str) -> Stage:
    return Stage(f"ansible-test {what}, {core.label} ansible-core", partial(_run_ansible_test, core, what, *options))


def _install_oldest() -> Outcome:
    finished = install_oldest()
    return of_program(finished) if finished else Outcome(1, 0, "")


def _run_ansible_test(core: Core, what: str, *options: str) -> Outcome:
    prepare_home(core)
    command = (core.program("ansible-test"), what, "--local", "--python", PYTHON, "--color", "no", *options)
    return of_program(run(*command, cwd=copy_collection(core.tree), env=core.environment()), ANSIBLE_TEST_EVIDENCE[what])


def _real_elasticsearch() -> bool:
    """Whether real Elasticsearch must run: where its tools exist, and in continuous integration, where their absence is a failure."""
    return continuous_integration() or not missing_tools()


def _program(*command: str | Path, env: dict[str, str] | None = None) -> Callable[[], Outcome]:
    return lambda: of_program(run(*command, cwd=ROOT, env=env or os.environ))


def _tool(name: str, *arguments: str, evidence: str = "") -> Callable[[], Outcome]:
    """An Ansible tool on the copy in which no test writes."""
    return lambda: of_program(run(NEWEST.program(name), *arguments, cwd=TREE / NAME, env=NEWEST.environment(TREE)), evidence)


def named(names: Iterable[str]) -> list[Lane]:
    """The stages whose name contains one of `names`, one after the other."""
    every = [stage for lane in [*first(), *side_by_side()] for stage in lane]
    return [[stage for stage in every if any(name in stage.name for name in names)]]
