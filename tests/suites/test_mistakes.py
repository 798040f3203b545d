# SPDX-License-Identifier: GPL-3.0-or-later
"""A user's mistake is answered by one clear message that names the object and the remedy: no traceback, and nothing is written."""

from __future__ import annotations

from typing import Any

import pytest

from harness.controller import LOCAL, REMOTE, Controller, Run, link, registry_change


def refused(run: Run, *words: str) -> None:
    """Assert that a run failed before its first write, with these words in one message."""
    assert run.play.status != 0
    assert run.writes == []
    assert "Traceback" not in run.text
    messages = run.play.messages
    for word in words:
        assert word in messages, messages


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        pytest.param(link("Orders"), ("alias 'Orders'", "lower case letters"), id="uppercase alias"),
        pytest.param(link("a\nb"), (r"links[0].alias 'a\nb' has the character U+000A",), id="line break in an alias"),
        pytest.param(link("e", expiration={"days": 90}), ("links[0].expiration is not a text",), id="dictionary in place of a text"),
        pytest.param(link("node"), ("alias 'node'", "choose another"), id="alias that Elasticsearch uses"),
        pytest.param(link("-x"), ("alias '-x'", "not beginning with a dash"), id="alias with a leading dash"),
        pytest.param(link("e", access={}), ("access is empty", "search or replication"), id="empty access"),
        pytest.param(link("e", access={"search": [{"names": []}]}), ("access.search has an entry without names",), id="no names"),
        pytest.param(link("e", access={"search": [{"names": [" "]}]}), ("access.search[0].names[0] is empty",), id="blank name"),
        pytest.param(link("e", remote="nowhere"), ("'nowhere' is not declared", "sliced job"), id="unknown cluster"),
        pytest.param(link("e", remote=LOCAL), ("local and remote are the same cluster",), id="link to itself"),
        pytest.param(link("e", expiration="soon"), ("expiration 'soon' is not a duration", "90d"), id="no duration"),
        pytest.param(link("e", expiration="1d", renew_before="2d"), ("renew_before 2d is not shorter",), id="renewed forever"),
        pytest.param(link("e", proxy_address="orders"), ("proxy_address 'orders' is not host:port",), id="address without port"),
        pytest.param(link("e", restart="maybe"), ("restart", "auto, always, never"), id="unknown choice"),
        pytest.param(link("e", skip_unavailible=True), ("skip_unavailible",), id="unknown option"),
        pytest.param(link("e", skip_unavailable="perhaps"), ("skip_unavailable",), id="no boolean"),
        pytest.param(link("e", settings={"proxy_addres": "x:1"}), ("proxy_addres",), id="setting that does not exist"),
        pytest.param(link("e", remote="beta-remote"), ("remote cluster runs Elasticsearch 8.13.4", "8.14 or later"), id="old remote"),
        pytest.param(link("e", local="beta-local"), ("local cluster runs Elasticsearch 8.12.2", "allow_unsupported"), id="old local"),
        pytest.param(
            link("e", local="ancient-local", allow_unsupported=True), ("local cluster runs Elasticsearch 8.9.2", "upgrade it"), id="too old"
        ),
        pytest.param(link("e", remote="basic-remote"), ("cluster basic-remote", "basic licence", "start a trial"), id="licence"),
    ],
)
def test_a_link_that_cannot_be_is_refused(user: Controller, wanted: dict[str, Any], words: tuple[str, ...]):
    refused(user.run(wanted), *words)


@pytest.mark.parametrize(
    ("kind", "name", "changes", "words"),
    [
        ("links_clusters", REMOTE, {"deployment": "orders-pord"}, ("there is no deployment 'orders-pord'", "exact name")),
        ("links_clusters", REMOTE, {"deployment": "0" * 32}, ("there is no deployment", "credentials may see it")),
        ("links_clusters", REMOTE, {"deployment": ""}, ("deployment is empty",)),
        ("links_clusters", REMOTE, {"deployment": "twin-prod"}, ("'twin-prod' is ambiguous", "give the id")),
        ("links_clusters", REMOTE, {"deployment": "deployments/orders-prod"}, ("neither an id nor a name",)),
        ("links_clusters", REMOTE, {"password": "wrong-password"}, (f"Elasticsearch of cluster {REMOTE}", "check username and password")),
        ("links_clusters", LOCAL, {"password": "wrong-password"}, (f"Elasticsearch of cluster {LOCAL}", "check username and password")),
        ("links_clusters", REMOTE, {"username": None, "password": None, "api_key": "a2V5"}, ("only a user can make cross-cluster",)),
        ("links_clusters", REMOTE, {"username": None, "password": None}, ("username and password", "Cloud API key gives no access")),
        ("links_clusters", REMOTE, {"platform": "munich"}, ("platform 'munich' is not declared",)),
        ("links_clusters", REMOTE, {"url": "http://orders.example.com"}, ("is not an HTTPS address",)),
        ("links_clusters", REMOTE, {"url": "https://127.0.0.1:9"}, (f"Elasticsearch of cluster {REMOTE}", "cannot connect to")),
        ("links_platforms", "berlin", {"url": ""}, ("platforms['berlin'].url is empty",)),
        ("links_platforms", "berlin", {"url": "coordinator:12443"}, ("platform 'berlin'", "not an HTTPS address")),
        ("links_platforms", "berlin", {"api_key": "wrong-key"}, ("Cloud API of platform berlin", "check the credentials")),
        ("links_platforms", "berlin", {"api_key": None}, ("platform 'berlin'", "give api_key, or username and password")),
        ("links_platforms", "hosted", {"api_key": None}, ("platform 'hosted'", "Elastic Cloud Hosted takes API keys only")),
        ("links_platforms", "berlin", {"ca_path": "/nonexistent.pem"}, ("ca_path /nonexistent.pem cannot be read",)),
        ("links_platforms", "berlin", {"type": "kubernetes"}, ("type", "ech, ece")),
    ],
    ids=lambda value: str(value)[:40] if isinstance(value, dict) else None,
)
def test_a_registry_that_leads_nowhere_is_refused(user: Controller, kind: str, name: str, changes: dict[str, Any], words: tuple[str, ...]):
    refused(user.run(link("e"), change=registry_change(user.cloud, kind, name, **changes)), *words)


def test_a_ca_that_did_not_sign_the_certificate_is_named(user: Controller):
    other = user.cloud.platform("hosted")["ca_path"]
    run = user.run(link("e"), change=registry_change(user.cloud, "links_platforms", "berlin", ca_path=other))

    refused(run, "Cloud API of platform berlin", "certificate", "holds the CA that signed it")


def test_everything_wrong_is_reported_at_once(user: Controller):
    run = user.run(link("One", access={}), link("Two", expiration="x"))

    refused(run, "alias 'One'", "access is empty", "alias 'Two'", "expiration 'x'")


def test_a_failure_is_shown_by_the_task_that_meets_it_and_by_the_last_one_in_its_message(user: Controller):
    run = user.run(link("once", remote="beta-remote"))

    refused(run, "remote cluster runs Elasticsearch 8.13.4")
    assert run.play.progress.count("(alias once): FAILED") == 1, run.play.progress


def test_the_same_alias_twice_is_refused(user: Controller):
    refused(user.run(link("same"), link("same", remote="stock-prod")), "declared more than once on this local cluster")


def test_an_alias_with_the_certificate_model_is_left_alone(user: Controller):
    endpoint = user.cloud.deployment(REMOTE)["endpoint"]
    put_alias(user, "certificates", f"{endpoint}:9400")

    refused(user.run(link("certificates")), "alias 'certificates'", "certificate model", "migration")


def test_an_alias_that_points_elsewhere_is_left_alone(user: Controller):
    endpoint = user.cloud.deployment("stock-prod")["endpoint"]
    assert user.run(link("elsewhere", remote="stock-prod")).play.status == 0

    refused(user.run(link("elsewhere")), "alias 'elsewhere'", f"points to {endpoint}:9443", "adopt")


def test_a_plan_that_stays_pending_is_waited_for_and_then_refused_where_a_restart_is_needed(user: Controller):
    user.cloud.admin("POST", f"/deployments/{LOCAL}/plan", {"hold": True})
    try:
        run = user.run(link("held", restart="always"), change={"links_wait_timeout": 2})
    finally:
        user.cloud.admin("POST", f"/deployments/{LOCAL}/plan", {"hold": False})

    refused(run, f"deployment '{LOCAL}'", "plan pending for 2 s", "raise wait_timeout")


def put_alias(user: Controller, alias: str, address: str) -> None:
    settings = {"mode": "proxy", "proxy_address": address, "server_name": address.split(":")[0]}
    answer = user.cloud.elasticsearch(LOCAL, "PUT", "/_cluster/settings", {"persistent": {"cluster": {"remote": {alias: settings}}}})
    assert answer.status_code == 200, answer.text


def test_one_bad_link_does_not_stop_the_others(user: Controller):
    run = user.run(link("fine"), link("bad", remote="beta-remote"))

    assert run.play.status != 0
    statuses = {entry["alias"]: entry["status"] for entry in run.links}
    assert statuses == {"fine": "proven", "bad": "failed"}
    assert "1 of 2 links failed" in run.play.messages
    assert all("beta-remote" not in write for write in run.writes)


@pytest.mark.proves("R3", "R30", "R34")
def test_a_beta_version_is_admitted_when_the_user_insists_and_is_restarted(user: Controller):
    run = user.run(link("beta", local="beta-local", allow_unsupported=True))

    assert run.play.status == 0, run.text
    assert [change["action"] for change in run.changes] == ["create", "restart", "create"]
    assert any(write.startswith("POST") and "_restart" in write for write in run.writes)
    assert run.links[0]["status"] == "proven"
    assert user.run(link("beta", local="beta-local", allow_unsupported=True)).writes == []
