# SPDX-License-Identifier: GPL-3.0-or-later
"""What was seen of all clusters and links, once: the ground for the plan. Plain data without any secret, so it can be handed on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from ..model import access, keys
from ..model.aliases import credential_setting
from ..model.declaration import Link
from ..model.deployment import Deployment
from ..model.versions import Version, can_name_key_in_use, parse


@dataclass(frozen=True)
class ClusterView:
    """One cluster. settings, keystore and roles are read where it is local in a link, keys where it is remote.

    settings: persistent cluster settings, flat. keystore: names of secure settings. keys: all keys with our mark.
    roles: the roles that links name, None where there is none.
    """

    deployment: Deployment
    uuid: str
    number: str
    settings: dict = field(default_factory=dict)
    keystore: tuple[str, ...] = ()
    keys: tuple[keys.Key, ...] = ()
    roles: dict = field(default_factory=dict)

    @property
    def version(self) -> Version:
        return parse(self.number)


@dataclass(frozen=True)
class Use:
    """What an alias was seen to use.

    nodes: node that answered -> id of the key it uses, None where it did not tell. errors: node -> what it said was wrong.
    foreign: ids that are valid without being ours.
    """

    nodes: dict
    errors: dict = field(default_factory=dict)
    foreign: tuple[str, ...] = ()


@dataclass(frozen=True)
class World:
    """now_ms: when this was seen. failures: what could not be seen of a cluster, as a text by its name. uses: by link id."""

    now_ms: int
    clusters: Mapping[str, ClusterView]
    failures: Mapping[str, str]
    uses: Mapping[str, Use] = field(default_factory=dict)

    def problem(self, link: Link) -> str:
        """Why nothing can be done for a link, "" when its clusters were seen."""
        return next((self.failures[name] for name in (link.local, link.remote) if name in self.failures), "")

    def keys_of(self, link: Link) -> tuple[keys.Key, ...]:
        """The keys on the remote that carry the mark of a link, invalid ones included."""
        name = keys.link_id(self.clusters[link.local].uuid, link.alias)
        return tuple(key for key in self.clusters[link.remote].keys if key.metadata.get("link") == name)

    def evidence(self, link: Link) -> keys.Evidence:
        """What is known of the credential of a link."""
        local = self.clusters[link.local]
        use = self.uses.get(link.id, Use({}))
        return keys.Evidence(
            ours=self.keys_of(link),
            in_use=tuple(use.nodes.values()),
            entry=credential_setting(link.alias) in local.keystore,
            observable=can_name_key_in_use(local.version) and access.index_outside(link.access) is not None,
            now_ms=self.now_ms,
            foreign=use.foreign,
        )

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def from_dict(data: Mapping[str, Any]) -> World:
    """The world as ``as_dict`` wrote it, even if it went through JSON."""
    return World(
        now_ms=data["now_ms"],
        clusters={name: _cluster(view) for name, view in data["clusters"].items()},
        failures=dict(data["failures"]),
        uses={name: Use(dict(use["nodes"]), dict(use["errors"]), tuple(use["foreign"])) for name, use in data["uses"].items()},
    )


def _cluster(view: Mapping[str, Any]) -> ClusterView:
    deployment = {**view["deployment"], "instances": tuple(view["deployment"]["instances"])}
    return ClusterView(
        **{
            **view,
            "deployment": Deployment(**deployment),
            "keystore": tuple(view["keystore"]),
            "keys": tuple(keys.Key(**key) for key in view["keys"]),
        }
    )
