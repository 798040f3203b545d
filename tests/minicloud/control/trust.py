# SPDX-License-Identifier: GPL-3.0-or-later
"""Trust settings of deployments: what an update makes of them, and what an account trusts altogether."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from secrets import token_hex
from typing import Any

from minicloud import tls
from minicloud.control import views
from minicloud.control.call import Answer, Call
from minicloud.control.errors import bad_request
from minicloud.control.state import Deployment, Tenant

Entry = dict[str, Any]

_DIRECT_TYPES = ("ECE", "ESS", "generic", "proxy")
_NOT_FOR_PROXY = ("trust_allowlist", "scope_id", "additional_node_names")
_KEYS = {"accounts": "account_id", "external": "trust_relationship_id", "direct": "uid"}


async def list_environments(call: Call) -> Answer:
    """What the deployments of an account trust, each account and environment once."""
    every = [deployment.trust for deployment in call.tenant.deployments.values()]
    union = {name: list({entry[key]: entry for trust in every for entry in trust[name]}.values()) for name, key in _KEYS.items()}
    return Answer(views.trust(union, call.tenant.switches))


def after_update(tenant: Tenant, deployment: Deployment, settings: Mapping[str, Any]) -> dict[str, Any]:
    """The trust settings after an update. Lists are replaced as a whole. Raises ApiError."""
    if "trust" not in settings:
        return deployment.trust
    wanted = settings["trust"]
    if wanted is None:
        return tenant.default_trust()
    trust: dict[str, Any] = {name: [_without_nulls(entry) for entry in wanted.get(name) or []] for name in _KEYS}
    trust["direct"] = _identified(tenant, deployment, [_direct(entry) for entry in trust["direct"]])
    if tenant.switches.absent_trust_list == "keeps":
        trust.update((name, deployment.trust[name]) for name in _KEYS if name not in wanted)
    return trust


async def share_certificates(tenant: Tenant, deployment: Deployment) -> None:
    """Update the other deployments that trust the same environments: a uid has the same certificates everywhere in an account."""
    present = {entry["uid"]: entry["certificates"] for entry in deployment.trust["direct"]}
    for other in tenant.deployments.values():
        renewed = [{**entry, "certificates": present.get(entry["uid"], entry["certificates"])} for entry in other.trust["direct"]]
        if other is not deployment and renewed != other.trust["direct"]:
            other.trust = {**other.trust, "direct": renewed}
            other.touch()
            await other.apply_trust()


def _direct(entry: Entry) -> Entry:
    """A direct trust as it is kept, without uid where it has none. Raises ApiError."""
    entry = {"type": "generic", **entry}
    for is_wrong, message in _RULES:
        if is_wrong(entry):
            raise bad_request(message, ["trust.direct"])
    try:
        chains = [tls.split_chain(certificate["pem"]) for certificate in entry["certificates"]]
    except ValueError as error:
        raise bad_request("a certificate is not readable as PEM", ["trust.direct.certificates"]) from error
    return {**entry, "certificates": [{"pem": pem} for chain in chains for pem in chain]}


def _identified(tenant: Tenant, deployment: Deployment, direct: Sequence[Entry]) -> list[Entry]:
    """Entries with uids. Within an account a certificate belongs to one uid. Raises ApiError."""
    known = {pem: uid for other in tenant.deployments.values() if other is not deployment for pem, uid in _owners(other.trust["direct"])}
    if tenant.switches.known_certificate == "takes_uid":
        direct = [{**entry, "uid": entry.get("uid") or _uid_of(entry, known)} for entry in direct]
    entries = [{**entry, "uid": entry.get("uid") or token_hex(16)} for entry in direct]
    for pem, uid in _owners(entries):
        if known.setdefault(pem, uid) != uid:
            raise bad_request(f"a certificate is trusted under uid {known[pem]} already", ["trust.direct.certificates"])
    return entries


def _uid_of(entry: Entry, known: Mapping[str, str]) -> str | None:
    return next((known[certificate["pem"]] for certificate in entry["certificates"] if certificate["pem"] in known), None)


def _owners(direct: Iterable[Entry]) -> Iterator[tuple[str, str]]:
    return ((certificate["pem"], entry["uid"]) for entry in direct for certificate in entry["certificates"])


def _without_nulls(entry: Mapping[str, Any]) -> Entry:
    return {name: value for name, value in entry.items() if value is not None}


_RULES: Sequence[tuple[Callable[[Entry], Any], str]] = (
    (lambda entry: entry["type"] not in _DIRECT_TYPES, f"type must be one of {', '.join(_DIRECT_TYPES)}"),
    (lambda entry: not entry["certificates"], "a direct trust needs a certificate"),
    (
        lambda entry: entry["type"] == "proxy" and (entry["trust_all"] or any(name in entry for name in _NOT_FOR_PROXY)),
        f"a trust of type proxy takes no {', '.join(_NOT_FOR_PROXY)}, and trust_all must be false",
    ),
    (
        lambda entry: (entry["trust_all"] or entry.get("trust_allowlist")) and not entry.get("scope_id"),
        "trust_all and trust_allowlist need a scope_id",
    ),
    (
        lambda entry: entry["type"] != "proxy" and not entry.get("scope_id") and not entry.get("additional_node_names"),
        "without scope_id, additional_node_names are needed",
    ),
    (lambda entry: any("*" in name for name in entry.get("additional_node_names", ())), "additional_node_names takes no wildcards"),
)
