# SPDX-License-Identifier: GPL-3.0-or-later
"""Run stages, print one line for each and `N passed, N failed` at the end; the exit status is 1 when anything failed."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from types import FrameType

from stages import catalog, commands
from stages.outcome import Outcome, missing_tools
from stages.workspace import REPORTS, TREE, copy_collection

WORKERS = 2
_printing = Lock()


def run_stage(stage: catalog.Stage) -> Outcome:
    """Run one stage and print its line. A stage that crashes has failed, and the others still run."""
    start = time.monotonic()
    try:
        outcome = stage.run()
    except Exception:  # noqa: BLE001 - whatever a stage trips over belongs into its report
        outcome = Outcome(0, 1, traceback.format_exc())
    with _printing:
        print_outcome(stage.name, outcome, time.monotonic() - start)
    return outcome


def print_outcome(name: str, outcome: Outcome, seconds: float) -> None:
    verdict = "FAIL" if outcome.failed else "ok"
    counts = f"{outcome.passed} passed, {outcome.failed} failed" + (f", {outcome.skipped} skipped" if outcome.skipped else "")
    print(f"{verdict:4}  {name:52} {counts:26} {seconds:7.1f} s", flush=True)
    if outcome.failed:
        print("\n".join(f"    | {line}" for line in outcome.telling()), flush=True)


def print_whole(outcome: Outcome) -> None:
    """What a stage that failed has written; after all stages, because a log that is cut off at the end has then the causes in it."""
    print("\n".join(["", *outcome.text.rstrip().splitlines(), ""]), flush=True)


def run_lane(lane: catalog.Lane) -> list[Outcome]:
    return [run_stage(stage) for stage in lane]


def run_all(lanes: list[catalog.Lane]) -> list[Outcome]:
    """Run the lanes side by side, the stages of each in order."""
    with ThreadPoolExecutor(WORKERS) as pool:
        return [outcome for outcomes in pool.map(run_lane, lanes) for outcome in outcomes]


def selected(names: list[str]) -> list[list[catalog.Lane]]:
    """Lanes that may overlap, in groups that follow each other."""
    match names:
        case ["all"]:
            return [catalog.first(), catalog.side_by_side()]
        case ["fast"]:
            return [catalog.fast_lanes()]
        case ["lint"]:
            return [catalog.lint_lanes()]
        case ["build"]:
            return [catalog.build_lanes()]
    return [catalog.named(names)]


def stop(_number: int, _frame: FrameType | None) -> None:
    """End what runs and leave without waiting for the pool, whose threads would go on with the next stage."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    commands.end_all()
    os._exit(130)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m stages", description=__doc__)
    parser.add_argument("what", nargs="+", help="all, fast, lint or build; or parts of the names of single stages, such as 'sanity'")
    names = parser.parse_args().what
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)

    REPORTS.mkdir(parents=True, exist_ok=True)
    copy_collection(TREE)
    outcomes = [outcome for lanes in selected(names) for outcome in run_all(lanes)]
    for outcome in outcomes:
        if outcome.failed:
            print_whole(outcome)
    passed, failed = sum(o.passed for o in outcomes), sum(o.failed for o in outcomes)
    if names == ["all"] and missing_tools():
        print(f"Real Elasticsearch was not run. Install {' and '.join(missing_tools())} for it.")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
