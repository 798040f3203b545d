# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import ssl

import pytest

from ansible_collections.crosscluster.elastic.plugins.module_utils.api import answers, credentials
from ansible_collections.crosscluster.elastic.plugins.module_utils.api.tls import context_for, proxy_for
from ansible_collections.crosscluster.elastic.plugins.module_utils.model.errors import InvalidDeclaration

PROXY = "http://proxy.example.test:3128"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"errors": [{"code": "a.b", "message": "M"}, {"code": "c", "message": "N"}]}, ("a.b", "M (a.b); N (c)")),
        ({"error": {"type": "t", "reason": "outer", "caused_by": {"reason": "inner"}}}, ("t", "outer: inner")),
        ({"error": {"type": "t", "reason": "same", "caused_by": {"reason": "same"}}}, ("t", "same")),
        ({"error": "no handler found"}, ("", "no handler found")),
        ({}, ("", "{}")),
        ({"errors": []}, ("", '{"errors": []}')),
        ({"errors": "text"}, ("", '{"errors": "text"}')),
    ],
)
def test_the_words_of_a_server_are_found_in_each_form_of_error(body, expected):
    assert answers.read_error(json.dumps(body).encode(), {}) == expected


def test_the_code_of_the_cloud_may_be_in_a_header():
    assert answers.read_error(b"", {"x-cloud-error-codes": "root.unauthenticated"}) == ("root.unauthenticated", "no explanation was given")


@pytest.mark.parametrize("content", [b"\xff\xfe", b"plain words", b"<html><body>plain <b>words</b></body></html>"])
def test_any_bytes_give_a_text(content):
    assert answers.read_error(content, {})[1]


def test_long_words_are_cut():
    assert len(answers.read_error(json.dumps({"error": "x" * 1000}).encode(), {})[1]) == 400


def test_a_circle_of_causes_ends():
    first, second = ValueError(), OSError()
    first.args, second.args = (second,), (first,)
    assert answers.chain(first) == [first, second]


def test_contexts_are_made_once_and_verify(certificate):
    context = context_for(str(certificate[0]), True)
    assert context is context_for(str(certificate[0]), True)
    assert context.verify_mode == ssl.CERT_REQUIRED and context.check_hostname


def test_a_file_without_certificates_is_named(tmp_path):
    path = tmp_path / "ca.pem"
    path.write_text("nothing")
    with pytest.raises(InvalidDeclaration, match=r"ca\.pem cannot be read as PEM certificates"):
        context_for(str(path), True)


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, {}),
        ({"HTTPS_PROXY": PROXY}, {"https": PROXY}),
        ({"https_proxy": PROXY}, {"https": PROXY}),
        ({"https_proxy": PROXY, "HTTPS_PROXY": "http://other"}, {"https": PROXY}),
        ({"HTTPS_PROXY": "http://other", "https_proxy": PROXY}, {"https": PROXY}),
        ({"ALL_PROXY": PROXY}, {"https": PROXY}),
        ({"HTTP_PROXY": PROXY}, {}),
        ({"HTTPS_PROXY": ""}, {}),
        ({"HTTPS_PROXY": PROXY, "NO_PROXY": "example.test"}, {}),
        ({"HTTPS_PROXY": PROXY, "no_proxy": "other.test, orders.example.test:9243"}, {}),
        ({"HTTPS_PROXY": PROXY, "NO_PROXY": "*"}, {}),
        ({"HTTPS_PROXY": PROXY, "NO_PROXY": "other.test"}, {"https": PROXY}),
    ],
)
def test_the_proxy_is_the_one_of_the_environment(environment, expected):
    assert proxy_for("https://orders.example.test:9243/path", environment) == expected


def test_credentials_are_headers_and_show_nothing():
    assert credentials.Basic("u", "p\u00e4ss").headers() == {"Authorization": "Basic dTpww6Rzcw=="}
    assert credentials.ApiKey("key").headers() == {"Authorization": "ApiKey key"}
    assert "secret" not in repr([credentials.Basic("u", "secret"), credentials.ApiKey("secret"), credentials.LoginToken("u", "secret")])
