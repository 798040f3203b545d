# SPDX-License-Identifier: GPL-3.0-or-later
"""Start a mini cloud, link two of its clusters with a playbook, prove it by a search, run again and show that nothing is changed."""

from __future__ import annotations

import argparse
import secrets
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from harness.cloud import MiniCloud, StartFailed, running
from harness.controller import Controller, Run
from harness.scenarios import SCENARIOS, Scenario
from stages.outcome import continuous_integration, missing_tools

MODELS: dict[str, dict[str, Any]] = {"api_key": {}, "certificate": {"account_trust": "all"}}
"""Further options of the link, by security model."""


class Failed(RuntimeError):
    """The demonstration did not show what it should."""


def main() -> int:
    options = _options()
    started = time.monotonic()
    missing = [] if options.data or continuous_integration() else missing_tools()
    data = options.data or ("simulated" if missing else "real")
    try:
        with tempfile.TemporaryDirectory(prefix="minicloud-") as folder:
            _say(f"Starting a mini cloud ({data} Elasticsearch) for {options.scenario}")
            scenario = SCENARIOS[options.scenario]
            with running(scenario.world(Path(folder)), Path(folder) / "cloud", data, lambda line: print(f"  {line}", flush=True)) as cloud:
                show(cloud, scenario, options.model, Path(folder))
    except (Failed, StartFailed) as error:
        print(f"\nFAILED: {error}", flush=True)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted. All that was started has been stopped.", flush=True)
        return 130
    print(f"\nAll of it is true. Took {time.monotonic() - started:.0f} s.", flush=True)
    if missing:
        print(f"Real Elasticsearch was not run: install {' and '.join(missing)}.", flush=True)
    return 0


def show(cloud: MiniCloud, scenario: Scenario, model: str, folder: Path) -> None:
    """The demonstration; raises Failed as soon as something is not as it should be."""
    order = secrets.token_hex(8)
    _say(f"Loading documents into {scenario.remote}, one of them with order number {order}")
    _load(cloud, scenario.remote, order)
    _say(f"Searching for it from {scenario.local}, before there is a link")
    before = cloud.elasticsearch(scenario.local, "GET", _search_path(scenario, order))
    _expect(before.status_code != 200, f"the search is refused: {_error(before.json())}")

    controller = Controller(cloud, folder, scenario)
    link = controller.link(scenario.alias, security_model=model, roles=[{"name": "order-readers"}], **MODELS[model])
    _say(f"ansible-playbook {scenario.playbook} -e @links.json")
    _run(controller, link)

    _say("Searching again")
    _print_hits(cloud, scenario, order)

    _say("The same playbook a second time")
    second = _run(controller, link)
    changed, writes = second.play.changed, second.writes
    _expect(changed == 0 and not writes, f"second run: {changed} changed, {len(writes)} writes {writes or ''}".rstrip())


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="demo", description=__doc__)
    parser.add_argument("scenario", choices=sorted(SCENARIOS))
    parser.add_argument("--model", choices=sorted(MODELS), default="api_key")
    parser.add_argument(
        "--data", choices=["real", "simulated"], help="Elasticsearch itself, or a simulation where Java or Maven is missing"
    )
    return parser.parse_args()


def _load(cloud: MiniCloud, name: str, order: str) -> None:
    for number, content in enumerate(["anchor", "rope", f"lantern {order}"]):
        path = f"/orders-2026/_doc/{number}?refresh=true"
        answer = cloud.elasticsearch(name, "PUT", path, {"number": order if order in content else str(number), "item": content})
        if answer.status_code != 201:
            raise Failed(f"a document could not be stored: {answer.text}")


def _run(controller: Controller, link: dict[str, Any]) -> Run:
    run = controller.run(link)
    for line in run.play.progress.splitlines():
        print(f"  {line}", flush=True)
    print(*(f"  {line}" for line in run.play.output.splitlines() if line.strip()), sep="\n", flush=True)
    if run.play.status:
        raise Failed(f"the playbook ended with status {run.play.status}: {run.play.messages}")
    return run


def _search_path(scenario: Scenario, order: str) -> str:
    return f"/{scenario.alias}:orders-*/_search?q=number:{order}"


def _print_hits(cloud: MiniCloud, scenario: Scenario, order: str) -> None:
    answer = cloud.elasticsearch(scenario.local, "GET", _search_path(scenario, order))
    print(f"  GET {_search_path(scenario, order)} -> {answer.status_code}", flush=True)
    hits = answer.json().get("hits", {}).get("hits", [])
    for hit in hits:
        print(f"  {hit['_index']}: {hit['_source']}", flush=True)
    found = [hit for hit in hits if hit["_index"].startswith(f"{scenario.alias}:") and hit["_source"]["number"] == order]
    _expect(answer.status_code == 200 and len(found) == 1, f"{len(found)} hit of the remote cluster has order number {order}")
    at_home = cloud.elasticsearch(scenario.local, "GET", f"/orders-*/_search?q=number:{order}").json()
    _expect(at_home["hits"]["total"]["value"] == 0, "the local cluster itself has no such document")


def _error(body: dict[str, Any]) -> str:
    return body.get("error", {}).get("reason", str(body))


def _expect(true: bool, what: str) -> None:
    print(f"  {'ok' if true else 'NOT SO'}: {what}", flush=True)
    if not true:
        raise Failed(what)


def _say(line: str) -> None:
    print(f"\n== {line}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
