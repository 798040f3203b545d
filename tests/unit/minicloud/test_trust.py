# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from minicloud import tls

PROXY: dict[str, Any] = {"name": "berlin", "type": "proxy", "trust_all": False}


async def put_trust(api: Any, deployment: Any, *direct: dict[str, Any]) -> Any:
    await api.settled(deployment)
    reply = await api.call("PUT", f"/deployments/{deployment.id}", await api.update_body(deployment, trust={"direct": list(direct)}))
    await api.settled(deployment)
    return reply


async def test_trust_lists_are_replaced_and_proxy_authorities_reach_the_nodes(bed: Any) -> None:
    direct = {"name": "berlin proxy", "type": "proxy", "trust_all": False, "certificates": [{"pem": bed.authority.pem}]}
    async with bed.api("hosted") as api:
        body = await api.update_body(bed.orders, trust={"direct": [direct], "external": None})
        assert (await api.call("PUT", f"/deployments/{bed.orders.id}", body)).status == 200
        stored = await api.trust_of(bed.orders)
        await api.settled(bed.orders)
        (entry,) = stored["direct"]
        assert set(stored) == {"direct"}
        assert entry["uid"] and entry["certificates"][0]["metadata"]["fingerprint"]
        assert bed.data_plane.calls == [("trust", "orders-prod", [bed.authority.pem])]
        body = await api.update_body(bed.orders, trust={"direct": [entry | {"name": "renamed"}]})
        assert (await api.call("PUT", f"/deployments/{bed.orders.id}", body)).status == 200
        assert (await api.trust_of(bed.orders))["direct"][0]["uid"] == entry["uid"]
        await api.settled(bed.orders)
        body = await api.update_body(bed.orders, trust=None)
        await api.call("PUT", f"/deployments/{bed.orders.id}", body)
        assert "Default trust" in (await api.trust_of(bed.orders))["accounts"][0]["name"]


async def test_a_certificate_that_another_deployment_trusts_comes_under_its_uid(bed: Any) -> None:
    entry = PROXY | {"certificates": [{"pem": bed.authority.pem}]}
    async with bed.api("berlin") as api:
        assert (await put_trust(api, bed.search, entry | {"uid": "u1"})).status == 200
        assert (await put_trust(api, bed.other, entry)).status == 200
        assert (await api.trust_of(bed.other))["direct"][0]["uid"] == "u1"
        assert (await put_trust(api, bed.other, entry | {"uid": "u2"})).status == 400
        assert (await put_trust(api, bed.other, entry | {"uid": "u1"}, entry | {"uid": "u2"})).status == 400


async def test_a_certificate_that_another_deployment_trusts_may_have_to_come_with_its_uid(switched: Any) -> None:
    bed = switched(known_certificate="is_refused")
    entry = PROXY | {"certificates": [{"pem": bed.authority.pem}]}
    async with bed.api("berlin") as api:
        assert (await put_trust(api, bed.search, entry)).status == 200
        (known,) = (await api.call("GET", "/trusted-environments")).body["direct"]
        assert (await put_trust(api, bed.other, entry)).status == 400
        assert (await put_trust(api, bed.other, entry | {"uid": known["uid"]})).status == 200


async def test_new_certificates_of_a_trust_reach_all_deployments_with_its_uid(bed: Any, tmp_path: Path) -> None:
    rotated = [{"pem": bed.authority.pem}, {"pem": tls.Authority("next", tmp_path / "next").pem}]
    entry = PROXY | {"uid": "u1", "certificates": rotated[:1]}
    async with bed.api("berlin") as api:
        for deployment in (bed.search, bed.other):
            await put_trust(api, deployment, entry)
        await put_trust(api, bed.search, entry | {"certificates": rotated})
        (shared,) = (await api.trust_of(bed.other))["direct"]
        (listed,) = (await api.call("GET", "/trusted-environments")).body["direct"]
    assert [item["pem"] for item in shared["certificates"]] == [item["pem"] for item in rotated]
    assert listed == shared
    assert ("trust", "search-test", [item["pem"] for item in rotated]) in bed.data_plane.calls


async def test_an_account_lists_each_of_its_own_trusts_once_and_none_of_others(bed: Any) -> None:
    async with bed.api("berlin") as api, bed.api("hosted") as hosted:
        await put_trust(hosted, bed.orders, PROXY | {"certificates": [{"pem": bed.authority.pem}]})
        shown = (await api.call("GET", "/trusted-environments")).body
    assert [entry["account_id"] for entry in shown["accounts"]] == [bed.tenants["berlin"].account.scope_id]
    assert "direct" not in shown


async def test_the_default_trust_may_be_hidden_until_somebody_sets_it(switched: Any) -> None:
    bed = switched(default_trust="hidden")
    path = f"/deployments/{bed.orders.id}/elasticsearch/_main"
    async with bed.api("hosted") as api:

        async def reads() -> bool:
            return "trust" in (await api.call("GET", path, show_settings=True)).body["info"]["settings"]

        assert not await reads()
        await put_trust(api, bed.orders)
        assert await reads()
        await api.call("PUT", f"/deployments/{bed.orders.id}", await api.update_body(bed.orders, trust=None))
        assert not await reads()


async def test_an_update_without_trust_keeps_it(bed: Any) -> None:
    async with bed.api("hosted") as api:
        before = await api.trust_of(bed.orders)
        await api.call("PUT", f"/deployments/{bed.orders.id}", await api.update_body(bed.orders))
        assert await api.trust_of(bed.orders) == before


@pytest.mark.parametrize(
    "direct",
    [
        {"type": "proxy", "trust_all": True},
        {"type": "proxy", "scope_id": "abc"},
        {"type": "proxy", "trust_allowlist": []},
        {"type": "proxy", "certificates": []},
        {"type": "ECE", "trust_all": True},
        {"type": "ECE", "trust_allowlist": ["c1"]},
        {"type": "generic"},
        {"type": "generic", "additional_node_names": ["*.example.com"]},
        {"type": "mystery"},
        {"certificates": [{"pem": "no certificate"}]},
        {"colour": "red"},
    ],
    ids=str,
)
async def test_impossible_trust_is_refused(bed: Any, direct: dict[str, Any]) -> None:
    entry = {"name": "x", "trust_all": False, "certificates": [{"pem": bed.authority.pem}]} | direct
    async with bed.api("hosted") as api:
        reply = await api.call("PUT", f"/deployments/{bed.orders.id}", await api.update_body(bed.orders, trust={"direct": [entry]}))
    assert reply.status == 400
    assert bed.orders.version == 1
