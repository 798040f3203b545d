# SPDX-License-Identifier: GPL-3.0-or-later
"""Self-managed nodes of the simulated data plane: they have files as real ones do, and are what their files say."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from pathlib import Path

from minicloud.dataplane import Tools, selfmanaged
from minicloud.dataplane.processes import as_unprivileged
from minicloud.dataplane.selfmanaged import Installation, Machine
from minicloud.dataplane.settings import write_configuration
from minicloud.dataplane.simulated import configuration, keystoretool
from minicloud.dataplane.simulated.cluster import Cluster, Node
from minicloud.dataplane.simulated.configuration import CannotStart
from minicloud.dataplane.simulated.links import Link
from minicloud.dataplane.simulated.network import Network

_BOOT_SECONDS = 0.2
_RECOVERY_SECONDS = 0.2


def make_home(run_dir: Path, version: str) -> Path:
    """A folder with what owners of nodes use of Elasticsearch: its keystore tool."""
    home = run_dir / f"elasticsearch-{version}"
    (home / "bin").mkdir(parents=True, exist_ok=True)
    program = home / "bin" / "elasticsearch-keystore"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -I "{keystoretool.__file__}" "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    return home


def install(installation: Installation, machine: Machine) -> None:
    """Write all files of a node."""
    write_configuration(machine, installation.settings(machine))
    installation.write_certificates(machine)
    keystore = keystoretool.Keystore.create(machine.config / keystoretool.FILE)
    keystore.entries["bootstrap.password"] = machine.cluster.password.encode()
    keystore.write()
    selfmanaged.hand_over(machine.folder)


def tools(home: Path, machine: Machine) -> Tools:
    """How the owner of a node works on it."""
    environment = [f"ES_PATH_CONF={machine.config}", f"PATH={os.defpath}"]
    return Tools(home, [*as_unprivileged(), "env", "-i", *environment, str(home / "bin" / "elasticsearch-keystore")])


class SimulatedMachine:
    """A node of `cluster` that can be stopped and started; implements `lifecycle.Node`."""

    def __init__(self, network: Network, cluster: Cluster, node: Node, folder: Path) -> None:
        self._network = network
        self._cluster = cluster
        self._node = node
        self._folder = folder

    async def stop(self) -> None:
        self._node.is_up = False

    async def start(self) -> None:
        """Raises CannotStart when the files do not allow it."""
        await asyncio.sleep(_BOOT_SECONDS)
        self.boot()
        self._node.recovered = time.monotonic() + _RECOVERY_SECONDS
        for alias in self._node.connections:
            Link(self._network, self._cluster, self._node, alias).try_open()

    def boot(self) -> None:
        """Take over what the files say. Raises CannotStart, which the node's log tells, too."""
        try:
            found = configuration.read(self._folder)
        except CannotStart as error:
            self._cluster.log(self._node, f"fatal exception while booting Elasticsearch: {error}")
            raise
        node = self._node
        node.settings = found.settings
        node.stored, node.loaded = dict(found.secrets), dict(found.secrets)
        node.trusted, node.verification, node.server = found.trusted, found.verification, found.server
        node.is_up, node.started = True, time.time()
