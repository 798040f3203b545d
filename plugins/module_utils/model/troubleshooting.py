# SPDX-License-Identifier: GPL-3.0-or-later
"""What the messages of Elasticsearch and of the platforms mean for a link, and what helps.

https://www.elastic.co/docs/troubleshoot/elasticsearch/remote-clusters
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from . import remote


class Diagnosis(NamedTuple):
    """cause: what is wrong and on which side. remedy: what to do."""

    cause: str
    remedy: str


class _Hint(NamedTuple):
    pattern: re.Pattern
    diagnosis: Diagnosis


def _hint(pattern: str, cause: str, remedy: str) -> _Hint:
    return _Hint(re.compile(pattern, re.DOTALL), Diagnosis(cause, remedy))


TRANSPORT_PORTS = (9300, 9400)
"""Where nodes, and the proxies of the platforms, answer in the certificate model."""

UNREACHABLE = Diagnosis(
    "the local cluster cannot connect to the remote cluster",
    "check first that ids in network filters and trust are complete and right, since nothing verifies them; then that the remote is up, "
    "that its address can be reached from the local cluster, that network filters admit it, and that its certificate is trusted; the log "
    "of the local cluster has the reason",
)
REFUSED_CONNECTION = Diagnosis(
    "nothing at the address of the remote cluster accepts connections of the local cluster",
    "check host and port (9443), that remote_cluster_server.enabled is true on every node of the remote cluster, and the firewalls between",
)
CLOSED_CONNECTION = Diagnosis(
    "the remote side closes connections of the local cluster before any certificate is shown",
    "check first that ids and addresses in the network filters of the remote are complete and right, since nothing verifies them; then "
    "admit the local cluster in them (options network and egress), or in the firewall before the remote",
)
UNREACHABLE_NODES = Diagnosis(
    "the local cluster reaches no node of the remote cluster by mode sniff",
    "check that the seeds and the addresses which the nodes of the remote publish can be reached from the local cluster at port 9443, or "
    "use mode proxy, the only one for a remote behind the proxies of a platform",
)
UNKNOWN_HOST = Diagnosis(
    "the local cluster cannot resolve the host name of the remote cluster",
    "correct proxy_address of the link, or what the nodes of the local cluster resolve names with",
)
UNKNOWN_NAME = Diagnosis(
    "the proxies of the remote's platform know no deployment by the server_name that the local cluster asks for",
    "correct server_name of the link: it is the host of the remote's endpoint",
)
OTHER_NAME = Diagnosis(
    "the certificate of the remote cluster does not name the host that the local cluster asks for",
    "correct server_name of the link, or give the remote a certificate with that name",
)
UNTRUSTED = Diagnosis(
    "the local cluster does not trust the certificate of the remote cluster",
    "give the CA of the remote in the option ca_certificates of the link, or correct server_name",
)
TRANSPORT_PORT = Diagnosis(
    "the alias on the local cluster points to the transport port of the remote cluster",
    "use the remote cluster server port, 9443",
)
LOCAL_DISTRUSTS = Diagnosis(
    "the nodes of the local cluster do not trust the certificates of the remote's nodes",
    "run the links with the step trust; trust that was set a moment ago takes some seconds to reach the nodes",
)
REMOTE_DISTRUSTS = Diagnosis(
    "the nodes of the remote cluster do not trust the certificates of the local's nodes",
    "run the links with the step trust; trust that was set a moment ago takes some seconds to reach the nodes",
)
NOT_LOADED = Diagnosis(
    "the local cluster has no credential for the alias loaded, so it uses the certificate model",
    "put cluster.remote.<alias>.credentials into the keystore of every node of the local cluster and reload the secure settings",
)
DROPPED = Diagnosis(
    "the remote side closed a connection that was open: its node went away, the network drops idle connections, or the key was revoked",
    "let the network keep idle connections (TCP keepalives) and look whether nodes of the remote were restarted",
)
NO_SETTINGS = Diagnosis("the local cluster has no complete settings for the alias", "run the links with the step connection")
UNKNOWN_ALIAS = Diagnosis(
    "the local cluster knows the alias but has no connection",
    "check proxy_address, port 9443 and the network between both clusters",
)
UNEXPLAINED = Diagnosis("the remote cluster refused the call", "see the server's words")

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
        r"unable to authenticate user|has been invalidated|API key.*(?:expired|invalidated)|unable to find apikey|"
        r"invalid credentials for API key",
        "the cross-cluster API key that the local cluster uses is revoked, expired or unknown on the remote cluster",
        "run the links again: the key is replaced",
    ),
    _hint(r"_cross_cluster_access_credentials\] but none found", *NOT_LOADED),
    _hint(
        r"requires channel profile to be \[_remote_cluster\]|remote_cluster/handshake\].*anonymous|missing authentication credentials for "
        r"action \[cluster:internal/remote_cluster/handshake\]|bad_certificate|Empty client certificate chain|"
        r"(?=.*client did not trust this server's certificate).*profile=default",
        *TRANSPORT_PORT,
    ),
    _hint(r"(?=.*failed to establish trust with server).*ssl context \(\[xpack\.security\.transport\.ssl", *NOT_LOADED),
    _hint(r"No subject alternative (?:DNS )?names?|No name matching|does not match the hostname", *OTHER_NAME),
    _hint(
        r"PKIX path|unable to find valid certification path|failed to establish trust|certificate_unknown|"
        r"client did not trust this server's certificate",
        *UNTRUSTED,
    ),
    _hint(r"unrecognized_name", *UNKNOWN_NAME),
    _hint(r"unknown host \[|Unable to resolve host|UnknownHostException", *UNKNOWN_HOST),
    _hint(r"transport connection to \[.*closed by remote", *DROPPED),
    _hint(r"Connection closed while SSL/TLS handshake was in progress|access_denied", *CLOSED_CONNECTION),
    _hint(r"(?:proxy connections|fetching nodes|ConnectTransportException|connect_exception).*Connection refused", *REFUSED_CONNECTION),
    _hint(r"fetching nodes from external cluster|no seed node left", *UNREACHABLE_NODES),
    _hint(r"open any proxy connections to cluster|Unable to connect to \[|ConnectTransportException|connect_exception", *UNREACHABLE),
    _hint(r"no_such_remote_cluster|no such remote cluster", *UNKNOWN_ALIAS),
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


def explain(message: str) -> Diagnosis | None:
    """The meaning of a server's message, None when it is not known."""
    return next((hint.diagnosis for hint in _HINTS if hint.pattern.search(message or "")), None)


CONNECTING = (UNREACHABLE, REFUSED_CONNECTION, UNKNOWN_HOST, CLOSED_CONNECTION, UNREACHABLE_NODES, OTHER_NAME, UNTRUSTED)
"""What is also seen when something else is wrong with the alias, which the state of its connection tells."""


def diagnose(words: str, state: Mapping[str, Any] | None, security_model: str) -> Diagnosis:
    """What is wrong with a link that does not work.

    words: of the refusal, "" where there are none. state: what ``GET /_remote/info`` says of the alias, None where it does not know it.
    """
    if state is None:
        return NO_SETTINGS
    if security_model == "api_key" and "cluster_credentials" not in state:
        return NOT_LOADED
    found = (explain(words) or UNEXPLAINED) if words else UNREACHABLE
    if security_model == "certificate":
        found = _WITHOUT_KEYS.get(found, found)
    if found not in CONNECTING:
        return found
    if security_model == "api_key" and _ports(state) & set(TRANSPORT_PORTS):
        return TRANSPORT_PORT
    return UNREACHABLE_NODES if state.get("mode") == "sniff" and found in (UNREACHABLE, REFUSED_CONNECTION) else found


_WITHOUT_KEYS = {UNTRUSTED: LOCAL_DISTRUSTS, TRANSPORT_PORT: REMOTE_DISTRUSTS, NOT_LOADED: LOCAL_DISTRUSTS}
"""What refusals mean between nodes that are to trust each other."""


def _ports(state: Mapping[str, Any]) -> set[int]:
    return {int(port) for port in re.findall(r":(\d+)(?:,|\Z)", remote.address(state))}
