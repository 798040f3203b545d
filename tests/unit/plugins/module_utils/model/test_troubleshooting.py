# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.crosscluster.elastic.plugins.module_utils.model.troubleshooting import explain

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
