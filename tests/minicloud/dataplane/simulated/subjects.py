# SPDX-License-Identifier: GPL-3.0-or-later
"""Who calls, and what that user may do in the cluster itself."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from minicloud.dataplane.simulated.cluster import ApiKey, Cluster, User
from minicloud.dataplane.simulated.errors import ElasticsearchError, unauthenticated, unauthorized
from minicloud.dataplane.simulated.patterns import covers

SUPERUSER = "superuser"
_ANONYMOUS = "unable to authenticate with provided credentials and anonymous access is not allowed for this request"
_IMPLIED = {
    "manage": ("monitor",),
    "manage_security": ("read_security", "manage_api_key", "manage_own_api_key"),
    "manage_api_key": ("manage_own_api_key",),
}

# What grants an action, as refusals list it.
CLUSTER_ACTIONS: Mapping[str, Sequence[str]] = {
    "cluster:monitor/main": ("monitor", "manage", "all"),
    "cluster:monitor/health": ("monitor", "manage", "all"),
    "cluster:monitor/nodes/info": ("monitor", "manage", "all"),
    "cluster:monitor/settings": ("monitor", "manage", "all"),
    "cluster:monitor/remote/info": ("monitor", "manage", "all"),
    "cluster:monitor/xpack/license/get": ("monitor", "manage", "all"),
    "cluster:monitor/ccr/follow_info": ("monitor", "manage", "all"),
    "cluster:admin/xpack/ccr/auto_follow_pattern/get": ("manage_ccr", "manage", "all"),
    "cluster:admin/xpack/ccr/auto_follow_pattern/put": ("manage_ccr", "manage", "all"),
    "cluster:admin/xpack/ccr/auto_follow_pattern/delete": ("manage_ccr", "manage", "all"),
    "cluster:admin/xpack/ccr/pause_follow": ("manage_ccr", "manage", "all"),
    "cluster:admin/settings/update": ("manage", "all"),
    "cluster:admin/nodes/reload_secure_settings": ("manage", "all"),
    "cluster:admin/xpack/security/remote_cluster_credentials/reload": ("manage_security", "all"),
    "cluster:admin/xpack/security/cross_cluster/api_key/create": ("manage_security", "all"),
    "cluster:admin/xpack/security/cross_cluster/api_key/update": ("manage_security", "all"),
    "cluster:admin/xpack/security/api_key/create": ("manage_own_api_key", "manage_api_key", "manage_security", "all"),
    "cluster:admin/xpack/security/api_key/get": ("read_security", "manage_api_key", "manage_security", "all"),
    "cluster:admin/xpack/security/api_key/query": ("manage_own_api_key", "read_security", "manage_api_key", "manage_security", "all"),
    "cluster:admin/xpack/security/api_key/invalidate": ("manage_api_key", "manage_security", "all"),
    "cluster:admin/xpack/security/role/get": ("read_security", "manage_security", "all"),
    "cluster:admin/xpack/security/role/put": ("manage_security", "all"),
    "cluster:admin/xpack/security/role/delete": ("manage_security", "all"),
    "cluster:admin/xpack/security/user/get": ("read_security", "manage_security", "all"),
    "cluster:admin/xpack/security/user/put": ("manage_security", "all"),
    "cluster:admin/xpack/security/user/delete": ("manage_security", "all"),
}
# Any user may do these.
_FREE = frozenset({"cluster:admin/xpack/security/user/authenticate", "cluster:admin/xpack/security/user/has_privileges"})


@dataclass(frozen=True)
class Subject:
    """An authenticated caller. `realm` is the one that knows the user, `login_realm` that of the user who logged in.

    `refused_run_as` is the user whom the caller asked to be and may not be: every action is refused then, not the login.
    """

    username: str
    roles: tuple[str, ...]
    realm: str
    realm_type: str
    login_realm: tuple[str, str]
    user: User
    api_key: ApiKey | None = None
    refused_run_as: str | None = None
    definitions: Mapping[str, Mapping[str, Any]] = field(default_factory=dict, repr=False)

    @property
    def is_superuser(self) -> bool:
        return SUPERUSER in self.roles

    def has(self, privilege: str) -> bool:
        """Whether a cluster privilege is granted."""
        return self.is_superuser or any(
            have in (privilege, "all") or privilege in _IMPLIED.get(have, ())
            for definition in self.definitions.values()
            for have in definition.get("cluster", ())
        )

    def entries(self, kind: str) -> list[Mapping[str, Any]]:
        """The entries of all roles under `indices`, `remote_indices` or `remote_cluster`."""
        return [entry for definition in self.definitions.values() for entry in definition.get(kind, ())]

    def may(self, action: str) -> None:
        """Raises ElasticsearchError unless the action on the cluster is allowed."""
        refused = f"action [{action}] is unauthorized for user [{self.username}] with effective roles [{','.join(self.roles)}]"
        if self.refused_run_as is not None:
            raise unauthorized(f"{refused}, because user [{self.username}] is unauthorized to run as [{self.refused_run_as}]")
        if action in _FREE:
            return
        privileges = CLUSTER_ACTIONS[action]
        if not any(self.has(privilege) for privilege in privileges):
            raise unauthorized(f"{refused}, this action is granted by the cluster privileges [{','.join(privileges)}]")


def authenticate(cluster: Cluster, headers: Mapping[str, str], path: str) -> Subject:
    """The caller that the headers name. Raises ElasticsearchError."""
    scheme, _space, credentials = headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "basic":
        subject = _user(cluster, credentials, path)
    elif scheme.lower() == "apikey":
        subject = _key(cluster, credentials)
    elif scheme:
        raise unauthenticated(_ANONYMOUS, "oauth2 token: invalid token")
    else:
        raise unauthenticated(f"missing authentication credentials for REST request [{path}]")
    run_as = headers.get("es-security-runas-user")
    return _running_as(cluster, subject, run_as) if run_as else subject


def _user(cluster: Cluster, credentials: str, path: str) -> Subject:
    try:
        username, _colon, password = base64.b64decode(credentials, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise unauthenticated(f"missing authentication credentials for REST request [{path}]") from error
    subject = _find(cluster, username)
    if subject is None or subject.user.password != password or not subject.user.enabled:
        raise unauthenticated(f"unable to authenticate user [{username}] for REST request [{path}]")
    return subject


def _find(cluster: Cluster, username: str) -> Subject | None:
    if username == "elastic":
        reserved = User(cluster.deployment.password, [SUPERUSER], metadata={"_reserved": True})
        return Subject(username, (SUPERUSER,), "reserved", "reserved", ("reserved", "reserved"), reserved)
    user = cluster.users.get(username)
    if user is None:
        return None
    definitions = {role: cluster.roles[role] for role in user.roles if role in cluster.roles}
    realm = ("default_native", "native")
    return Subject(username, tuple(user.roles), *realm, realm, user, definitions=definitions)


def _running_as(cluster: Cluster, subject: Subject, name: str) -> Subject:
    allowed = subject.is_superuser or any(covers(role.get("run_as", ()), name) for role in subject.definitions.values())
    target = _find(cluster, name)
    if not allowed or target is None:
        return replace(subject, refused_run_as=name)
    return replace(target, login_realm=subject.login_realm)


def _key(cluster: Cluster, credentials: str) -> Subject:
    key_id, secret = split_key(credentials)
    if not key_id:
        raise unauthenticated(_ANONYMOUS, "API key: invalid ApiKey value")
    key = cluster.keys.get(key_id)
    if key is None or key.secret != secret:
        problem = f"invalid credentials for API key [{key_id}]" if key else f"unable to find apikey with id {key_id}"
        raise unauthenticated(_ANONYMOUS, f"API key: {problem}")
    if key.type != "rest":
        raise unauthenticated(wrong_type("rest", key))
    if not key.is_valid:
        raise unauthenticated(_ANONYMOUS, f"API key: {invalidity(key)}")
    owner = _find(cluster, key.owner)
    if owner is None:
        raise unauthenticated(_ANONYMOUS)
    # Without role descriptors of its own a key may do what its owner may do.
    return replace(owner, api_key=key, login_realm=("_es_api_key", "_es_api_key"), realm="_es_api_key", realm_type="_es_api_key")


def split_key(encoded: str) -> tuple[str, str]:
    """Id and secret of an encoded API key, empty when it is none."""
    try:
        key_id, _colon, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return (key_id, secret) if secret else ("", "")


def invalidity(key: ApiKey) -> str:
    return f"api key [{key.id}] has been invalidated" if key.invalidation is not None else "api key is expired"


def wrong_type(expected: str, key: ApiKey) -> str:
    return f"authentication expected API key type of [{expected}], but API key [{key.id}] has type [{key.type}]"


def described(subject: Subject) -> dict[str, Any]:
    """The answer of ``_security/_authenticate``."""
    name, kind = subject.login_realm
    lookup = (subject.realm, subject.realm_type)
    key = subject.api_key
    return {
        "username": subject.username,
        "roles": [] if key else list(subject.roles),
        "full_name": subject.user.full_name,
        "email": subject.user.email,
        "metadata": subject.user.metadata,
        "enabled": subject.user.enabled,
        "authentication_realm": {"name": name, "type": kind},
        "lookup_realm": {"name": lookup[0], "type": lookup[1]},
        "authentication_type": "api_key" if key else "realm",
        **({"api_key": {"id": key.id, "name": key.name}} if key else {}),
    }


def refuse_api_key(subject: Subject, why: str) -> None:
    """Raises ElasticsearchError when the caller is an API key."""
    if subject.api_key is not None:
        raise ElasticsearchError(400, "illegal_argument_exception", f"authentication via API key not supported: {why}")
