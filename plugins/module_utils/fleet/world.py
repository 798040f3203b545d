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
from ..model.errors import Refused
from ..model.filters import Ruleset
from ..model.versions import Version, can_name_key_in_use, parse


@dataclass(frozen=True)
class Endpoint:
    """How a cluster is reached. url: of its API. address: host:port of its remote cluster server. server_name: what the certificate
    there must name, "" where it is the host of the address. nodes: how many nodes answer requests.
    """

    url: str
    address: str
    server_name: str = ""
    nodes: int = 1


@dataclass(frozen=True)
class ClusterView:
    """One cluster. settings, keystore and followers are read where it is local in a link, keys where it is remote, roles where links have
    some there.

    deployment: what its platform knows of it, None where it is self-managed. settings: persistent cluster settings, flat.
    keystore: names of secure settings, None where nothing tells. keys: all keys with our mark.
    unloaded: aliases with settings for which a node of a self-managed cluster has no credential loaded.
    roles: the roles that links name, None where there is none. followers: what follows an index through an alias, by alias; read
    before a link is removed.
    """

    endpoint: Endpoint
    uuid: str
    number: str
    deployment: Deployment | None = None
    settings: dict = field(default_factory=dict)
    keystore: tuple[str, ...] | None = ()
    unloaded: tuple[str, ...] = ()
    keys: tuple[keys.Key, ...] = ()
    roles: dict = field(default_factory=dict)
    followers: dict = field(default_factory=dict)

    @property
    def version(self) -> Version:
        return parse(self.number)

    @property
    def hosted(self) -> Deployment:
        """The deployment, for what only a platform can do."""
        if self.deployment is None:
            raise Refused("the cluster is self-managed: it has no deployment")
        return self.deployment


@dataclass(frozen=True)
class Use:
    """What an alias was seen to use.

    nodes: node that answered -> id of the key it uses, None where it did not tell. errors: node -> what it said was wrong.
    foreign: ids that are valid without being ours. connecting: nodes that had lost the connection and did not tell why.
    """

    nodes: dict
    errors: dict = field(default_factory=dict)
    foreign: tuple[str, ...] = ()
    connecting: tuple[str, ...] = ()


@dataclass(frozen=True)
class World:
    """now_ms: when this was seen. failures: what could not be seen of a cluster, as a text by its name. uses: by link id.

    authorities: by link id, the private CAs (PEM) that the local cluster needs for the certificate of the remote.
    link_failures: by link id, what could not be seen though its clusters were. rulesets: traffic filters by platform.
    accounts: by local cluster, the trust in its own organization where it is declared and was never set.
    organizations: by cluster of a link without keys, its own organization or environment, see ``operations.trust.organization``.
    node_authorities: by cluster of such a link between platforms, the CAs (PEM) of its nodes.
    relationships: by platform of such a link, the ids of the trust relationships that it has, by environment id.
    """

    now_ms: int
    clusters: Mapping[str, ClusterView]
    failures: Mapping[str, str]
    uses: Mapping[str, Use] = field(default_factory=dict)
    authorities: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    link_failures: Mapping[str, str] = field(default_factory=dict)
    rulesets: Mapping[str, tuple[Ruleset, ...]] = field(default_factory=dict)
    accounts: Mapping[str, list[dict]] = field(default_factory=dict)
    organizations: Mapping[str, dict] = field(default_factory=dict)
    node_authorities: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    relationships: Mapping[str, dict[str, str]] = field(default_factory=dict)

    def problem(self, link: Link) -> str:
        """Why nothing can be done for a link, "" when all that it needs was seen."""
        unseen = (self.failures[name] for name in (link.local, link.remote) if name in self.failures)
        return next(unseen, self.link_failures.get(link.id, ""))

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
            entry=None if local.keystore is None else credential_setting(link.alias) in local.keystore,
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
        authorities={name: tuple(pems) for name, pems in data["authorities"].items()},
        link_failures=dict(data["link_failures"]),
        rulesets={name: tuple(_ruleset(item) for item in items) for name, items in data["rulesets"].items()},
        accounts=dict(data["accounts"]),
        organizations=dict(data["organizations"]),
        node_authorities={name: tuple(pems) for name, pems in data["node_authorities"].items()},
        relationships={name: dict(found) for name, found in data["relationships"].items()},
        uses={name: _use(use) for name, use in data["uses"].items()},
    )


def _use(item: Mapping[str, Any]) -> Use:
    return Use(dict(item["nodes"]), dict(item["errors"]), tuple(item["foreign"]), tuple(item["connecting"]))


def _ruleset(item: Mapping[str, Any]) -> Ruleset:
    return Ruleset(**{**item, "rules": tuple(item["rules"]), "associations": tuple(item["associations"])})


def _cluster(view: Mapping[str, Any]) -> ClusterView:
    deployment = view["deployment"]
    return ClusterView(
        **{
            **view,
            "endpoint": Endpoint(**view["endpoint"]),
            "deployment": Deployment(**{**deployment, "instances": tuple(deployment["instances"])}) if deployment else None,
            "keystore": None if view["keystore"] is None else tuple(view["keystore"]),
            "unloaded": tuple(view["unloaded"]),
            "keys": tuple(keys.Key(**key) for key in view["keys"]),
        }
    )
