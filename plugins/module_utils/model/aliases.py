# SPDX-License-Identifier: GPL-3.0-or-later
"""What may be the name of a remote cluster, and the names that are derived from it."""

from __future__ import annotations

import re

_ALLOWED = re.compile(r"^[a-z0-9_][a-z0-9_-]*$")
_GLOBAL_SETTINGS = ("node", "signing")


def problem(alias: str) -> str:
    """Why the text cannot be an alias in the API key model, or "" when it can.

    Lower case only: the platforms refuse anything else beside an API key. A leading dash would read as an exclusion in index
    expressions; ``node`` and ``signing`` are taken by settings of Elasticsearch itself.
    """
    if _ALLOWED.match(alias) and "\n" not in alias and alias not in _GLOBAL_SETTINGS:
        return ""
    if alias in _GLOBAL_SETTINGS:
        return f"alias {alias!r} is taken by the setting cluster.remote.{alias}.* of Elasticsearch: choose another"
    return f"alias {alias!r} is not valid: use lower case letters, digits, dash and underscore, not beginning with a dash"


def credential_setting(alias: str) -> str:
    """The secure setting that holds the cross-cluster API key of an alias."""
    return f"cluster.remote.{alias}.credentials"


def settings_prefix(alias: str) -> str:
    return f"cluster.remote.{alias}."
