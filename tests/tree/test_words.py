# SPDX-License-Identifier: GPL-3.0-or-later
"""What users read has one word for each thing, and says what those need to know who come from the consoles."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from ansible_collections.crosscluster.elastic.plugins.module_utils.module.links_options import LINKS
from tree import readme
from tree.source import files, read

OTHER_WORDS = re.compile(
    r"\b(?:source|target|leader|follower|origin|upstream|downstream|querying|fulfilling|primary|secondary|master|slave|peer|client|server)"
    r"[ _-](?:clusters?|deployments?|environments?)\b",
    re.IGNORECASE,
)
"""Names that others have for the local and the remote cluster."""
PAGE = "docs/coming_from_the_console.md"


def other_words(text: str) -> list[str]:
    return OTHER_WORDS.findall(text)


def options(spec: Mapping[str, Any]) -> Iterator[str]:
    """The names of all options, those of options included."""
    for name, option in spec.items():
        yield name
        yield from options(option.get("options") or {})


def section(title: str) -> str:
    """A part of the page, from its heading to the next one."""
    (text,) = re.findall(rf"^## {title}\n(.*?)(?=^## |\Z)", read(PAGE), re.MULTILINE | re.DOTALL)
    return text


def rows(text: str) -> list[list[str]]:
    """The cells of the rows of a table."""
    lines = [[cell.strip() for cell in line.strip("| \n").split(" | ")] for line in text.splitlines() if line.startswith("| ")]
    return [line for line in lines if not set(line[0]) <= {"-"}][1:]


@pytest.mark.proves("R15")
def test_the_clusters_of_a_link_are_called_local_and_remote_and_nothing_else():
    read_by_users = [name for name in files() if name.startswith(("docs/", "roles/", "playbooks/", "plugins/")) or name == "README.md"]
    assert {name: found for name in read_by_users if (found := other_words(read(name)))} == {}
    assert {"local", "remote"} <= set(LINKS["links"]["options"])


@pytest.mark.parametrize("words", ["the source cluster", "target_deployment", "Leader clusters", "the querying cluster"])
def test_another_word_is_found(words: str):
    assert other_words(words)


@pytest.mark.proves("R28")
@pytest.mark.parametrize(
    ("earlier", "later", "here"),
    [("Setting name", "Remote cluster name", "alias"), ("Secret", "Cross-cluster API key", "encoded")],
)
def test_both_generations_of_fields_lead_to_one_option(earlier: str, later: str, here: str):
    (found,) = [row for row in rows(section("Fields")) if row[0] == earlier]
    assert found[1] == later
    assert f"`{here}`" in found[2]


def test_the_options_and_modules_that_the_page_names_exist():
    named = {word for row in rows(section("Fields")) for word in re.findall(r"`(\w+)`", row[2])}
    assert named - {"encoded"} <= {*options(LINKS), *readme.modules()}
    assert "encoded:" in read("plugins/modules/cross_cluster_api_key.py")


@pytest.mark.proves("R52")
def test_that_filters_exclude_api_keys_is_said_to_be_outdated():
    text = " ".join(section("Networks").split())
    assert "Older guides say that cross-cluster API keys cannot be used where deployments have traffic filters. That is outdated" in text
    assert {row[1] for row in rows(section("Networks"))} >= {"Elastic Cloud Hosted, any organization", "Elastic Cloud"}


@pytest.mark.proves("R53")
def test_the_allocators_of_a_local_are_said_to_need_a_way_to_the_remote():
    text = " ".join(section("Networks").split())
    assert "Every allocator must be able to resolve and to reach the endpoint of the remote on port 9443." in text
