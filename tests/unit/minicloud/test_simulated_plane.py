# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulated data plane as the mini cloud runs it: its size, its deliveries, its restarts."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from minicloud import worldfile
from minicloud.cloud import running
from minicloud.dataplane import DataPlane, create
from minicloud.dataplane.simulated.plane import SimulatedDataPlane

FLEET = 400
SETTING = "cluster.remote.orders.credentials"


def _world(version: str = "8.19.21", copies: int = 1) -> worldfile.World:
    deployment = {"name": "search", "version": version, "nodes": 2, "copies": copies}
    return worldfile.parse({"environments": [{"name": "berlin", "deployments": [deployment]}]})


@contextlib.asynccontextmanager
async def _plane(folder: Path, version: str) -> AsyncIterator[DataPlane]:
    """The data plane of a running mini cloud with one deployment of two nodes."""
    made: list[DataPlane] = []

    def capturing(*arguments: Any) -> DataPlane:
        made.append(create(*arguments))
        return made[0]

    async with running(_world(version), folder, "simulated", lambda line: None, capturing):
        yield made[0]


async def _until(plane: DataPlane, holders: int) -> list[bool]:
    """Which nodes have the setting, as soon as so many do."""
    while True:
        have = [SETTING in content for content in (await plane.keystore("search")).values()]
        if sum(have) == holders:
            return have
        await asyncio.sleep(0.01)


async def test_hundreds_of_clusters_are_up_within_seconds(tmp_path: Path) -> None:
    deployments = [{"name": f"search-{number}", "version": "8.19.21"} for number in range(FLEET)]
    world = worldfile.parse({"environments": [{"name": "berlin", "deployments": deployments}]})
    started = time.monotonic()
    async with running(world, tmp_path, "simulated", lambda line: None) as state:
        assert len(state["deployments"]) == FLEET
        assert time.monotonic() - started < 5


async def test_deployments_of_one_name_are_told_apart_by_a_number(tmp_path: Path) -> None:
    async with running(_world(copies=2), tmp_path, "simulated", lambda line: None) as state:
        assert {name: item["name"] for name, item in state["deployments"].items()} == {"search": "search", "search#2": "search"}
        assert len({item["id"] for item in state["deployments"].values()}) == 2


async def test_each_node_gets_a_secret_after_its_own_delay(tmp_path: Path) -> None:
    async with asyncio.timeout(10), _plane(tmp_path, "8.19.21") as plane:
        plane.set_delays("search", [None, 0])
        await plane.deliver("search", {SETTING: "first"})
        assert await _until(plane, 1) == [False, True]
        plane.set_delays("search", None)
        assert await _until(plane, 2) == [True, True]
        await plane.deliver("search", {SETTING: None})
        assert await _until(plane, 0) == [False, False]


@pytest.mark.parametrize(("version", "loaded_by_itself"), [("8.13.4", False), ("8.14.0", True)])
async def test_platforms_load_a_delivered_secret_by_themselves_from_8_14_on_and_before_a_restart_does(
    tmp_path: Path, version: str, loaded_by_itself: bool
) -> None:
    async with asyncio.timeout(10), _plane(tmp_path, version) as plane:
        assert isinstance(plane, SimulatedDataPlane)
        await plane.deliver("search", {SETTING: "first"})
        await _until(plane, 2)
        assert [loaded == {SETTING: "first"} for loaded in plane.loaded("search").values()] == [loaded_by_itself] * 2
        await plane.restart("search")
        assert list(plane.loaded("search").values()) == [{SETTING: "first"}] * 2


def test_two_deployments_of_one_name_must_be_declared_as_copies() -> None:
    deployment = {"name": "search", "version": "8.19.21"}
    with pytest.raises(worldfile.WorldError, match="names of deployments and clusters must be unique; repeated: search"):
        worldfile.parse({"environments": [{"name": "berlin", "deployments": [deployment, deployment]}]})


@pytest.mark.parametrize(("field", "value"), [("licence", "gold"), ("copies", 0), ("refresh_seconds", -1)])
def test_wrong_fields_of_a_deployment_are_named(field: str, value: object) -> None:
    deployment = {"name": "search", "version": "8.19.21", field: value}
    with pytest.raises(worldfile.WorldError, match=rf"environments\[0\].deployments\[0\].{field}"):
        worldfile.parse({"environments": [{"name": "berlin", "deployments": [deployment]}]})
