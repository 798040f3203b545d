# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import asyncio
import json
import os
import signal
import stat
import sys
from pathlib import Path
from typing import Any

import pytest
import requests

from minicloud import cli, cloud, world, worldfile
from minicloud.admission import Filter
from minicloud.dataplane import DataPlaneError
from minicloud.loopback import free_address

SMALL = """
organizations:
  - {name: hosted, regions: [us-east-1], deployments: [{name: orders-prod, version: 8.19.21}]}
environments:
  - {name: berlin, proxy_ca: private, deployments: [{name: search-prod, version: 8.19.21}]}
plan_seconds: 0
"""


@pytest.fixture
def world_file(tmp_path: Path) -> Path:
    path = tmp_path / "world.yml"
    path.write_text(SMALL, encoding="utf-8")
    return path


def fetch(state: dict[str, Any], platform: str, path: str) -> requests.Response:
    entry = state["platforms"][platform]
    return requests.get(
        f"{entry['url']}/api/v1{path}",
        headers={"Authorization": f"ApiKey {entry['api_key']}"},
        proxies={"https": state["https_proxy"]},
        verify=entry["ca_path"],
        timeout=10,
    )


async def test_clients_reach_every_platform_by_its_true_name_over_tls(world_file: Path, tmp_path: Path, data_plane: Any) -> None:
    said: list[str] = []
    home = tmp_path / "state"
    home.mkdir()
    (home / "state.json").write_text("left behind by one that was killed", encoding="utf-8")
    async with cloud.running(worldfile.load(world_file), home, "noting", said.append, lambda *_: data_plane) as state:
        assert json.loads((home / "state.json").read_text()) == state
        assert stat.S_IMODE((home / "state.json").stat().st_mode) == 0o600
        hosted = await asyncio.to_thread(fetch, state, "hosted", "/account")
        berlin = await asyncio.to_thread(fetch, state, "berlin", "/platform/configuration/security/tls/proxy")
        seen = await asyncio.to_thread(requests.get, f"{state['admin_url']}/requests", timeout=10)
    assert hosted.json()["id"] == state["platforms"]["hosted"]["organization_id"]
    assert berlin.json()["chain"][-1] in Path(state["platforms"]["berlin"]["ca_path"]).read_text()
    assert [request["platform"] for request in seen.json()["requests"]] == ["hosted", "berlin"]
    assert not data_plane.started
    assert not (home / "state.json").exists()
    assert said[-1] == "stopping"


async def test_private_keys_are_readable_by_their_owner_only(world_file: Path, tmp_path: Path, data_plane: Any) -> None:
    async with cloud.running(worldfile.load(world_file), tmp_path / "state", "noting", lambda _: None, lambda *_: data_plane):
        keys = list((tmp_path / "state").rglob("*.key"))
        assert keys
        assert {stat.S_IMODE(key.stat().st_mode) for key in keys} == {0o600}


async def test_each_platform_has_a_loopback_address_of_its_own(world_file: Path, tmp_path: Path, data_plane: Any) -> None:
    platforms: list[world.PlatformSpec] = []

    def create(_kind: str, _directory: Path, specs: Any, *_: Any) -> Any:
        platforms.extend(specs)
        return data_plane

    async with cloud.running(worldfile.load(world_file), tmp_path / "state", "noting", lambda _: None, create):
        assert len({spec.address for spec in platforms}) == 2
        assert all(spec.address.startswith("127.") for spec in platforms)


async def test_filters_of_the_world_are_in_force_when_it_is_ready(world_file: Path, tmp_path: Path, data_plane: Any) -> None:
    filters = "filters: [{name: office, type: ip, rules: [{source: 192.0.2.1}]}]"
    world_file.write_text(SMALL.replace("{name: orders-prod,", f"{{name: orders-prod, {filters},"), encoding="utf-8")
    async with cloud.running(worldfile.load(world_file), tmp_path / "state", "noting", lambda _: None, lambda *_: data_plane) as state:
        (ruleset,) = (await asyncio.to_thread(fetch, state, "hosted", "/deployments/traffic-filter/rulesets")).json()["rulesets"]
    assert (ruleset["name"], ruleset["rules"][0]["source"]) == ("office", "192.0.2.1")
    assert data_plane.calls == [("filter", "orders-prod", Filter(frozenset({"192.0.2.1"})))]


async def test_a_failed_start_stops_the_data_plane_and_writes_no_state(world_file: Path, tmp_path: Path, data_plane: Any) -> None:
    data_plane.broken = "no memory"
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "state.json").write_text("left behind by one that was killed", encoding="utf-8")
    with pytest.raises(DataPlaneError, match="no memory"):
        async with cloud.running(worldfile.load(world_file), tmp_path / "state", "noting", lambda _: None, lambda *_: data_plane):
            pass
    assert not data_plane.started
    assert not (tmp_path / "state" / "state.json").exists()


def test_an_occupied_port_is_named_when_no_address_is_free(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("minicloud.loopback._obstacle", lambda address, ports: OSError("in use"))
    with pytest.raises(OSError, match="9443 free .*in use"):
        free_address([9443])


def test_an_unusable_world_file_is_one_line_of_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([str(tmp_path / "absent.yml"), "--state", str(tmp_path)]) == 2
    assert capsys.readouterr().err.startswith("error: cannot read the world file")


def test_help_explains_world_and_interface(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["--help"])
    shown = capsys.readouterr().out
    assert "proxy_ca: private" in shown and "GET  /requests?since=N" in shown


# The command line with a data plane that starts a process of its own, which must be gone in the end.
PROGRAM = """
import asyncio, sys
from minicloud import cli, cloud
class Sleeper:
    process = None
    async def start(self, deployments):
        self.process = await asyncio.create_subprocess_exec("sleep", "600")
        print("pid", self.process.pid, flush=True)
        await asyncio.sleep({start_seconds})
    async def stop(self):
        if self.process and self.process.returncode is None:
            self.process.kill()
            await self.process.wait()
    async def set_transport_trust(self, name, trust):
        pass
    def sockets(self):
        return {{}}
cloud.running.__wrapped__.__defaults__ = (lambda *_: Sleeper(),)
sys.exit(cli.main(sys.argv[1:]))
"""


@pytest.mark.parametrize(("start_seconds", "awaited"), [(0, "ready"), (600, "pid")], ids=["when ready", "while starting"])
async def test_sigterm_leaves_nothing_behind(world_file: Path, tmp_path: Path, start_seconds: int, awaited: str) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        PROGRAM.format(start_seconds=start_seconds),
        str(world_file),
        "--state",
        str(tmp_path / "state"),
        env={**os.environ, "PYTHONPATH": str(Path(cli.__file__).parent.parent)},
        stdout=asyncio.subprocess.PIPE,
    )
    lines: list[str] = []
    async with asyncio.timeout(20):
        while not lines or not lines[-1].startswith(awaited):
            lines.append((await process.stdout.readline()).decode().strip())
            assert lines[-1], "the mini cloud ended"
        assert (tmp_path / "state" / "state.json").exists() is (awaited == "ready")
        process.send_signal(signal.SIGTERM)
        assert await process.wait() == 0
    pid = next(int(line.split()[1]) for line in lines if line.startswith("pid"))
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert not (tmp_path / "state" / "state.json").exists()
