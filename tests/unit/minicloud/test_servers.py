# SPDX-License-Identifier: GPL-3.0-or-later
"""What a node says of the certificate of a remote cluster server."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from minicloud import tls
from minicloud.dataplane.simulated.errors import ElasticsearchError
from minicloud.dataplane.simulated.failures import unreachable
from minicloud.dataplane.simulated.servers import check_certificate

_NAME = "billing.datacenter.minicloud.test"


def _verdict(folder: Path, names: Sequence[str], *names_known: str, verification: str = "full", trusts: str = "own") -> str | None:
    """Why a certificate for `names` is refused, None when it is accepted."""
    authorities = {kind: tls.Authority(f"{kind} CA", folder / kind) for kind in ("own", "other")}
    issued = authorities["own"].issue("server", names).certificate.read_text()
    leaf = x509.load_pem_x509_certificate(tls.split_chain(issued)[0].encode())
    refused: list[Sequence[Mapping[str, Any]]] = []

    def failure(causes: Sequence[Mapping[str, Any]]) -> ElasticsearchError:
        refused.append(causes)
        return unreachable("alias", "127.1.1.1:9443", causes)

    trusted = None if trusts == "none" else frozenset([authorities[trusts].pem])
    with contextlib.suppress(ElasticsearchError):
        check_certificate((leaf,), names_known, trusted, verification, failure)
    return refused[0][-1]["reason"] if refused else None


@pytest.mark.parametrize(
    ("names", "name"),
    [
        ([_NAME], _NAME),
        ([_NAME.upper()], _NAME),
        (["*.datacenter.minicloud.test"], _NAME),
        (["127.1.2.3"], "127.1.2.3"),
        (["::1", "a"], "::1"),
    ],
)
def test_a_certificate_for_the_name_that_is_dialled_is_accepted(tmp_path: Path, names: list[str], name: str) -> None:
    assert _verdict(tmp_path, names, name) is None


@pytest.mark.parametrize(
    ("names", "name", "reason"),
    [
        (["else.minicloud.test"], _NAME, f"No subject alternative DNS name matching {_NAME} found."),
        (["*.minicloud.test"], _NAME, f"No subject alternative DNS name matching {_NAME} found."),
        ([_NAME], "127.1.2.3", "No subject alternative names matching IP address 127.1.2.3 found"),
    ],
)
def test_a_certificate_for_another_name_is_refused_unless_names_are_not_verified(
    tmp_path: Path, names: list[str], name: str, reason: str
) -> None:
    assert _verdict(tmp_path, names, name) == reason
    assert _verdict(tmp_path, names, name, verification="certificate") is None


@pytest.mark.parametrize("known", [(_NAME, "else.minicloud.test"), ("127.1.2.3", _NAME)])
def test_it_is_enough_that_the_certificate_is_for_the_dialled_host_or_for_the_name_that_is_sent(
    tmp_path: Path, known: tuple[str, str]
) -> None:
    assert _verdict(tmp_path, [_NAME], *known) is None


@pytest.mark.parametrize("trusts", ["other", "none"])
def test_a_certificate_of_a_ca_that_is_not_trusted_is_refused_unless_nothing_is_verified(tmp_path: Path, trusts: str) -> None:
    for verification in ("full", "certificate"):
        assert "unable to find valid certification path" in str(
            _verdict(tmp_path, [_NAME], _NAME, verification=verification, trusts=trusts)
        )
    assert _verdict(tmp_path, [_NAME], _NAME, verification="none", trusts=trusts) is None
