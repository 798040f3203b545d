# SPDX-License-Identifier: GPL-3.0-or-later
"""What may be the name of a remote cluster, and the names that are derived from it."""

from __future__ import annotations

import re
from collections.abc import Iterable

from .inputs import shown

_ALLOWED = re.compile(r"[a-z0-9_][a-z0-9_-]*\Z")
_EXISTING = re.compile(r"[A-Za-z0-9_-]+\Z")
_CREDENTIAL = re.compile(r"cluster\.remote\.([^.]+)\.credentials\Z")
_GLOBAL_SETTINGS = ("node", "signing")
LONGEST = 200
"""Of our choice: Elasticsearch names no limit, but what we derive from an alias has limits, such as the name of a key (256)."""


def problem(alias: str) -> str:
    """Why the text cannot be an alias in the API key model, or "" when it can.

    Lower case only: the platforms refuse anything else beside an API key. A leading dash would read as an exclusion in index
    expressions; ``node`` and ``signing`` are taken by settings of Elasticsearch itself.
    """
    if _ALLOWED.match(alias) and len(alias) <= LONGEST and alias not in _GLOBAL_SETTINGS:
        return ""
    if alias in _GLOBAL_SETTINGS:
        return f"alias {alias!r} is taken by the setting cluster.remote.{alias}.* of Elasticsearch: choose another"
    if len(alias) > LONGEST:
        return f"alias {shown(alias)} is longer than {LONGEST} characters"
    return f"alias {alias!r} is not valid: use lower case letters, digits, dash and underscore, not beginning with a dash"


def existing_problem(alias: str) -> str:
    """Why the text cannot be the name of any remote cluster, whoever made it, or "" when it can.

    A dot would make it the settings of another one: ``orders.transport`` is a part of ``orders``.
    """
    return "" if _EXISTING.match(alias) else f"alias {alias!r} cannot be one: aliases have letters, digits, dash and underscore only"


def credential_setting(alias: str) -> str:
    """The secure setting that holds the cross-cluster API key of an alias."""
    return f"cluster.remote.{alias}.credentials"


def with_credentials(names: Iterable[str]) -> list[str]:
    """The aliases whose keys are among these secure settings."""
    return [found.group(1) for found in map(_CREDENTIAL.match, names) if found]


def settings_prefix(alias: str) -> str:
    return f"cluster.remote.{alias}."
