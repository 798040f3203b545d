# SPDX-License-Identifier: GPL-3.0-or-later
"""A read that meets a connection being rebuilt is made again; a write is not, nor is anything for another reason."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests

from differential.recorder import Recorder
from harness.cloud import MiniCloud

FINE: tuple[int, Any] = (200, {"fine": True})
REFUSED: tuple[int, Any] = (401, {"error": {"type": "security_exception", "reason": "api key is expired"}, "status": 401})
CUT: tuple[int, Any] = (502, {"error": {"type": "node_disconnected_exception", "reason": "disconnected"}, "status": 502})
CLOSED: tuple[int, Any] = (
    200,
    {"a": {"connected": False, "error": "org.apache.lucene.store.AlreadyClosedException: connect handler is already closed"}},
)


@pytest.fixture
def scripted(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> tuple[Recorder, list[tuple[int, Any]]]:
    """A recorder, and the answers that its clusters have left to give."""
    left: list[tuple[int, Any]] = [(200, {"nodes": {}})] * 2
    deployment = {"endpoint": "h", "cluster_id": "c", "service_url": "https://h", "ca_path": True, "password": "p"}
    cloud = MiniCloud({"deployments": dict.fromkeys((Recorder.LOCAL, Recorder.REMOTE), deployment), "https_proxy": ""}, tmp_path)

    def request(*_arguments: Any, **_options: Any) -> requests.Response:
        answer = requests.Response()
        answer.status_code, body = left.pop(0)
        answer._content = json.dumps(body).encode()
        return answer

    monkeypatch.setattr(requests.Session, "request", request)
    return Recorder(cloud), left


@pytest.mark.parametrize("rebuilding", [CUT, CLOSED])
def test_a_read_that_meets_a_connection_being_rebuilt_is_made_again(scripted: Any, rebuilding: tuple[int, Any]) -> None:
    recorder, left = scripted
    left += [rebuilding, FINE]
    assert recorder.call(Recorder.LOCAL, "GET", "/") == FINE[1]
    assert (left, len(recorder.calls)) == ([], 1)


@pytest.mark.parametrize(("method", "answer"), [("PUT", CUT), ("DELETE", CLOSED), ("POST", CUT), ("GET", REFUSED)])
def test_nothing_else_is_made_again(scripted: Any, method: str, answer: tuple[int, Any]) -> None:
    recorder, left = scripted
    left += [answer, FINE]
    recorder.call(Recorder.LOCAL, method, "/")
    assert left == [FINE]
    assert recorder.calls[0].status == answer[0]
