# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from minicloud import worldfile

MINIMAL: dict[str, Any] = {
    "organizations": [{"name": "hosted", "regions": ["us-east-1"], "deployments": [{"name": "orders", "version": "8.19.21"}]}],
    "environments": [{"name": "berlin", "deployments": [{"name": "search", "version": "8.19.21", "nodes": 2}]}],
}
WORLDS = sorted((Path(worldfile.__file__).parent / "worlds").glob("*.yml"))


def changed(change: Any) -> dict[str, Any]:
    document = copy.deepcopy(MINIMAL)
    change(document)
    return document


def filter_of(kind: str, *rules: Any) -> dict[str, Any]:
    return {"name": "office", "type": kind, "rules": list(rules)}


def test_identifiers_have_the_form_of_the_platforms() -> None:
    parsed = worldfile.parse(MINIMAL)
    organization, environment = parsed.accounts
    assert len(organization.scope_id) == 10 and organization.scope_id.isdecimal()
    assert len(environment.scope_id) == 32 and int(environment.scope_id, 16)
    for deployment in parsed.deployments:
        assert len(deployment.id) == len(deployment.cluster_id) == 32
        assert deployment.id != deployment.cluster_id


def test_each_parse_gives_new_identifiers_and_credentials() -> None:
    first, second = worldfile.parse(MINIMAL), worldfile.parse(MINIMAL)
    assert first.accounts[0].api_key != second.accounts[0].api_key
    assert first.deployments[0].password != second.deployments[0].password
    assert first.deployments[0].id != second.deployments[0].id


def test_endpoints_are_named_after_region_and_environment() -> None:
    orders, search = worldfile.parse(MINIMAL).deployments
    assert orders.service_url == f"https://{orders.cluster_id}.us-east-1.minicloud.test:443"
    assert search.service_url == f"https://{search.cluster_id}.berlin.minicloud.test:9243"
    assert search.node_names == ("instance-0000000000", "instance-0000000001")


def test_every_account_has_addresses_of_its_own_unless_the_file_names_others() -> None:
    organization, environment = worldfile.parse(MINIMAL).accounts
    assert organization.egress and not set(organization.egress) & set(environment.egress)
    named = worldfile.parse(changed(lambda d: d["environments"][0].update(egress=["203.0.113.0/24"])))
    assert named.accounts[1].egress == ("203.0.113.0/24",)


def test_a_deployment_has_the_filters_of_others() -> None:
    given = filter_of("ip", {"source": "192.0.2.1"})
    parsed = worldfile.parse(changed(lambda d: d["environments"][0]["deployments"][0].update(filters=[given])))
    assert [(item.name, item.type, item.rules) for item in parsed.deployments[1].filters] == [("office", "ip", ({"source": "192.0.2.1"},))]


def test_credentials_do_not_show_in_representations() -> None:
    account = worldfile.parse(MINIMAL).accounts[1]
    assert account.api_key not in repr(account)
    assert account.password is not None and account.password not in repr(account)
    assert account.deployments[0].password not in repr(account)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d.clear(), "at least one organization"),
        (lambda d: d.update(planets=[]), "unknown planets"),
        (lambda d: d["organizations"][0].pop("regions"), r"organizations\[0\]: regions missing"),
        (lambda d: d["organizations"][0].update(regions=[]), "must be a list of region names"),
        (lambda d: d["organizations"][0].update(name="berlin"), "must be unique; repeated: berlin"),
        (lambda d: d["organizations"][0].update(regions=["berlin"]), "both a region and an environment"),
        (lambda d: d["environments"][0].update(name="Berlin"), "usable in a host name"),
        (lambda d: d["environments"][0].update(proxy_ca="none"), "public or private"),
        (lambda d: d["environments"][0].update(deployments="x"), "must be a list"),
        (lambda d: d["organizations"][0]["deployments"][0].update(region="mars"), "must be one of us-east-1"),
        (lambda d: d["organizations"][0]["deployments"][0].update(version=8.19), "version such as"),
        (lambda d: d["organizations"][0]["deployments"][0].update(nodes=0), "number from 1 to 9"),
        (lambda d: d["organizations"][0]["deployments"][0].update(name="search"), "repeated: search"),
        (lambda d: d["environments"][0].update(egress=["the office"]), r"environments\[0\].egress must be a list of addresses"),
        (lambda d: d["environments"][0]["deployments"][0].update(filters=[{"name": "x"}]), r"filters\[0\]: type, rules missing"),
        (lambda d: d["environments"][0]["deployments"][0].update(filters=[filter_of("vpce")]), "type must be one of ip, remote_cluster"),
        (
            lambda d: d["environments"][0]["deployments"][0].update(filters=[filter_of("ip", {"source": 1})]),
            "each rule of type ip needs a source",
        ),
        (lambda d: d["environments"][0]["deployments"][0].update(filters=[filter_of("ip", "all")]), "must be a list of rules"),
        (lambda d: d.update(plan_seconds="soon"), "number of seconds"),
    ],
)
def test_an_unusable_world_is_refused_with_the_place_named(change: Any, message: str) -> None:
    with pytest.raises(worldfile.WorldError, match=message):
        worldfile.parse(changed(change))


def test_a_file_that_is_no_yaml_is_refused(tmp_path: Path) -> None:
    (tmp_path / "world.yml").write_text("a: [", encoding="utf-8")
    with pytest.raises(worldfile.WorldError, match="is not YAML"):
        worldfile.load(tmp_path / "world.yml")


@pytest.mark.parametrize("path", WORLDS, ids=lambda path: path.name)
def test_shipped_worlds_are_valid(path: Path) -> None:
    assert worldfile.load(path).clusters


def test_the_world_of_two_nodes_has_them_on_the_local_side() -> None:
    parsed = worldfile.load(next(path for path in WORLDS if path.name == "two_nodes.yml"))
    assert {deployment.type: len(deployment.node_names) for deployment in parsed.deployments} == {"ech": 1, "ece": 2}
