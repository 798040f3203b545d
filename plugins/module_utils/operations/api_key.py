# SPDX-License-Identifier: GPL-3.0-or-later
"""Cross-cluster API keys on the remote cluster."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from ..api.elasticsearch import ElasticsearchClient
from ..api.waiting import Clock, looks
from ..model import access, durations, keys
from ..model.change import Change
from ..model.errors import NotFound, Refused, ReplyLost, RequestFailed

LOOK_UP_SECONDS = 5.0
"""How long a key is looked for whose creation got no answer: the index behind it refreshes after about a second."""

CREATE_ATTEMPTS = 3


def now_ms() -> int:
    return int(time.time() * 1000)


def filters(name: str | None, metadata: Mapping[str, Any] | None) -> dict[str, str]:
    """Field values to look for. metadata: texts by name."""
    named = {"name": name} if name is not None else {}
    return {**named, **{f"metadata.{key}": str(value) for key, value in (metadata or {}).items()}}


def observe(client: ElasticsearchClient, filters: Mapping[str, str]) -> list[keys.Key]:
    """The cross-cluster keys with these field values, newest last; invalid ones included."""
    return sorted((keys.from_api(item) for item in client.cross_cluster_keys(filters)), key=lambda key: (key.creation, key.id))


def describe(key: keys.Key) -> dict[str, Any]:
    """A key as results and diffs show it."""
    return {
        "id": key.id,
        "name": key.name,
        "access": access.normalised(key.access),
        "metadata": key.metadata,
        "owner": key.owner,
        "creation": key.creation,
        "expiration": key.expiration,
        "invalidated": key.invalidated,
    }


def newest_valid(observed: list[keys.Key]) -> dict[str, Any] | None:
    """The newest key that is neither revoked nor expired, as ``describe`` shows it."""
    valid = [key for key in observed if key.valid(now_ms())]
    return describe(valid[-1]) if valid else None


def result(key: Mapping[str, Any] | None) -> dict[str, Any]:
    """A key as modules return it: the secret stands apart from what may be printed."""
    shown = dict(key or {})
    secret = {"encoded": shown.pop("encoded")} if "encoded" in shown else {}
    return {"cross_cluster_api_key": shown, **secret}


def plan(observed: list[keys.Key], wanted: Mapping[str, Any]) -> Change | None:
    """Make the key of this name, or bring the one there is up to date.

    wanted: name, access, metadata (None: leave), expiration (None: never). Raises Refused when the name is not unique.
    """
    valid = [key for key in observed if key.valid(now_ms())]
    if len(valid) > 1:
        ids = ", ".join(key.id for key in valid)
        raise Refused(f"{len(valid)} valid keys are called {wanted['name']!r} ({ids})", "revoke all but one, or give the key another name")
    return plan_update(valid[0], wanted) if valid else plan_create(wanted)


def plan_create(wanted: Mapping[str, Any]) -> Change:
    body = {"name": wanted["name"], "access": access.request(wanted["access"])}
    body.update({key: wanted[key] for key in ("metadata", "expiration") if wanted.get(key)})
    return Change(what=f"cross-cluster API key {wanted['name']}", action="create", after=_visible(wanted), payload=("create", body))


def plan_update(key: keys.Key, wanted: Mapping[str, Any]) -> Change | None:
    """The difference in access, metadata and expiration; an expiration that is there stays, it cannot be compared."""
    body: dict[str, Any] = {}
    if access.normalised(key.access) != access.normalised(wanted["access"]):
        body["access"] = access.request(wanted["access"])
    if wanted.get("metadata") is not None and wanted["metadata"] != key.metadata:
        body["metadata"] = wanted["metadata"]
    if wanted.get("expiration") and key.expiration is None:
        # Elasticsearch 8 takes an expiration only beside access or metadata.
        body = {"access": access.request(wanted["access"]), **body, "expiration": wanted["expiration"]}
    if not body:
        return None
    return Change(
        what=f"cross-cluster API key {key.name} ({key.id})",
        action="update",
        before=_visible({"access": key.access, "metadata": key.metadata}),
        after=_visible({"access": wanted["access"], "metadata": body.get("metadata", key.metadata), "expiration": body.get("expiration")}),
        payload=("update", (key, body)),
    )


def plan_absent(observed: list[keys.Key]) -> Change | None:
    """Revoke every valid one of these keys."""
    valid = [key for key in observed if key.valid(now_ms())]
    return plan_revoke(valid[0].name, [key.id for key in valid]) if valid else None


def plan_revoke(name: str, ids: list[str]) -> Change:
    return Change(what=f"cross-cluster API key {name}", action="revoke", before={"valid": ids}, payload=("revoke", ids))


def apply(client: ElasticsearchClient, change: Change) -> dict[str, Any] | None:
    """Make the change. Returns the key as ``describe`` does; a new key has ``encoded`` besides. None after a revocation."""
    kind, content = change.payload
    if kind == "create":
        answer = client.create_cross_cluster_key(content)
        return {**_read_back(client, answer["id"]), "encoded": answer["encoded"]}
    if kind == "update":
        return update(client, *content)
    revoke(client, content)
    return None


def update(client: ElasticsearchClient, key: keys.Key, body: Mapping[str, Any]) -> dict[str, Any]:
    """Change a key; when another user owns it, as that user where the caller may run as him."""
    try:
        client.update_cross_cluster_key(key.id, body)
    except NotFound as not_owner:
        _update_as_owner(client, key, body, not_owner)
    return _read_back(client, key.id)


def _update_as_owner(client: ElasticsearchClient, key: keys.Key, body: Mapping[str, Any], not_owner: NotFound) -> None:
    try:
        client.update_cross_cluster_key(key.id, body, run_as=key.owner)
    except RequestFailed as refused:
        raise Refused(
            f"{client.subject}: key {key.id} belongs to user {key.owner!r}, and only its owner may change it ({not_owner.reason})",
            f"use the user {key.owner!r}, or one that may run as him; or revoke the key, so that the next run makes a new one",
        ) from refused


def revoke(client: ElasticsearchClient, ids: list[str]) -> None:
    """Invalidate keys; keys that are invalid already are no error. Raises Refused with the server's words otherwise."""
    answer = client.invalidate_keys(ids)
    if answer.get("error_count"):
        reasons = "; ".join(str(error.get("reason", error)) for error in answer.get("error_details") or [])
        raise Refused(
            f"{client.subject}: {answer['error_count']} of {len(ids)} keys could not be revoked: {reasons}",
            "use a user with manage_security",
        )


def create_for_link(client: ElasticsearchClient, body: Mapping[str, Any], run: str, clock: Clock) -> tuple[str, str]:
    """Create the key of a link. Returns its id and the encoded key.

    A lost answer is never answered by blindly asking again: the key is looked for by its run. What is found has a secret that
    nobody knows, so it is revoked before another one is made.
    """
    for attempt in range(1, CREATE_ATTEMPTS + 1):
        try:
            answer = client.create_cross_cluster_key(body)
            return answer["id"], answer["encoded"]
        except ReplyLost:
            lost = _look_up(client, run, body["name"], clock)
            if lost:
                revoke(client, lost)
            if attempt == CREATE_ATTEMPTS:
                raise
    raise Refused(f"{client.subject}: no key was made")


def _look_up(client: ElasticsearchClient, run: str, name: str, clock: Clock) -> list[str]:
    """Ids of valid keys that a run has made under this name; [] when none shows up in time."""
    for _passed in looks(LOOK_UP_SECONDS, clock, first=1.0, longest=1.0):
        found = [key.id for key in observe(client, {"metadata.run": run, "name": name}) if not key.invalidated]
        if found:
            return found
    return []


def _read_back(client: ElasticsearchClient, key_id: str) -> dict[str, Any]:
    item = client.api_key(key_id)
    if item is None:
        raise Refused(f"{client.subject}: key {key_id} was made, but cannot be read", "check that nobody revokes keys at the same time")
    return describe(keys.from_api(item))


def _visible(wanted: Mapping[str, Any]) -> dict[str, Any]:
    shown = {key: value for key, value in wanted.items() if value is not None}
    return {**shown, "access": access.normalised(wanted["access"])}


def expiration_problem(text: str | None) -> str:
    """Why a text cannot be an expiration, or ""."""
    try:
        return "" if text is None or durations.milliseconds(text) > 0 else "expiration must be longer than 0"
    except ValueError as error:
        return f"expiration {error}"
