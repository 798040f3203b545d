# SPDX-License-Identifier: GPL-3.0-or-later
"""The counting of `make test`: nothing that failed, crashed or did not run is counted as passed."""

from __future__ import annotations

import os
import sys
import time

import pytest

from stages import __main__ as main
from stages import commands
from stages.catalog import Stage
from stages.collection import compare_contents
from stages.commands import Finished
from stages.outcome import Outcome, of_program, of_pytest
from stages.workspace import ROOT

REPORT = """<testsuites><testsuite>
<testcase classname="a" name="passes"/>
<testcase classname="a" name="fails"><failure message="no"/></testcase>
<testcase classname="a" name="cleanup"/><testcase classname="a" name="cleanup"><error message="no"/></testcase>
<testcase classname="a" name="skips"><skipped message="no Java"/></testcase>
</testsuite></testsuites>"""
PASSES = '<testsuites><testsuite><testcase classname="a" name="passes"/></testsuite></testsuites>'


@pytest.fixture
def report(tmp_path):
    return tmp_path / "report.xml"


def counts(outcome):
    return outcome.passed, outcome.failed, outcome.skipped


def test_each_pytest_test_counts_once(report):
    report.write_text(REPORT)
    assert counts(of_pytest(Finished(1, "", ""), report, allow_skips=True)) == (1, 2, 1)


def test_skip_is_a_failure_unless_allowed(report):
    report.write_text(REPORT)
    assert counts(of_pytest(Finished(1, "", ""), report, allow_skips=False)) == (1, 3, 0)


@pytest.mark.parametrize("status", [1, 2, 3, 5, -9, None])
def test_pytest_that_ends_badly_without_a_failed_test_is_a_failure(report, status):
    report.write_text(PASSES)
    assert counts(of_pytest(Finished(status, "", ""), report, allow_skips=False)) == (1, 1, 0)


def test_pytest_without_a_report_is_a_failure(report):
    assert counts(of_pytest(Finished(0, "", ""), report, allow_skips=False)) == (0, 1, 0)


def test_pytest_that_collects_nothing_is_a_failure(report):
    report.write_text("<testsuites><testsuite/></testsuites>")
    assert counts(of_pytest(Finished(5, "", ""), report, allow_skips=True)) == (0, 1, 0)


def test_program_without_evidence_that_it_did_something_is_a_failure():
    assert counts(of_program(Finished(0, "all targets skipped", ""), "Running")) == (0, 1, 0)
    assert counts(of_program(Finished(0, "Running", ""), "Running")) == (1, 0, 0)
    assert counts(of_program(Finished(1, "Running", ""), "Running")) == (0, 1, 0)


def test_stage_that_crashes_is_a_failure_and_shows_why(capsys):
    assert main.run_stage(Stage("planted", lambda: 1 // 0)).failed == 1
    assert "ZeroDivisionError" in capsys.readouterr().out


def test_what_failed_is_named_at_once_and_the_whole_output_follows_at_the_end(capsys):
    outcome = Outcome(0, 1, "first\nE   assert 1 == 2\nFAILED a.py::test_a - assert 1 == 2\nlast\n")
    main.print_outcome("planted", outcome, 0.1)
    assert capsys.readouterr().out.splitlines()[1:] == ["    | E   assert 1 == 2", "    | FAILED a.py::test_a - assert 1 == 2"]
    main.print_whole(outcome)
    assert capsys.readouterr().out == "\nfirst\nE   assert 1 == 2\nFAILED a.py::test_a - assert 1 == 2\nlast\n\n"


def test_a_failure_that_is_not_in_the_usual_words_shows_its_last_lines():
    assert Outcome(0, 1, "\n".join(map(str, range(100)))).telling() == [str(number) for number in range(85, 100)]


def test_program_that_hangs_is_ended_with_its_children(tmp_path, monkeypatch):
    monkeypatch.setattr(commands, "TIME_LIMIT", 0.5)
    monkeypatch.setattr(commands, "GRACE", 0.5)
    start = time.monotonic()
    finished = commands.run("sh", "-c", "sleep 60 & echo $! > child; wait", cwd=tmp_path, env=os.environ)
    assert finished.status is None
    assert time.monotonic() - start < 10
    assert not os.path.exists(f"/proc/{(tmp_path / 'child').read_text().strip()}/exe")


def test_program_that_is_late_may_clean_up(tmp_path, monkeypatch):
    monkeypatch.setattr(commands, "TIME_LIMIT", 0.5)
    finished = commands.run("sh", "-c", "trap 'echo cleaned; exit' INT; sleep 60", cwd=tmp_path, env=os.environ)
    assert (finished.status, finished.stdout) == (None, "cleaned\n")


def test_stopped_run_ends_its_programs_and_starts_no_other(tmp_path):
    script = (
        "from stages import __main__ as main, catalog, commands; import os, pathlib, signal, sys\n"
        "def start(name): return catalog.Stage(name, lambda: commands.run('sh', '-c', f'echo $$ > {name}; kill -TERM {os.getpid()};'"
        " 'exec sleep 60', cwd=pathlib.Path(sys.argv[1]), env=os.environ))\n"
        "signal.signal(signal.SIGTERM, main.stop)\n"
        "main.run_all([[start('first'), start('second')]])\n"
    )
    done = commands.run(sys.executable, "-c", script, tmp_path, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT / "tests")})
    assert done.status == 130, done.text
    assert [path.name for path in tmp_path.iterdir()] == ["first"]
    assert not os.path.exists(f"/proc/{(tmp_path / 'first').read_text().strip()}/exe")


def test_stray_and_missing_files_of_the_tarball_are_reported():
    sources = {"README.md", "Makefile", "plugins/modules/a.py", "tests/a.py"}
    found = {"README.md", "tests/a.py", "MANIFEST.json", "FILES.json"}
    assert compare_contents(found, sources) == ["stray file in the tarball: tests/a.py", "missing in the tarball: plugins/modules/a.py"]
