# SPDX-License-Identifier: GPL-3.0-or-later
"""Roles of a cluster. The API replaces a role as a whole, so it is read, merged and written back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..api.elasticsearch import ElasticsearchClient
from ..model import roles
from ..model.change import Change
from ..model.errors import Refused


def observe(client: ElasticsearchClient, name: str) -> dict[str, Any] | None:
    return client.role(name)


def result(name: str, observed: Mapping[str, Any] | None) -> dict[str, Any]:
    """A role as modules return it: empty when there is none."""
    return {"security_role": {"name": name, **roles.normalised(dict(observed))} if observed is not None else {}}


def plan(observed: Mapping[str, Any] | None, name: str, wanted: Mapping[str, Any], exact: bool = False) -> Change | None:
    """Bring a role to what is wanted (see ``model.roles.merged``). Raises Refused for a role that Elasticsearch reserves."""
    _refuse_reserved(observed, name)
    have = dict(observed) if observed is not None else None
    after = roles.merged(have, dict(wanted), exact)
    if have is not None and roles.normalised(have) == roles.normalised(after):
        return None
    return Change(
        what=f"role {name}",
        action="create" if have is None else "update",
        before=roles.normalised(have),
        after=roles.normalised(after),
        payload=(name, after),
    )


def plan_absent(observed: Mapping[str, Any] | None, name: str) -> Change | None:
    if observed is None:
        return None
    _refuse_reserved(observed, name)
    return Change(what=f"role {name}", action="delete", before=roles.normalised(dict(observed)), payload=(name, None))


def plan_without_alias(observed: Mapping[str, Any] | None, name: str, alias: str) -> Change | None:
    """Take away what is for this alias alone; the role stays, and so do entries that name other aliases besides."""
    if observed is None:
        return None
    _refuse_reserved(observed, name)
    have = dict(observed)
    after = roles.without_alias(have, alias)
    if roles.normalised(after) == roles.normalised(have):
        return None
    return Change(what=f"role {name}", action="update", before=roles.normalised(have), after=roles.normalised(after), payload=(name, after))


def apply(client: ElasticsearchClient, change: Change) -> dict[str, Any] | None:
    """Write and read back."""
    name, role = change.payload
    if role is None:
        client.delete_role(name)
    else:
        client.put_role(name, role)
    return observe(client, name)


def merge(client: ElasticsearchClient, name: str, wanted: Iterable[Mapping[str, Any]], without: Iterable[str] = ()) -> None:
    """Merge several wishes into a role as it is now, in one write; none when the role has them all.

    without: aliases whose entries go.
    """
    present = observe(client, name)
    after: dict[str, Any] | None = dict(present) if present is not None else None
    for wish in wanted:
        change = plan(after, name, wish)
        after = change.payload[1] if change else after
    for alias in without:
        change = plan_without_alias(after, name, alias)
        after = change.payload[1] if change else after
    if after is not None and after != present:
        client.put_role(name, after)


def _refuse_reserved(observed: Mapping[str, Any] | None, name: str) -> None:
    if observed and (observed.get("metadata") or {}).get("_reserved"):
        raise Refused(f"role {name!r} is built into Elasticsearch and cannot be changed", "use a role of your own")
