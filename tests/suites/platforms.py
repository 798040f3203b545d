# SPDX-License-Identifier: GPL-3.0-or-later
"""What others have on the platforms of a link: trust of deployments, and traffic filters."""

from __future__ import annotations

from typing import Any

import requests

from ansible_collections.crosscluster.elastic.plugins.module_utils.model import filters, trust, update
from harness import owners
from harness.controller import Controller, until

LISTS = ("accounts", "external", "direct")
RULESETS = "/deployments/traffic-filter/rulesets"


def hosted(controller: Controller) -> list[str]:
    """Those of both clusters of a link that are deployments."""
    both = (controller.scenario.local, controller.scenario.remote)
    return [name for name in both if not controller.cloud.deployment(name).get("self_managed")]


def trust_of(controller: Controller, name: str) -> dict[str, Any]:
    """The trust settings of a deployment, {} where nobody has set them."""
    answer = controller.cloud.control(name, "GET", "?show_settings=true").json()
    return answer["resources"]["elasticsearch"][0]["info"]["settings"].get("trust") or {}


def trust_more(controller: Controller, name: str, **entries: list[dict[str, Any]]) -> requests.Response:
    """Trust these besides what is trusted, as the console does it. entries: by list."""
    have = trust_of(controller, name)
    return trust_lists(controller, name, {kind: [*(have.get(kind) or []), *entries.get(kind, [])] for kind in LISTS})


def trust_lists(controller: Controller, name: str, lists: dict[str, list[dict[str, Any]]]) -> requests.Response:
    """Trust exactly these."""
    answer = controller.cloud.control(name, "GET", "?show_settings=true&show_plans=true&clear_transient=true").json()
    return controller.cloud.control(name, "PUT", "", update.body(answer, {"trust": lists}))


def distrust(controller: Controller) -> None:
    """Take the trust away that links have given, where the local cluster is a deployment, which is at rest before and after."""
    name = controller.scenario.local
    if name not in hosted(controller):
        return
    until(lambda: not pending(controller, name))
    have = trust_of(controller, name)
    kept = _foreign(have.get("direct"))
    if kept != (have.get("direct") or []):
        answer = trust_lists(controller, name, {**{kind: have.get(kind) or [] for kind in LISTS}, "direct": kept})
        assert answer.status_code == 200, answer.text
        until(lambda: not pending(controller, name))


def direct_entry(controller: Controller, called: str, **more: Any) -> dict[str, Any]:
    """Trust in another CA, which is made for it."""
    folder = controller.folder / f"trusted {called}"
    folder.mkdir(exist_ok=True)
    pem = owners.ca(folder)[0].read_text().strip()
    return {"type": "proxy", "name": called, "trust_all": False, "certificates": [{"pem": pem}], **more}


def foreign_trust(controller: Controller) -> dict[str, Any]:
    """Entries that are not ours, by deployment, list and name."""
    found = {}
    for name in hosted(controller):
        have = trust_of(controller, name)
        for kind in LISTS:
            entries = _foreign(have.get(kind))
            found.update({f"{name} {kind} {number} {entry.get('name')}": entry for number, entry in enumerate(entries)})
    return found


def _foreign(entries: list[dict[str, Any]] | None) -> list[dict[str, Any]]:
    """Those that do not carry our mark."""
    return [entry for entry in entries or [] if not (entry.get("name") or "").startswith(trust.MARK)]


def foreign_filters(controller: Controller) -> dict[str, Any]:
    """Rulesets that are not ours, with their associations, by platform and id."""
    found = {}
    for platform in {controller.cloud.deployment(name)["platform"] for name in hosted(controller)}:
        answer = controller.cloud.api(platform, "GET", f"{RULESETS}?include_associations=true").json()
        found.update({f"{platform} {body['id']}": body for body in answer["rulesets"] if not body["name"].startswith(filters.MARK)})
    return found


def plant_trust_and_filters(controller: Controller) -> None:
    """Once: entries in each list of trust, a filter that admits everybody, and one that no deployment has."""
    for name in [name for name in hosted(controller) if "theirs" not in str(trust_of(controller, name))]:
        known = {"account_id": "a" * 32, "trust_all": False, "trust_allowlist": ["c" * 32], "name": "theirs"}
        related = {"trust_relationship_id": "their-relationship", "trust_all": True, "name": "theirs"}
        node = direct_entry(controller, "theirs", type="generic", additional_node_names=["node-1.theirs.test"])
        answer = trust_more(controller, name, accounts=[known], external=[related], direct=[node])
        assert answer.status_code == 200, answer.text
        until(lambda name=name: "theirs" in str(trust_of(controller, name)) and not pending(controller, name))
        _plant_filters(controller, name)


def pending(controller: Controller, name: str) -> bool:
    answer = controller.cloud.control(name, "GET", "?show_plans=true").json()
    return bool(answer["resources"]["elasticsearch"][0]["info"]["plan_info"].get("pending"))


def _plant_filters(controller: Controller, name: str) -> None:
    deployment = controller.cloud.deployment(name)
    platform = deployment["platform"]
    everybody = [{"source": "0.0.0.0/0", "description": "everybody"}]
    office = [{"source": "192.0.2.1"}, {"source": "198.51.100.0/24", "description": "an office"}]
    common = {"type": "ip", "region": deployment["region"], "include_by_default": False, "description": "kept by hand"}

    def make(what: str, rules: list[dict[str, str]]) -> str:
        answer = controller.cloud.api(platform, "POST", RULESETS, {**common, "name": f"{what} of {name}", "rules": rules})
        assert answer.status_code == 201, answer.text
        return answer.json()["id"]

    make("offices", office)
    path = f"{RULESETS}/{make('clients', everybody)}/associations"
    body = {"entity_type": "deployment", "id": deployment["id"]}
    assert controller.cloud.api(platform, "POST", path, body).status_code == 201
