# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the API descriptions leave open what the platforms do: each such point is a switch of the world file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

KEYSTORE_DELETIONS = ("null_entry", "empty_object", "empty_value")


def _switch(default: Any, others: Sequence[Any], about: str) -> Any:
    return field(default=default, metadata={"values": (default, *others), "about": about})


@dataclass(frozen=True)
class Switches:
    """What the platforms of a world do where nobody can know."""

    absent_trust_list: str = _switch("empties", ["keeps"], "what an update does to a trust list that it leaves out")
    empty_trust_list: str = _switch("absent", ["null", "empty"], "how a trust list without entries reads")
    trust_change_restarts: bool = _switch(False, [True], "a changed trust restarts the nodes")
    unchanged_update_starts_plan: bool = _switch(True, [False], "an update with the present plan starts a plan")
    update_during_plan: int = _switch(422, [409, 400], "status of an update while a plan is pending")
    version_conflict: int = _switch(409, [412], "status of an update against an older version")
    keystore_delete: tuple[str, ...] = field(
        default=KEYSTORE_DELETIONS,
        metadata={"about": 'spellings that remove a keystore entry: null, {}, {"value": ""}; the others are taken and change nothing'},
    )
    keystore_change_starts_plan: bool = _switch(False, [True], "a changed keystore reaches the nodes by a plan")
    keystore_value: str = _switch("absent", ["null", "object"], "how the value of a keystore entry reads")
    retry_after: bool = _switch(True, [False], "429 of the rate limit comes with Retry-After")
    handling_instance: bool = _switch(True, [False], "answers of Elasticsearch come with x-found-handling-instance")
    organization_id: bool = _switch(True, [False], "deployments on ECH show their organization_id")
    proxy_chain_root: bool = _switch(True, [False], "the certificate chain of the ECE proxies ends with the root")


def parse(given: Mapping[str, Any]) -> Switches:
    """Switches from the world file. Raises ValueError."""
    known = {switch.name: switch for switch in fields(Switches)}
    # YAML takes a bare null for nothing.
    values = {name: "null" if value is None else value for name, value in given.items()}
    for name, value in values.items():
        if name not in known:
            raise ValueError(f"unknown {name}; known are {', '.join(known)}")
        if name == "keystore_delete":
            if not isinstance(value, list) or any(item not in KEYSTORE_DELETIONS for item in value):
                raise ValueError(f"{name} must be a list of {', '.join(KEYSTORE_DELETIONS)}")
        # True is also 1, and false is also 0.
        elif not any(value == allowed and type(value) is type(allowed) for allowed in known[name].metadata["values"]):
            raise ValueError(f"{name} must be one of {_spelled(known[name].metadata['values'])}")
    return Switches(**{name: tuple(value) if isinstance(value, list) else value for name, value in values.items()})


def describe() -> Iterator[tuple[str, str, str]]:
    """Yields name, possible values (the default first) and meaning of each switch."""
    for switch in fields(Switches):
        values = _spelled(switch.metadata["values"]) if "values" in switch.metadata else f"[{', '.join(KEYSTORE_DELETIONS)}]"
        yield switch.name, values, switch.metadata["about"]


def _spelled(values: Sequence[Any]) -> str:
    return " | ".join(str(value).lower() for value in values)
