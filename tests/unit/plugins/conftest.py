# SPDX-License-Identifier: GPL-3.0-or-later
"""Servers, and modules that run in this process."""

from __future__ import annotations

import json
import os
from contextlib import ExitStack, contextmanager
from importlib import import_module

import pytest
from ansible.module_utils import basic

from ansible_collections.crosscluster.elastic.plugins.module_utils.api import retries
from ansible_collections.crosscluster.elastic.tests.unit.plugins import certificates
from ansible_collections.crosscluster.elastic.tests.unit.plugins.fake_platform import Platform
from ansible_collections.crosscluster.elastic.tests.unit.plugins.fakes import Cloud, Elasticsearch
from ansible_collections.crosscluster.elastic.tests.unit.plugins.scripted import Server

COLLECTION = "ansible_collections.crosscluster.elastic.plugins.modules"


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    """(CA, certificate with key) for localhost."""
    return certificates.write(tmp_path_factory.mktemp("tls"), "good", "localhost")


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch):
    """No connection and no proxy comes from the machine that runs the tests."""
    for name in list(os.environ):
        if name.startswith(("EC_", "ELASTICSEARCH_")) or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)


@pytest.fixture
def serve(certificate):
    """serve(answer) starts a server with this answer function."""
    with ExitStack() as stack:
        yield lambda answer: stack.enter_context(Server(certificate[1], certificate[0], answer))


@pytest.fixture
def elasticsearch(serve):
    """A small Elasticsearch; ``connection`` has the options of a module."""
    fake = Elasticsearch()
    return fake.listen(serve(fake))


@pytest.fixture
def cloud(serve):
    """A small Cloud; ``connection`` has the options of a module."""
    fake = Cloud()
    return fake.listen(serve(fake))


@pytest.fixture
def platform(serve):
    """A small Cloud with trust, certificates and traffic filters; ``connection`` has the options of a module."""
    fake = Platform()
    return fake.listen(serve(fake))


@contextmanager
def _arguments(arguments):
    try:
        from ansible.module_utils.testing import patch_module_args
    except ImportError:  # before ansible-core 2.19
        before, basic._ANSIBLE_ARGS = basic._ANSIBLE_ARGS, json.dumps({"ANSIBLE_MODULE_ARGS": arguments}).encode()
        try:
            yield
        finally:
            basic._ANSIBLE_ARGS = before
    else:
        with patch_module_args(arguments):
            yield


@pytest.fixture
def call(capfd, monkeypatch):
    """call(module, check=False, **options) runs a module as Ansible does and returns what it prints.

    Always at the verbosity at which requests are logged, and always with a search for secrets in the output.
    """

    monkeypatch.setattr(retries, "_FIRST_PAUSE", 0)

    def run(module, *, check=False, **options):
        arguments = {**options, "_ansible_check_mode": check, "_ansible_diff": True, "_ansible_verbosity": 3}
        capfd.readouterr()
        with _arguments(arguments), pytest.raises(SystemExit) as ended:
            import_module(f"{COLLECTION}.{module}").main()
        output = capfd.readouterr()
        result = json.loads(output.out)
        assert bool(result.get("failed")) == bool(ended.value.code), output.out
        _find_secrets(options, output.out.replace(json.dumps(result.get("encoded")), "") + output.err)
        result.pop("invocation", None)
        return result

    return run


def _find_secrets(options, output):
    names = ("password", "api_key", "secure_settings_password", "certificates_password", "passphrase", "private_key")
    secrets = [options.get(name) for name in names]
    secrets += [entry.get("value") for entry in options.get("secrets") or []]
    leaked = [secret for secret in secrets if isinstance(secret, str) and secret in output]
    assert not leaked, f"{leaked} in {output}"
