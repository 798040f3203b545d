# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules about versions that a role holds in its variables are those of the field."""

from __future__ import annotations

import pytest
import yaml
from ansible.plugins.test.core import version_compare
from jinja2 import Environment

from tree.source import read


def of_role(role: str, variable: str, **known: object) -> str:
    """A variable of a role as text, where these others are known."""
    environment = Environment(autoescape=False)
    environment.tests["version"] = version_compare
    return environment.from_string(yaml.safe_load(read(f"roles/{role}/vars/main.yml"))[variable]).render(**known)


@pytest.mark.proves("R32")
@pytest.mark.parametrize(("version", "reloads"), [("8.12.2", "False"), ("8.13.0", "True"), ("8.14.0", "True"), ("9.0.0", "True")])
def test_nodes_of_a_self_managed_cluster_load_credentials_without_a_restart_from_8_13_on(version: str, reloads: str):
    cluster = {"elasticsearch": {"version": version}}
    assert of_role("remote_cluster_client", "__remote_cluster_client_reloads", __remote_cluster_client_cluster=cluster) == reloads
