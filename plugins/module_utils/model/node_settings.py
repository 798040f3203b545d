# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings of a node in ``elasticsearch.yml``.

Ours stand in a block between two comment lines; the lines of others are none of our business, unless they say something else.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from .inputs import shown

_NAME = re.compile(r"[^\s:#]+\Z")


def flat(settings: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Settings by their full names, however they were nested."""
    found: dict[str, Any] = {}
    for name, value in settings.items():
        if isinstance(value, Mapping) and value:
            found.update(flat(value, f"{prefix}{name}."))
        else:
            found[f"{prefix}{name}"] = value
    return found


def marker(name: str) -> str:
    """The comment line of a block; ``{mark}`` stands for BEGIN or END."""
    return f"# {{mark}} crosscluster.elastic: {name}"


def without_block(text: str, name: str) -> str:
    """The lines of others: all but those of the block."""
    begin, end = (re.escape(marker(name).format(mark=mark)) for mark in ("BEGIN", "END"))
    return re.sub(rf"^{begin}$.*?^{end}$\n?", "", text, flags=re.MULTILINE | re.DOTALL)


def block(wanted: Mapping[str, Any], elsewhere: Mapping[str, Any]) -> str:
    """The lines of our block. Elasticsearch refuses a setting that stands twice, so those that others have set alike are left out."""
    lines = [f"{name}: {json.dumps(value)}" for name, value in flat(wanted).items() if value is not None and name not in elsewhere]
    return "\n".join(lines)


def name_problems(wanted: Mapping[str, Any]) -> list[str]:
    """Names that no setting has: they would be read as something else."""
    return [f"settings has {shown(name)}, which is not the name of a setting" for name in flat(wanted) if not _NAME.match(name)]


def conflicts(wanted: Mapping[str, Any], elsewhere: Mapping[str, Any]) -> list[str]:
    """Settings that others have set to something else; None is wanted for those that must not be set."""
    return [
        f"{name} is {json.dumps(elsewhere[name])} and has to be {'left out' if value is None else json.dumps(value)}"
        for name, value in flat(wanted).items()
        if name in elsewhere and not _same(elsewhere[name], value)
    ]


def _same(one: Any, other: Any) -> bool:
    return _text(one) == _text(other)


def _text(value: Any) -> Any:
    """A value as Elasticsearch understands it: text, and a list for several."""
    if value is None:
        return None
    if isinstance(value, (list, tuple)):
        return [_text(item) for item in value]
    return str(value).lower() if isinstance(value, bool) else str(value)
