# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.crosscluster.elastic.plugins.module_utils.model.troubleshooting import (
    CLOSED_CONNECTION,
    DROPPED,
    LOCAL_DISTRUSTS,
    NO_SETTINGS,
    NOT_LOADED,
    OTHER_NAME,
    REFUSED_CONNECTION,
    REMOTE_DISTRUSTS,
    UNEXPLAINED,
    UNREACHABLE,
    UNREACHABLE_NODES,
    UNTRUSTED,
    diagnose,
    explain,
)
from ansible_collections.crosscluster.elastic.plugins.module_utils.model.troubleshooting import TRANSPORT_PORT as WRONG_PORT

CREDENTIALS = {"cluster_credentials": "::es_redacted::"}
PROXY = {**CREDENTIALS, "mode": "proxy", "proxy_address": "orders.example.com:9443"}
CANNOT_OPEN = "Unable to open any proxy connections to cluster [orders] at address [10.0.0.1:9443]: [][10.0.0.1:9443] connect_exception"
TRANSPORT_PORT = "points to the transport port"
TRUST = "does not trust the certificate"
KEY_GONE = "revoked, expired or unknown"


@pytest.mark.parametrize(
    ("message", "cause"),
    [
        ("current license is non-compliant for [advanced-remote-cluster-security]", "the licence does not cover"),
        ("authentication via API key not supported: An API key cannot be used to create a cross-cluster API key", "called with an API key"),
        (
            "action [x] is unauthorized for user [u] because no remote indices privileges apply for the target cluster",
            "no remote_indices privilege",
        ),
        (
            "action [indices:data/read/search] towards remote cluster is unauthorized for user [u] with assigned roles [r] "
            "authenticated by API key id [i] of user [o] on indices [x], this action is granted by the index privileges [read,all]",
            "does not cover what was asked for",
        ),
        ("authentication expected API key type of [cross_cluster], but API key [i] has type [rest]", "an ordinary API key"),
        ("invalid cross-cluster API key value", "damaged"),
        ("unable to authenticate user [i] for action [cluster:internal/remote_cluster/handshake]", KEY_GONE),
        ("api key [i] has been invalidated", KEY_GONE),
        ("require transport header [_cross_cluster_access_credentials] but none found", "no credential for the alias"),
        ("requires channel profile to be [_remote_cluster], but got [default]", TRANSPORT_PORT),
        ("action [cluster:internal/remote_cluster/handshake] is unauthorized for user [anonymous]", TRANSPORT_PORT),
        ("missing authentication credentials for action [cluster:internal/remote_cluster/handshake]", TRANSPORT_PORT),
        ("Received fatal alert: bad_certificate", TRANSPORT_PORT),
        ("PKIX path building failed", TRUST),
        ("unable to find valid certification path to requested target", TRUST),
        ("failed to establish trust with server at [h]", TRUST),
        ("no such remote cluster: [orders]", "knows the alias but has no connection"),
        ("Request timed out before receiving a response from the remote cluster", "did not answer in time"),
        ("action [cluster:admin/settings/update] is unauthorized for user [u]", "lacks a privilege"),
        (
            "API key (type:[cross_cluster], id:[i]) requires certificate identity matching [p], but no certificate was provided",
            "signed identity",
        ),
    ],
)
def test_a_message_is_explained_with_cause_and_remedy(message, cause):
    diagnosis = explain(message)
    assert cause in diagnosis.cause and diagnosis.remedy


@pytest.mark.parametrize("message", ["", None, "something new"])
def test_what_is_not_known_is_not_explained(message):
    assert explain(message) is None


LOGS = {
    "failed to open any proxy connections to cluster [orders] ... connect_exception ... Connection refused": REFUSED_CONNECTION,
    "failed to open any proxy connections to cluster [orders] ... [][10.0.0.1:9443] connect_timeout[30s]": UNREACHABLE,
    "fetching nodes from external cluster [orders] failed": UNREACHABLE_NODES,
    "org.elasticsearch.transport.ConnectTransportException: [][10.0.0.1:9443] connect_exception": UNREACHABLE,
    "transport connection to [{orders#10.0.0.1:9443}{...}] closed by remote": DROPPED,
    "failed to establish trust with server at [h]; ... ssl context ([xpack.security.remote_cluster_client.ssl])": UNTRUSTED,
    "failed to establish trust with server at [h]; ... ssl context ([xpack.security.transport.ssl])": NOT_LOADED,
    "No subject alternative DNS name matching h found.": OTHER_NAME,
    "client did not trust this server's certificate, closing connection ... profile=_remote_cluster": UNTRUSTED,
    "client did not trust this server's certificate, closing connection ... profile=default": WRONG_PORT,
    "Empty client certificate chain": WRONG_PORT,
    "Connection closed while SSL/TLS handshake was in progress": CLOSED_CONNECTION,
}


@pytest.mark.proves("R153")
@pytest.mark.parametrize(("line", "diagnosis"), LOGS.items())
def test_a_line_of_a_log_is_explained(line, diagnosis):
    assert explain(line) == diagnosis


def test_an_invalid_secret_in_the_log_of_the_remote_is_a_key_that_is_gone():
    assert KEY_GONE in explain("Authentication using apikey failed - invalid credentials for API key [i]").cause


@pytest.mark.parametrize(
    ("words", "state", "diagnosis"),
    [
        (CANNOT_OPEN, None, NO_SETTINGS),
        ("PKIX path building failed", {**PROXY, "cluster_credentials": None}, UNTRUSTED),
        ("PKIX path building failed", {"mode": "proxy", "proxy_address": "orders.example.com:9443"}, NOT_LOADED),
        ("PKIX path building failed", {**PROXY, "proxy_address": "orders.example.com:9300"}, WRONG_PORT),
        (f"{CANNOT_OPEN}: Connection refused", PROXY, REFUSED_CONNECTION),
        (f"{CANNOT_OPEN}: Connection refused", {**CREDENTIALS, "mode": "sniff", "seeds": ["10.0.0.1:9443"]}, UNREACHABLE_NODES),
        ("PKIX path building failed", {**CREDENTIALS, "mode": "sniff", "seeds": ["10.0.0.1:9443", "10.0.0.2:9300"]}, WRONG_PORT),
        ("", PROXY, UNREACHABLE),
        ("something new", PROXY, UNEXPLAINED),
    ],
)
def test_words_are_read_together_with_the_state_of_the_connection(words, state, diagnosis):
    assert diagnose(words, state, "api_key") == diagnosis


@pytest.mark.parametrize(
    ("words", "diagnosis"),
    [
        ("PKIX path building failed", LOCAL_DISTRUSTS),
        ("failed to establish trust with server in ssl context ([xpack.security.transport.ssl (with trust configuration", LOCAL_DISTRUSTS),
        ("Received fatal alert: bad_certificate", REMOTE_DISTRUSTS),
        ("", UNREACHABLE),
    ],
)
def test_without_keys_a_refusal_means_that_one_side_does_not_trust_the_other(words, diagnosis):
    assert diagnose(words, {"mode": "proxy", "proxy_address": "h:9400"}, "certificate") == diagnosis
