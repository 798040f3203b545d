# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from ansible_collections.crosscluster.elastic.plugins.module_utils.model.reasons import from_body


def test_why_a_connection_could_not_be_opened_is_among_what_was_suppressed_and_is_said_once():
    innermost = {"type": "connect_exception", "reason": "Connection refused"}
    wrapped = {"type": "execution_exception", "reason": "AnnotatedConnectException: Connection refused", "caused_by": innermost}
    failed = {"type": "uncategorized_execution_exception", "reason": "Failed execution", "caused_by": wrapped}
    suppressed = {"type": "connect_transport_exception", "reason": "[][h] connect_exception", "caused_by": failed}
    error = {"type": "no_seed_node_left_exception", "reason": "Unable to open", "suppressed": [suppressed]}
    assert from_body({"error": error}) == (
        "no_seed_node_left_exception",
        "Unable to open: [][h] connect_exception: AnnotatedConnectException: Connection refused",
    )


def test_a_cause_without_a_reason_is_passed_over():
    during = {"type": "stackless", "reason": "Connection closed while SSL/TLS handshake was in progress"}
    closed = {"type": "closed_channel_exception", "reason": None, "suppressed": [during]}
    error = {"type": "a", "reason": "Unable to open", "caused_by": closed}
    assert from_body({"error": error})[1] == "Unable to open: Connection closed while SSL/TLS handshake was in progress"
