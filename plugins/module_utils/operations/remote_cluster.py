# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings of remote clusters on the local cluster, and how their connections do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..api.elasticsearch import ElasticsearchClient
from ..model import remote
from ..model.change import Change
from ..model.errors import Refused


def observe(client: ElasticsearchClient) -> dict[str, Any]:
    """The persistent settings of the cluster, flat. Raises Refused where transient settings would hide them."""
    settings = client.settings()
    hiding = [key for key in settings.get("transient") or {} if key.startswith("cluster.remote.")]
    if hiding:
        raise Refused(
            f"{client.subject} has transient settings that hide persistent ones: {', '.join(sorted(hiding))}",
            "set them to null in transient, they are deprecated",
        )
    return settings.get("persistent") or {}


def plan(settings: Mapping[str, Any], cluster: str, alias: str, wanted: Mapping[str, Any]) -> Change | None:
    """Bring the settings of an alias to what is wanted (see ``model.remote.wanted``)."""
    have = remote.current(dict(settings), alias)
    sent = remote.difference(have, dict(wanted))
    if not sent:
        return None
    return Change(
        what=f"remote cluster {alias} of {cluster}",
        action="update" if have else "create",
        before=remote.visible(have),
        after=remote.visible({**have, **sent}),
        payload=_requests(alias, sent, remote.forgotten(have, sent)),
    )


def plan_absent(settings: Mapping[str, Any], cluster: str, alias: str) -> Change | None:
    """Remove the alias: all of its settings at once, since Elasticsearch refuses leftovers without an address."""
    have = remote.current(dict(settings), alias)
    if not have:
        return None
    return Change(
        what=f"remote cluster {alias} of {cluster}",
        action="delete",
        before=remote.visible(have),
        payload=_requests(alias, dict.fromkeys(have)),
    )


def plan_again(settings: Mapping[str, Any], cluster: str, alias: str) -> Change:
    """Take the settings of an alias away and set them again, for nodes that have them and do not know the alias.

    Seen with Elasticsearch 8.19 where the credential and the settings of an alias reach a node at the same moment.
    """
    have = remote.current(dict(settings), alias)
    return Change(
        what=f"remote cluster {alias} of {cluster}",
        action="reconnect",
        after=remote.visible(have),
        payload=(remote.request(alias, dict.fromkeys(have)), remote.request(alias, have)),
    )


def apply(client: ElasticsearchClient, *changes: Change) -> dict[str, Any]:
    """Make all changes in one request, in two where nodes forget a setting, and read back; raises Refused when they did not take."""
    sent: dict[str, Any] = {}
    for request in zip(*(change.payload for change in changes)):
        together = {key: value for part in request for key, value in part.items()}
        if together:
            client.update_settings(together)
            sent.update(together)
    settings = observe(client)
    wrong = [key for key, value in sent.items() if remote.as_text(settings.get(key)) != remote.as_text(value)]
    if wrong:
        raise Refused(f"{client.subject}: settings were accepted but read back differently: {', '.join(sorted(wrong))}", "run again")
    return settings


def _requests(alias: str, sent: Mapping[str, Any], forgotten: Mapping[str, Any] | None = None) -> tuple[dict, dict]:
    """What to send first, and what to send after it."""
    again = dict(forgotten or {})
    return remote.request(alias, {**sent, **dict.fromkeys(again)}), remote.request(alias, again)


def describe(settings: Mapping[str, Any], alias: str) -> dict[str, Any]:
    """An alias as results show it."""
    return {"alias": alias, "settings": remote.visible(remote.current(dict(settings), alias))}
