# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the API descriptions leave open what the platforms do: each such point is a switch, in the world file and while it runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

KEYSTORE_DELETIONS = ("null_entry", "empty_object", "empty_value")


def _about(about: str, *values: Any) -> dict[str, Any]:
    return {"values": values, "about": about}


@dataclass
class Switches:
    """What the platforms of a world do where nobody can know. All parts of a mini cloud look at one object."""

    absent_trust_list: str = field(
        default="empties", metadata=_about("what an update does to a trust list that it leaves out", "empties", "keeps")
    )
    empty_trust_list: str = field(default="absent", metadata=_about("how a trust list without entries reads", "absent", "null", "empty"))
    default_trust: str = field(
        default="shown", metadata=_about("whether the trust of a deployment reads before anybody has set it", "shown", "hidden")
    )
    known_certificate: str = field(
        default="takes_uid",
        metadata=_about(
            "what becomes of a new trust without uid for a certificate that another deployment trusts", "takes_uid", "is_refused"
        ),
    )
    trust_change_restarts: bool = field(default=False, metadata=_about("a changed trust restarts the nodes", False, True))
    unchanged_update_starts_plan: bool = field(default=True, metadata=_about("an update with the present plan starts a plan", True, False))
    update_during_plan: int = field(default=422, metadata=_about("status of an update while a plan is pending", 422, 409, 400))
    version_conflict: int = field(default=409, metadata=_about("status of an update against an older version", 409, 412))
    keystore_delete: tuple[str, ...] = field(
        default=KEYSTORE_DELETIONS,
        metadata={"about": 'spellings that remove a keystore entry: null, {}, {"value": ""}; the others are taken and change nothing'},
    )
    keystore_change_starts_plan: bool = field(default=False, metadata=_about("a changed keystore reaches the nodes by a plan", False, True))
    keystore_value: str = field(default="absent", metadata=_about("how the value of a keystore entry reads", "absent", "null", "object"))
    missing_ruleset: int = field(default=403, metadata=_about("status on ECH for a rule set that does not exist; ECE says 404", 403, 404))
    associated_ruleset: int = field(
        default=409, metadata=_about("status when a rule set is to be deleted that is associated", 409, 400, 500)
    )
    empty_rule_text: str = field(
        default="absent", metadata=_about("how an empty text of a rule or rule set reads", "absent", "null", "empty")
    )
    retry_after: bool = field(default=True, metadata=_about("429 of the rate limit comes with Retry-After", True, False))
    handling_instance: bool = field(
        default=True, metadata=_about("answers of Elasticsearch come with x-found-handling-instance", True, False)
    )
    organization_id: bool = field(default=True, metadata=_about("deployments on ECH show their organization_id", True, False))
    proxy_chain_root: bool = field(
        default=True, metadata=_about("the certificate chain of the ECE proxies ends with the root", True, False)
    )

    def become(self, other: Switches) -> None:
        """Take over all values."""
        for switch in fields(self):
            setattr(self, switch.name, getattr(other, switch.name))


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


def values() -> dict[str, tuple[Any, ...]]:
    """The possible values of each switch, the default first; of a list all, and each member alone."""
    return {switch.name: switch.metadata.get("values") or (KEYSTORE_DELETIONS, *zip(KEYSTORE_DELETIONS)) for switch in fields(Switches)}


def describe() -> Iterator[tuple[str, str, str]]:
    """Yields name, possible values (the default first) and meaning of each switch."""
    for switch in fields(Switches):
        values = _spelled(switch.metadata["values"]) if "values" in switch.metadata else f"[{', '.join(KEYSTORE_DELETIONS)}]"
        yield switch.name, values, switch.metadata["about"]


def _spelled(values: Sequence[Any]) -> str:
    return " | ".join(str(value).lower() for value in values)
