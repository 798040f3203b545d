# SPDX-License-Identifier: GPL-3.0-or-later
"""Which private CAs a local cluster needs for the certificates of its remotes: those that links name, else what platforms tell."""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import Any, NamedTuple

from ..api.tls import system_authorities
from ..model import aliases, remote
from ..model.declaration import ABSENT, API_KEY, Declaration, Link
from ..model.errors import CrossClusterError, InvalidDeclaration, Refused
from ..model.platforms import ECE, SELF_MANAGED
from ..operations import platform_certificate
from ..pki import authorities, names
from .connections import Connections
from .pool import Pool
from .world import World


def named(declaration: Declaration) -> dict[str, tuple[str, ...]]:
    """The CAs that links name, by link id, as PEM; raises InvalidDeclaration with all problems at once. Reads files only."""
    found: dict[str, tuple[str, ...]] = {}
    problems: list[str] = []
    for link in declaration.links:
        try:
            gathered = authorities.gather(link.ca_certificates, link.ca_password, option="ca_certificates")
            found[link.id] = tuple(authority.pem for authority in gathered)
        except InvalidDeclaration as error:
            problems += [f"link {link}: {text}" for text in error.problems]
    if problems:
        raise InvalidDeclaration(problems)
    return found


def wanted(
    declaration: Declaration, connections: Connections, pool: Pool, given: Mapping[str, tuple[str, ...]], world: World
) -> tuple[dict[str, tuple[str, ...]], dict[str, CrossClusterError]]:
    """The CAs by link id, and why they are not known of some links. A platform is asked once. given: see ``named``."""
    unknown_to_us = [link for link in declaration.links if link.security_model == API_KEY and not given[link.id]]
    asking = [link for link in unknown_to_us if not world.problem(link) and _on_platform(link, declaration)]
    platform_of = {link.id: declaration.clusters[link.remote].platform for link in asking}
    proxies, unknown = pool.each(platform_of.values(), lambda name: _proxies(connections, name))
    found: dict[str, tuple[str, ...]] = dict(given)
    failures: dict[str, CrossClusterError] = {}
    for link in asking:
        platform = platform_of[link.id]
        address = link.proxy_address or world.clusters[link.remote].endpoint.address
        name = link.server_name or world.clusters[link.remote].endpoint.server_name
        if platform in unknown:
            failures[link.id] = _explained(link, unknown[platform])
        elif not any(names.covers(proxies[platform].certificate, each) for each in (name, address.rpartition(":")[0])):
            # A node takes a certificate for the name that it sends, or for the host that it dials.
            failures[link.id] = _not_named(link, name)
        else:
            found[link.id] = proxies[platform].roots
    return found, failures


def for_nodes(declaration: Declaration, world: World, failed: Container[str]) -> list[dict[str, Any]]:
    """What nodes of self-managed local clusters are to trust: {cluster, certificates, others}. failed: link ids.

    others: aliases that may need another private CA, which only the nodes know. Where links are made, a cluster without a private CA is
    left alone; where they are taken away, none but those of others is needed any more.
    """
    own = dict.fromkeys(link.local for link in declaration.links if declaration.self_managed(link.local) and link.local in world.clusters)
    wanted = [
        {"cluster": name, "certificates": _certificates(name, declaration, world), "others": _others(name, declaration, world, failed)}
        for name in own
    ]
    return [entry for entry in wanted if entry["certificates"] or declaration.state == ABSENT]


def _certificates(name: str, declaration: Declaration, world: World) -> list[str]:
    return list(dict.fromkeys(pem for link in declaration.links if link.local == name for pem in world.authorities.get(link.id, ())))


def _others(name: str, declaration: Declaration, world: World, failed: Container[str]) -> list[str]:
    """The aliases of a cluster whose CA these links do not tell, by its settings and its keystore, which has those of elasticsearch.yml."""
    view = world.clusters[name]
    told = {link.alias for link in declaration.links if link.local == name and link.id not in failed and _told(link, declaration, world)}
    return sorted({*remote.aliases(view.settings), *aliases.with_credentials(view.keystore or ())} - told)


def _told(link: Link, declaration: Declaration, world: World) -> bool:
    """Whether it is known who signed the certificate of the remote. A CA that no link names may have been put on nodes by hand."""
    own_remote = declaration.platform_of(link.remote).type == SELF_MANAGED
    return declaration.state == ABSENT or bool(world.authorities.get(link.id)) or link.ca == "public" or not own_remote


def _on_platform(link: Link, declaration: Declaration) -> bool:
    """Whether the platform of the remote tells who signed the certificate of its proxies; on Elastic Cloud Hosted it is public."""
    return link.ca != "public" and declaration.platform_of(link.remote).type == ECE


class _Proxies(NamedTuple):
    """What the proxies of a platform show. certificate: their own. roots: the CA to trust, () when every system trusts it anyway."""

    certificate: str
    roots: tuple[str, ...]


def _proxies(connections: Connections, platform: str) -> _Proxies:
    chain = platform_certificate.observe(connections.cloud(platform))
    if authorities.publicly_trusted(chain, system_authorities()):
        return _Proxies(chain[0], ())
    return _Proxies(chain[0], (authorities.root_of(chain).pem,))


def _explained(link: Link, error: CrossClusterError) -> Refused:
    return Refused(
        f"link {link}: the CA of the remote's proxies cannot be found out ({error.message})",
        "set ca: public where a public CA signed their certificate, or give the private one in ca_certificates",
    )


def _not_named(link: Link, name: str) -> Refused:
    return Refused(
        f"link {link}: the certificate of the remote's proxies does not name {name}, so no connection to it will be trusted",
        "set server_name to a name that it has, or have the certificate made for the endpoints of the platform",
    )
