# SPDX-License-Identifier: GPL-3.0-or-later
"""An alias that nodes have lost although they have its settings, as happens when credential and settings arrive at the same moment."""

from __future__ import annotations

from harness.controller import Controller

VERIFY = "crosscluster.elastic.verify"


def test_an_alias_that_nodes_have_lost_is_set_again_by_a_run_and_only_reported_by_who_must_not_write(controller: Controller):
    wanted = controller.link("lost")
    assert controller.run(wanted).play.status == 0
    controller.cloud.admin("POST", f"/deployments/{controller.scenario.local}/forget", {"alias": "lost"})

    seen = controller.run(wanted, playbook=VERIFY, change={"links_wait_timeout": 2})
    assert (seen.play.status, seen.writes) == (2, [])
    assert "no such remote cluster" in seen.play.messages, seen.text

    mended, again = controller.run(wanted), controller.run(wanted)
    assert mended.play.status == again.play.status == 0, mended.text + again.text
    assert [(change["step"], change["action"]) for change in mended.changes] == [("connection", "reconnect")]
    assert {*mended.writes} == {request for change in mended.changes for request in change["requests"]}
    assert again.writes == []
