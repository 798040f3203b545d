# SPDX-License-Identifier: GPL-3.0-or-later
"""What the messages of Elasticsearch and of the platforms mean for a link, and what helps.

https://www.elastic.co/docs/troubleshoot/elasticsearch/remote-clusters
"""

from __future__ import annotations

import re
from typing import NamedTuple


class Diagnosis(NamedTuple):
    """cause: what is wrong and on which side. remedy: what to do."""

    cause: str
    remedy: str


class _Hint(NamedTuple):
    pattern: re.Pattern
    diagnosis: Diagnosis


def _hint(pattern: str, cause: str, remedy: str) -> _Hint:
    return _Hint(re.compile(pattern, re.DOTALL), Diagnosis(cause, remedy))


_HINTS = (
    _hint(
        r"advanced-remote-cluster-security",
        "the licence does not cover cross-cluster API keys",
        "install an Enterprise licence (or start a trial) on both clusters, or use security_model certificate",
    ),
    _hint(
        r"An API key cannot be used to create|only the owner user can update|authentication via API key not supported",
        "Elasticsearch was called with an API key, but cross-cluster API keys can only be made by a user",
        "give username and password of a user with manage_security",
    ),
    _hint(
        r"no remote indices privileges apply",
        "the user has no remote_indices privilege for this alias on the local cluster",
        "give the user a role with remote_indices for the alias (option roles)",
    ),
    _hint(
        r"towards remote cluster.* is unauthorized for user \[.*authenticated by API key id",
        "the cross-cluster API key, or the user's role, does not cover what was asked for",
        "extend remote_indices of the role on the local cluster first; if that is right, extend access of the link",
    ),
    _hint(
        r"authentication expected API key type of \[cross_cluster\]",
        "the credential on the local cluster is an ordinary API key, not a cross-cluster one",
        "run the links again with adopt: true, so that the credential is replaced",
    ),
    _hint(
        r"invalid (?:cross-cluster API key|ApiKey) value|error attempting to authenticate request",
        "the credential on the local cluster is damaged: it is no encoded API key",
        "remove it from the keystore and run the links again, so that it is replaced",
    ),
    _hint(
        r"unable to authenticate user \[[^\]]*\] for REST request|missing authentication credentials for REST request",
        "user name or password for Elasticsearch are wrong",
        "check username and password; a Cloud API key gives no access to Elasticsearch",
    ),
    _hint(
        r"unable to authenticate user|has been invalidated|API key.*(?:expired|invalidated)|unable to find apikey",
        "the cross-cluster API key that the local cluster uses is revoked, expired or unknown on the remote cluster",
        "run the links again: the key is replaced",
    ),
    _hint(
        r"_cross_cluster_access_credentials\] but none found",
        "the local cluster has no credential for the alias loaded, so it uses the certificate model",
        "check that cluster.remote.<alias>.credentials is in the keystore of every node and reload the secure settings",
    ),
    _hint(
        r"requires channel profile to be \[_remote_cluster\]|remote_cluster/handshake\].*anonymous|missing authentication credentials for "
        r"action \[cluster:internal/remote_cluster/handshake\]|bad_certificate",
        "the alias points to the transport port of the remote cluster",
        "use the remote cluster server port, 9443",
    ),
    _hint(
        r"PKIX path|unable to find valid certification path|failed to establish trust|certificate_unknown",
        "the local cluster does not trust the certificate of the remote cluster",
        "give the CA of the remote in the option ca of the link, or correct server_name",
    ),
    _hint(
        r"no_such_remote_cluster|no such remote cluster",
        "the local cluster knows the alias but has no connection",
        "check proxy_address, port 9443 and the network between both clusters",
    ),
    _hint(
        r"Request timed out before receiving a response",
        "the remote cluster did not answer in time",
        "check the network and the load of the remote cluster",
    ),
    _hint(
        r"is unauthorized for user",
        "the user lacks a privilege",
        "use a user with manage and manage_security, for example elastic",
    ),
    _hint(
        r"requires certificate identity matching|does not match API Key certificate identity",
        "the key demands a signed identity of the local cluster",
        "set cluster.remote.<alias>.signing.* on the local cluster",
    ),
)

UNREACHABLE = Diagnosis(
    "the local cluster cannot connect to the remote cluster",
    "check first that ids in network filters and trust are complete and right, since nothing verifies them; then that the remote is up, "
    "that its address can be reached from the local cluster, that network filters admit it, and that its certificate is trusted; the log "
    "of the local cluster has the reason",
)


def explain(message: str) -> Diagnosis | None:
    """The meaning of a server's message, None when it is not known."""
    return next((hint.diagnosis for hint in _HINTS if hint.pattern.search(message or "")), None)
