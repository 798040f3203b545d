# SPDX-License-Identifier: GPL-3.0-or-later
"""One real Elasticsearch node: its files, its process, its keystore."""

from __future__ import annotations

import asyncio
import os
import ssl
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import aiohttp
import yaml
from aiohttp import hdrs

from minicloud.dataplane import DataPlaneError, Tools
from minicloud.dataplane.distribution import Distribution
from minicloud.dataplane.keystores import TOOL, Keystore
from minicloud.dataplane.processes import Programs, end
from minicloud.dataplane.settings import (
    LOG4J2_PROPERTIES,
    TRANSPORT_AUTHORITIES,
    TRUST_RESTRICTIONS,
    Member,
    jvm_options,
    write_configuration,
)
from minicloud.transport import TransportTrust

_BOOT_SECONDS = 300
_POLL_SECONDS = 0.2
_STOP_SECONDS = 20


class Node:
    """`client` is used for calls as user ``elastic``, over `tls`; `lock` keeps restarts and keystore changes apart."""

    def __init__(
        self, member: Member, distribution: Distribution, client: aiohttp.ClientSession, tls: ssl.SSLContext | bool = True
    ) -> None:
        self.member = member
        self._distribution = distribution
        self.keystore = Keystore(member.config)
        self.lock = asyncio.Lock()
        self._programs = Programs(distribution, member.folder)
        self._client = client
        self._tls = tls
        self._auth = {hdrs.AUTHORIZATION: aiohttp.encode_basic_auth("elastic", member.cluster.password)}
        self._log = member.folder / "logs" / "node.log"
        self._process: asyncio.subprocess.Process | None = None

    def log_text(self) -> str:
        """What the node wrote so far."""
        return self._log.read_text(encoding="utf-8", errors="replace") if self._log.exists() else ""

    def configure(self, settings: Mapping[str, Any], hosts: Path, java_options: Sequence[str] = ()) -> None:
        """Write all files of the node but its keystore and its certificates."""
        write_configuration(self.member, settings)
        options = jvm_options(self.member, hosts) + "".join(f"{option}\n" for option in java_options)
        (self.member.config / "jvm.options").write_text(options, encoding="utf-8")
        (self.member.config / "log4j2.properties").write_text(LOG4J2_PROPERTIES, encoding="utf-8")

    def trust(self, remotes: str) -> None:
        """Replace the CAs that the remote cluster client trusts; the running node notices within seconds."""
        _replace(self.member.config / "certs" / "remotes.crt", remotes)

    def talk_to(self, trust: TransportTrust) -> None:
        """Replace what decides to which other nodes it talks with certificates; the running node notices within seconds."""
        _replace(self.member.config / "certs" / TRANSPORT_AUTHORITIES, "".join(trust.authorities))
        _replace(self.member.config / TRUST_RESTRICTIONS, yaml.safe_dump({"trust.subject_name": list(trust.subjects)}))

    async def initialize_keystore(self) -> None:
        await self.keystore.update({"bootstrap.password": self.member.cluster.password})

    async def start(self) -> None:
        """Boot and return when user ``elastic`` can authenticate. Raises DataPlaneError."""
        self._process = await self._programs.spawn("elasticsearch", self._log)
        try:
            async with asyncio.timeout(_BOOT_SECONDS):
                while not await self._answers():
                    if self._process.returncode is not None:
                        raise DataPlaneError(
                            f"{self._described()} ended with status {self._process.returncode}:\n{self.log_text()[-4000:]}"
                        )
                    await asyncio.sleep(_POLL_SECONDS)
        except TimeoutError:
            raise DataPlaneError(f"{self._described()} did not boot within {_BOOT_SECONDS} s:\n{self.log_text()[-4000:]}") from None

    async def stop(self) -> None:
        """Stop the node if it runs."""
        if self._process is not None:
            await end(self._process, _STOP_SECONDS)
            self._process = None

    async def change_secrets(self, changes: Mapping[str, str | None]) -> None:
        """Change the keystore and let the running node load it. Raises DataPlaneError."""
        async with self.lock:
            await self.keystore.update(changes)
            answer = await self.call("POST", "/_nodes/_local/reload_secure_settings")
        failures = [node["reload_exception"] for node in answer["nodes"].values() if "reload_exception" in node]
        if failures:
            raise DataPlaneError(f"{self._described()} did not load its keystore: {failures}")

    async def call(self, method: str, path: str) -> Any:
        """The JSON answer of the node to a call as ``elastic``. Raises DataPlaneError."""
        try:
            async with self._client.request(method, self.member.http_url + path, headers=self._auth, ssl=self._tls) as response:
                if response.status != 200:
                    raise DataPlaneError(f"{self._described()} answered {response.status} to {method} {path}: {await response.text()}")
                return await response.json()
        except aiohttp.ClientError as error:
            raise DataPlaneError(f"{self._described()} does not answer: {error}") from error

    async def _answers(self) -> bool:
        try:
            await self.call("GET", "/_security/_authenticate")
        except DataPlaneError:
            return False
        return True

    def tools(self) -> Tools:
        """How its owner works on it."""
        return Tools(self._distribution.home, self._programs.command_line(TOOL))

    def _described(self) -> str:
        return f"Elasticsearch node {self.member.name} of {self.member.cluster.name}"


def _replace(path: Path, text: str) -> None:
    fresh = path.with_name(f"{path.name}.new")
    fresh.write_text(text, encoding="ascii")
    os.replace(fresh, path)
