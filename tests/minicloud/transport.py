# SPDX-License-Identifier: GPL-3.0-or-later
"""Which other nodes a node talks to with certificates: the CAs that may have signed theirs, and the names that may stand in them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

ANY = "*"


@dataclass(frozen=True)
class TransportTrust:
    """`authorities` are CA certificates (PEM), `subjects` patterns in which an asterisk stands for any text."""

    authorities: tuple[str, ...]
    subjects: tuple[str, ...]

    def accepts(self, authority: str, subject: str) -> bool:
        """Whether a node with this name, in a certificate that this CA has signed, may talk to the nodes that trust so."""
        return authority in self.authorities and any(fnmatchcase(subject, pattern) for pattern in self.subjects)


def subject(node: str, cluster_id: str, scope_id: str) -> str:
    """The name of nodes in their certificates, or a pattern for those of several."""
    return f"{node}.node.{cluster_id}.cluster.{scope_id}.account"


def trust_of(
    cluster_id: str,
    scope_id: str,
    organizations: Mapping[str, Sequence[str]],
    relationships: Mapping[str, Mapping[str, Any]],
    lists: Mapping[str, Sequence[Mapping[str, Any]]],
) -> TransportTrust:
    """What the nodes of a cluster trust by its trust settings, and themselves always.

    `organizations` are the CAs (PEM) of those organizations and environments that the platform knows, by their id; `relationships`
    those with other environments, by theirs.
    """
    known = [(entry["account_id"], entry, organizations.get(entry["account_id"], ())) for entry in lists["accounts"]]
    foreign = [
        (entry.get("scope_id", ""), entry, [certificate["pem"] for certificate in entry["certificates"]])
        for entry in lists["direct"]
        if entry["type"] != "proxy"
    ]
    related = [
        (account_id, entry, [relationship["public_ca_cert"]])
        for entry in lists["external"]
        for relationship in [relationships.get(entry["trust_relationship_id"], {"account_ids": ()})]
        for account_id in relationship["account_ids"]
    ]
    authorities, subjects = list(organizations[scope_id]), [subject(ANY, cluster_id, scope_id)]
    for scope, entry, pems in [*known, *related, *foreign]:
        patterns = list(_patterns(scope, entry))
        subjects += patterns
        authorities += pems if patterns else ()
    return TransportTrust(tuple(dict.fromkeys(authorities)), tuple(dict.fromkeys(subjects)))


def _patterns(scope_id: str, entry: Mapping[str, Any]) -> Iterable[str]:
    if entry["trust_all"]:
        yield subject(ANY, ANY, scope_id)
    else:
        yield from (subject(ANY, cluster_id, scope_id) for cluster_id in entry.get("trust_allowlist", ()))
    yield from entry.get("additional_node_names", ())
