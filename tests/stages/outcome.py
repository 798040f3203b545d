# SPDX-License-Identifier: GPL-3.0-or-later
"""What a stage came to, in numbers: each pytest test counts as one, each other stage counts as one."""

from __future__ import annotations

import os
import re
import shutil
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path

from stages.commands import Finished

MOST_TELLING = 15
"""Lines of a stage that failed which are shown at once."""


@dataclass(frozen=True)
class Outcome:
    """Counts of one stage, and the text to show when something failed."""

    passed: int
    failed: int
    text: str
    skipped: int = 0

    def telling(self) -> list[str]:
        """The lines that say what failed, in the words of pytest and ansible-test; the last ones where none does."""
        lines = [line for line in self.text.splitlines() if line.strip()]
        return [line for line in lines if re.match(r"FAILED |ERROR[ :]|FATAL:|E   ", line)][-MOST_TELLING:] or lines[-MOST_TELLING:]


def of_checks(problems: list[str]) -> Outcome:
    """One stage that found these problems."""
    return Outcome(0, 1, "\n".join(problems)) if problems else Outcome(1, 0, "")


def of_program(finished: Finished, evidence: str = "") -> Outcome:
    """One stage that is a program: status 0 and output that matches `evidence`, the sign that it found something to do."""
    if finished.status != 0:
        return Outcome(0, 1, f"{finished.text}\nexit status {finished.status}")
    if not re.search(evidence, finished.text):
        return Outcome(0, 1, f"{finished.text}\nnothing was done: the output does not match {evidence!r}")
    return Outcome(1, 0, "")


def of_pytest(finished: Finished, report: Path, allow_skips: bool) -> Outcome:
    """Count the tests of a JUnit report. A pytest that failed otherwise, ran nothing or left no report is one failure more."""
    passed, failed, skipped = count_tests(report) if report.is_file() else (0, 0, 0)
    if not allow_skips:
        failed, skipped = failed + skipped, 0
    broke = finished.status not in (0, 1) or (finished.status == 1 and not failed) or not passed + failed + skipped
    return Outcome(passed, failed + broke, finished.text, skipped)


def count_tests(report: Path) -> tuple[int, int, int]:
    """Passed, failed and skipped tests of a JUnit report; a test whose set-up or clean-up failed is a failed one."""
    failed, skipped, names = set(), set(), set()
    for case in ET.parse(report).getroot().iter("testcase"):
        name = (case.get("classname"), case.get("name"))
        names.add(name)
        if case.find("failure") is not None or case.find("error") is not None:
            failed.add(name)
        elif case.find("skipped") is not None:
            skipped.add(name)
    skipped -= failed
    return len(names - failed - skipped), len(failed), len(skipped)


def missing_tools() -> list[str]:
    """What is absent of the two programs that real Elasticsearch needs."""
    java = shutil.which("java") or shutil.which("java", path=str(Path(os.environ.get("JAVA_HOME", "-"), "bin")))
    return [name for name, found in (("a JDK, 17 or later (java)", java), ("Maven (mvn)", shutil.which("mvn"))) if not found]


def continuous_integration() -> bool:
    return os.environ.get("CI", "").lower() == "true"
