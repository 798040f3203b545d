# SPDX-License-Identifier: GPL-3.0-or-later
"""A data plane leaves nothing behind, however it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from minicloud.dataplane import DataPlaneError
from minicloud.dataplane.distribution import find_jdk, find_maven
from real.bed import Bed, eventually, one_node, processes_of

_BOOT = """
import sys
from pathlib import Path
from real.bed import Bed, one_node
Bed(one_node(), Path(sys.argv[1])).__enter__()
"""


def test_stopping_twice_leaves_no_process(tmp_path: Path) -> None:
    with Bed(one_node(), tmp_path) as bed:
        assert processes_of(tmp_path)
        bed.run(bed.plane.stop())
        assert processes_of(tmp_path) == []


def test_a_node_that_cannot_boot_fails_the_start_with_its_reason_and_leaves_no_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("minicloud.dataplane.node.jvm_options", lambda member, hosts: "-XX:NoSuchOption\n")
    reason = r"(?s)node instance-0000000000 of orders ended with status .*NoSuchOption"
    with pytest.raises(DataPlaneError, match=reason), Bed(one_node(), tmp_path):
        pytest.fail("it booted")
    assert processes_of(tmp_path) == []


def test_nodes_die_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    parent = subprocess.Popen([sys.executable, "-c", _BOOT, str(tmp_path)], env=environment)
    eventually(lambda: any("org.elasticsearch.bootstrap.Elasticsearch" in command for command in processes_of(tmp_path / "nodes")))
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    eventually(lambda: processes_of(tmp_path / "nodes") == [])


def test_an_absent_jdk_or_maven_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(DataPlaneError, match=f"no JDK: JAVA_HOME={tmp_path} has no bin/java"):
        find_jdk()
    monkeypatch.delenv("JAVA_HOME")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(DataPlaneError, match="no JDK: java is not on PATH"):
        find_jdk()
    with pytest.raises(DataPlaneError, match="no Maven: mvn is not on PATH"):
        find_maven()
