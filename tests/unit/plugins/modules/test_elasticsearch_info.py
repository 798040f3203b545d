# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations


def test_version_licence_and_caller_are_returned(call, elasticsearch):
    result = call("elasticsearch_info", **elasticsearch.connection)
    assert not result["changed"]
    assert result["elasticsearch"] == {
        "version": "8.19.21",
        "cluster_name": "search",
        "cluster_uuid": "uuid-of-search",
        "license": {"type": "trial", "status": "active"},
        "username": "elastic",
        "authentication_type": "realm",
        "missing_privileges": [],
    }


def test_missing_privileges_are_named(call, elasticsearch):
    elasticsearch.lacking = {"manage_security"}
    result = call("elasticsearch_info", privileges=["manage", "manage_security"], **elasticsearch.connection)
    assert result["elasticsearch"]["missing_privileges"] == ["manage_security"]


def test_check_mode_reads_as_well(call, elasticsearch):
    assert call("elasticsearch_info", check=True, privileges=["manage"], **elasticsearch.connection)["elasticsearch"]["version"]


def test_an_api_key_and_a_user_are_not_taken_together(call, elasticsearch):
    failed = call("elasticsearch_info", api_key="c2VjcmV0LWtleQ==", **elasticsearch.connection)
    assert "mutually exclusive: api_key|username" in failed["msg"] and elasticsearch.server.requests == []
