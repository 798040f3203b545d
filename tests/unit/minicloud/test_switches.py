# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
import requests

from minicloud import cli, cloud, switches, worldfile
from minicloud.control.ratelimit import RateLimit

README = Path(cli.__file__).parent / "README.md"


def resource(deployment: Any) -> str:
    return f"/deployments/{deployment.id}/elasticsearch/_main"


async def info(api: Any, deployment: Any) -> dict[str, Any]:
    return (await api.call("GET", resource(deployment), show_settings=True, show_plan_history=True, clear_transient=True)).body["info"]


async def update(api: Any, deployment: Any, trust: Any = None, **query: Any) -> Any:
    """An update with the present plan, and with trust settings if there are any."""
    plan = (await info(api, deployment))["plan_info"]["current"]["plan"]
    payload = {"ref_id": "main-elasticsearch", "region": deployment.spec.region, "plan": plan}
    settings = {} if trust is None else {"settings": {"trust": trust}}
    body = {"prune_orphans": False, "resources": {"elasticsearch": [{**payload, **settings}]}}
    return await api.call("PUT", f"/deployments/{deployment.id}", body, **query)


async def settled(api: Any, deployment: Any) -> dict[str, Any]:
    async with asyncio.timeout(5):
        while "pending" in (shown := (await info(api, deployment))["plan_info"]):
            await asyncio.sleep(0.005)
    return shown


def entry(bed: Any) -> dict[str, Any]:
    return {"name": "x", "type": "proxy", "trust_all": False, "certificates": [{"pem": bed.authority.pem}]}


@pytest.mark.parametrize(("value", "left"), [("empties", {"direct"}), ("keeps", {"accounts", "direct"})])
async def test_a_trust_list_that_an_update_leaves_out(switched: Any, value: str, left: set[str]) -> None:
    bed = switched(absent_trust_list=value)
    async with bed.api("hosted") as api:
        assert (await update(api, bed.orders, {"direct": [entry(bed)]})).status == 200
        assert set((await info(api, bed.orders))["settings"]["trust"]) == left
        await settled(api, bed.orders)
        assert (await update(api, bed.orders, {"accounts": None, "external": [], "direct": []})).status == 200
        assert (await info(api, bed.orders))["settings"]["trust"] == {}


@pytest.mark.parametrize(
    ("value", "shown"), [("absent", {}), ("null", {"external": None, "direct": None}), ("empty", {"external": [], "direct": []})]
)
async def test_how_an_empty_trust_list_reads(switched: Any, value: str, shown: dict[str, Any]) -> None:
    bed = switched(empty_trust_list=value)
    async with bed.api("hosted") as api:
        trust = (await info(api, bed.orders))["settings"]["trust"]
    assert trust.pop("accounts") and trust == shown


@pytest.mark.parametrize("restarts", [False, True])
async def test_whether_a_changed_trust_restarts_the_nodes(switched: Any, restarts: bool) -> None:
    bed = switched(trust_change_restarts=restarts, unchanged_update_starts_plan=False)
    async with bed.api("hosted") as api:
        await update(api, bed.orders, {"direct": [entry(bed)]})
        plans = len((await settled(api, bed.orders))["history"])
        stored = (await info(api, bed.orders))["settings"]["trust"]
        await update(api, bed.orders, {"accounts": [], "external": [], "direct": stored["direct"]})
        await settled(api, bed.orders)
    assert [call[0] for call in bed.data_plane.calls] == (["trust", "restart", "trust"] if restarts else ["trust", "trust"])
    assert plans == (2 if restarts else 1)


@pytest.mark.parametrize("starts", [True, False])
async def test_whether_an_update_with_the_present_plan_starts_one(switched: Any, starts: bool) -> None:
    bed = switched(unchanged_update_starts_plan=starts)
    async with bed.api("hosted") as api:
        assert (await update(api, bed.orders, {"direct": [entry(bed)]})).status == 200
        assert ("pending" in (await info(api, bed.orders))["plan_info"]) is starts
        await settled(api, bed.orders)
    assert bed.data_plane.calls == [("trust", "orders-prod", [bed.authority.pem])]


@pytest.mark.parametrize("status", [422, 409, 400])
async def test_what_an_update_during_a_plan_is_answered(switched: Any, status: int) -> None:
    bed = switched(update_during_plan=status)
    bed.orders.plans.hold(True)
    async with bed.api("hosted") as api:
        assert (await api.call("POST", f"{resource(bed.orders)}/_restart")).status == 202
        assert (await update(api, bed.orders)).status == status
        assert (await api.call("POST", f"{resource(bed.orders)}/_restart")).status == 422
        await bed.orders.plans.cancel()


@pytest.mark.parametrize("status", [409, 412])
async def test_what_an_update_against_an_older_version_is_answered(switched: Any, status: int) -> None:
    bed = switched(version_conflict=status)
    async with bed.api("hosted") as api:
        reply = await update(api, bed.orders, version="7")
    assert (reply.status, reply.headers["x-cloud-error-codes"]) == (status, "deployments.version_conflict")


SPELLINGS = {"null_entry": None, "empty_object": {}, "empty_value": {"value": "", "as_file": False}}


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("works", SPELLINGS)
async def test_which_spelling_removes_a_keystore_entry(switched: Any, works: str, spelling: str) -> None:
    bed = switched(keystore_delete=[works])
    async with bed.api("berlin") as api:
        await api.call("PATCH", f"{resource(bed.search)}/keystore", {"secrets": {"a": {"value": "x"}}})
        reply = await api.call("PATCH", f"{resource(bed.search)}/keystore", {"secrets": {"a": SPELLINGS[spelling]}})
    assert reply.status == 200
    assert set(reply.body["secrets"]) == (set() if works == spelling else {"a"})
    assert len(bed.data_plane.calls) == (2 if works == spelling else 1)


@pytest.mark.parametrize("starts", [False, True])
async def test_whether_a_changed_keystore_starts_a_plan(switched: Any, starts: bool) -> None:
    bed = switched(keystore_change_starts_plan=starts)
    bed.search.plans.hold(True)
    change = {"secrets": {"a": {"value": "x"}}}
    delivered = [("deliver", "search-prod", {"a": "x"})]
    async with bed.api("berlin") as api:
        assert set((await api.call("PATCH", f"{resource(bed.search)}/keystore", change)).body["secrets"]) == {"a"}
        assert bed.data_plane.calls == ([] if starts else delivered)
        assert (await api.call("PATCH", f"{resource(bed.search)}/keystore", {"secrets": {}})).status == (422 if starts else 200)
        bed.search.plans.hold(False)
        await settled(api, bed.search)
    assert bed.data_plane.calls == delivered


@pytest.mark.parametrize(("value", "shown"), [("absent", {}), ("null", {"value": None}), ("object", {"value": {}})])
async def test_how_the_value_of_a_keystore_entry_reads(switched: Any, value: str, shown: dict[str, Any]) -> None:
    bed = switched(keystore_value=value)
    async with bed.api("berlin") as api:
        await api.call("PATCH", f"{resource(bed.search)}/keystore", {"secrets": {"a": {"value": "x"}}})
        assert (await api.call("GET", f"{resource(bed.search)}/keystore")).body == {"secrets": {"a": {"as_file": False, **shown}}}


@pytest.mark.parametrize("told", [True, False])
async def test_whether_the_rate_limit_tells_how_long_to_wait(switched: Any, told: bool) -> None:
    bed = switched(retry_after=told)
    bed.tenants["hosted"].rate = RateLimit(limit=0)
    async with bed.api("hosted") as api:
        reply = await api.call("GET", "/account")
    assert reply.status == 429 and ("Retry-After" in reply.headers) is told


@pytest.mark.parametrize("shown", [True, False])
async def test_whether_deployments_show_the_organization(switched: Any, shown: bool) -> None:
    bed = switched(organization_id=shown)
    async with bed.api("hosted") as api:
        body = (await api.call("GET", f"/deployments/{bed.orders.id}", show_settings=True)).body
    assert ("organization_id" in body["metadata"]) is shown
    assert ("organization_id" in body["resources"]["elasticsearch"][0]["info"]["settings"]["metadata"]) is shown


@pytest.mark.parametrize("value", [True, False])
async def test_whether_answers_name_the_instance_and_the_proxy_chain_its_root(tmp_path: Path, value: bool) -> None:
    world = worldfile.parse(
        {
            "environments": [{"name": "berlin", "deployments": [{"name": "search", "version": "8.19.21"}]}],
            "switches": {"handling_instance": value, "proxy_chain_root": value},
        }
    )
    async with cloud.running(world, tmp_path, "simulated", lambda _: None) as state:
        deployment, platform = state["deployments"]["search"], state["platforms"]["berlin"]
        options: dict[str, Any] = {"proxies": {"https": state["https_proxy"]}, "verify": platform["ca_path"], "timeout": 10}
        auth = (deployment["username"], deployment["password"])
        answer = await asyncio.to_thread(requests.get, deployment["service_url"], auth=auth, **options)
        url = f"{platform['url']}/api/v1/platform/configuration/security/tls/proxy"
        headers = {"Authorization": f"ApiKey {platform['api_key']}"}
        chain = (await asyncio.to_thread(requests.get, url, headers=headers, **options)).json()["chain"]
    assert answer.status_code == 200 and ("x-found-handling-instance" in answer.headers) is value
    assert len(chain) == (2 if value else 1)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"gravity": True}, "unknown gravity; known are absent_trust_list"),
        ({"retry_after": 1}, "retry_after must be one of true | false"),
        ({"retry_after": "false"}, "retry_after must be one of true | false"),
        ({"update_during_plan": True}, "must be one of 422 | 409 | 400"),
        ({"empty_trust_list": []}, "must be one of absent | null | empty"),
        ({"keystore_delete": "null_entry"}, "must be a list of null_entry"),
        ({"keystore_delete": ["dash"]}, "must be a list of null_entry"),
        ([], "world.switches must be a mapping"),
    ],
    ids=str,
)
def test_an_unusable_switch_is_refused(given: Any, message: str) -> None:
    with pytest.raises(worldfile.WorldError, match=message.replace("|", r"\|")):
        worldfile.parse({"environments": [{"name": "berlin"}], "switches": given})


@pytest.mark.parametrize(("name", "values"), switches.values().items())
def test_the_values_of_a_switch_can_be_used_and_begin_with_the_default(name: str, values: tuple[Any, ...]) -> None:
    assert values[0] == getattr(switches.Switches(), name)
    for value in values:
        assert getattr(switches.parse({name: list(value) if isinstance(value, tuple) else value}), name) == value


def test_of_a_switch_with_several_values_at_once_each_is_tried_alone() -> None:
    assert switches.values()["keystore_delete"][1:] == (("null_entry",), ("empty_object",), ("empty_value",))


def test_a_bare_null_is_the_value_of_that_name() -> None:
    assert switches.parse({"empty_trust_list": None}).empty_trust_list == "null"


def test_help_and_readme_name_every_switch_with_its_values_and_meaning(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["--help"])
    shown, readme = capsys.readouterr().out, README.read_text(encoding="utf-8")
    for name, values, about in switches.describe():
        assert f"  {name}: {values}\n" in shown and about in shown
        row = next(line for line in readme.splitlines() if line.startswith(f"| `{name}` |"))
        assert [part.strip("[] `") for part in values.replace("|", ",").split(",")] == [
            part.strip("` ") for part in row.split("|")[2].removeprefix(" list of ").replace("(all)", "").replace(" and ", ",").split(",")
        ]
