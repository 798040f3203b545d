# SPDX-License-Identifier: GPL-3.0-or-later
"""The declarations that the README files show are valid."""

from __future__ import annotations

import re

import pytest
import yaml

from ansible_collections.crosscluster.elastic.plugins.module_utils.model.declaration import declare
from tree.source import ROOT


def blocks(name: str) -> list:
    """The YAML blocks of a document."""
    return [yaml.safe_load(block) for block in re.findall(r"^```yaml\n(.*?)^```$", (ROOT / name).read_text(), re.MULTILINE | re.DOTALL)]


@pytest.mark.parametrize(
    "variables", [*blocks("README.md"), *(play["vars"] for block in blocks("roles/links/README.md") for play in block)], ids=["top", "role"]
)
def test_the_declaration_that_is_shown_can_be_used(variables):
    declared = declare(variables["links_platforms"], variables["links_clusters"], variables["links_wanted"])

    assert [str(link) for link in declared.links] == ["search -> orders"]
