# SPDX-License-Identifier: GPL-3.0-or-later
"""The guide "one link from single modules, step by step" does what it says: its blocks are run as they stand."""

from __future__ import annotations

import re
from pathlib import Path

from harness import variables
from harness.cloud import MiniCloud
from harness.controller import LOCAL, REMOTE, Controller
from harness.plays import Invocation, invocation

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "one_link_from_single_modules.md"


def playbook_of(guide: str) -> str:
    """The YAML blocks of the guide, put together in their order."""
    return "---\n" + "\n".join(re.findall(r"^```yaml\n(.*?)^```$", guide, re.MULTILINE | re.DOTALL))


def my_variables(cloud: MiniCloud) -> dict[str, str]:
    """What the guide asks the reader to write down."""
    ece, ech = (cloud.deployment(name)["platform"] for name in (LOCAL, REMOTE))
    return {
        "ece_url": cloud.platform(ece)["url"],
        "ece_api_key": variables.lookup(ece, "api_key"),
        "ece_ca": cloud.platform(ece)["ca_path"],
        "ech_url": cloud.platform(ech)["url"],
        "ech_api_key": variables.lookup(ech, "api_key"),
        "ech_ca": cloud.platform(ech)["ca_path"],
        "search_deployment": LOCAL,
        "search_password": variables.lookup(LOCAL, "password"),
        "orders_deployment": REMOTE,
        "orders_password": variables.lookup(REMOTE, "password"),
    }


def guide(controller: Controller, text: str) -> Invocation:
    """The guide's playbook as a call. text: of the guide."""
    playbook = controller.folder / "link.yml"
    playbook.write_text(playbook_of(text))
    mine = variables.write(controller.folder / "my.yml", my_variables(controller.cloud))
    return invocation(playbook, "-e", f"@{mine}", environment=controller.environment, record=controller.record)


def test_the_guide_names_every_variable_that_its_blocks_use():
    text = GUIDE.read_text()
    explained = set(re.findall(r"^(\w+):", re.search(r"```text\n(.*?)```", text, re.DOTALL).group(1), re.MULTILINE))

    assert explained == set(re.findall(r"\{\{ ((?:ece|ech|search|orders)_(?:url|api_key|ca|deployment|password)) \}\}", playbook_of(text)))


def test_the_guides_blocks_make_a_link_and_change_nothing_the_second_time(controller: Controller):
    first = guide(controller, GUIDE.read_text()).run()
    mark = controller.cloud.mark()
    second = guide(controller, GUIDE.read_text()).run()

    assert first.status == 0, first.output
    assert [hit["_index"] for hit in controller.search("orders")] == ["orders:orders-2026"]
    assert second.status == 0, second.output
    assert second.changed == 0
    assert controller.cloud.writes_since(mark) == []
