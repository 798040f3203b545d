# SPDX-License-Identifier: GPL-3.0-or-later
"""Broken links on real nodes: what is broken is shown by the words of Elasticsearch, and what the collection says of it is asserted.

The first ones need nodes that have never trusted anybody, since a connection outlives the trust in it, and the last ones a node with
other settings: so these clusters are shared with no other tests.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest
import yaml

from harness import errors
from harness.errors import ERRORS, KEY_GONE, NO_KEY, TRUST, WRONG_PORT, Error, Lab, at, no_key, none, own_key
from minicloud.dataplane.certificates import write_node_certificate
from minicloud.tls import Authority
from minicloud.transport import TransportTrust, subject
from real.bed import Bed, two_clusters


def nodes_of_orders(bed: Bed) -> list[Authority]:
    return [bed.authorities_of_nodes["hosted"]]


def visitors_may(*privileges: str) -> Any:
    """The transport port of a node that lets in whoever comes, as somebody who may do this."""

    def provoke(lab: Lab, alias: str) -> Mapping[str, Any]:
        lab.bed.call(lab.remote, "PUT", "/_security/role/visitors", {"cluster": list(privileges)}).raise_for_status()
        return lab.point(alias, lab.node(9300))

    return provoke


PAST_THE_PROXIES = {"local": "search", "remote": "orders"}
ON_NODES = {
    **ERRORS,
    "E03": replace(ERRORS["E01"], evidence=("local", r"transport\.ConnectTransportException: \[\]\[127\.0\.0\.1:1\]")),
    "E04": Error(own_key, errors.revoked, ("local", r"transport connection to \[\{.*\] closed by remote"), KEY_GONE),
    "E06": Error(
        own_key,
        at(lambda lab: lab.node(9443)),
        ("remote", "client did not trust this server's certificate.*profile=_remote_cluster"),
        TRUST,
        trusts=none,
        **PAST_THE_PROXIES,
    ),
    "E07": replace(ERRORS["E05"], evidence=("local", "PKIX path building failed")),
    "E08": Error(
        own_key,
        at(lambda lab: lab.node(9300)),
        ("local", r"failed to establish trust with server at \[.*xpack\.security\.remote_cluster_client\.ssl"),
        WRONG_PORT,
        trusts=none,
        **PAST_THE_PROXIES,
    ),
    "E09": Error(own_key, at(lambda lab: lab.node(9300)), ("local", "Received fatal alert: bad_certificate"), WRONG_PORT),
    "E10": Error(own_key, at(lambda lab: lab.node(9300)), ("remote", "Empty client certificate chain"), WRONG_PORT),
    "E14": Error(
        no_key,
        at(lambda lab: lab.node(9443)),
        ("local", r"failed to establish trust with server at \[.*xpack\.security\.transport\.ssl"),
        NO_KEY,
    ),
    "E18": replace(ERRORS["E17"], evidence=("remote", r"Authentication using apikey failed - invalid credentials for API key \[")),
}
AFTER_A_RESTART = {
    "E11": Error(
        own_key,
        at(lambda lab: lab.node(9300)),
        ("", r"missing authentication credentials for action \[cluster:internal/remote_cluster/handshake\]"),
        WRONG_PORT,
    ),
    "E12": Error(
        own_key,
        visitors_may("monitor_ml"),
        ("", r"action \[cluster:internal/remote_cluster/handshake\] is unauthorized for user \[_?anonymous"),
        WRONG_PORT,
        trusts=nodes_of_orders,
        **PAST_THE_PROXIES,
    ),
    "E13": Error(
        own_key,
        visitors_may("all"),
        ("", r"requires channel profile to be \[_remote_cluster\], but got \[default\]"),
        WRONG_PORT,
        trusts=nodes_of_orders,
        **PAST_THE_PROXIES,
    ),
    "E15": Error(
        no_key,
        at(lambda lab: lab.node(9443)),
        ("local", r"require transport header \[_cross_cluster_access_credentials\] but none found"),
        NO_KEY,
    ),
}


@pytest.fixture(scope="module")
def bed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bed]:
    with Bed(two_clusters(), tmp_path_factory.mktemp("errors")) as running:
        yield running


@pytest.fixture(scope="module", autouse=True)
def provided(bed: Bed) -> None:
    errors.provide(bed, {**ON_NODES, **AFTER_A_RESTART})


@pytest.mark.proves("R153")
@pytest.mark.parametrize(
    "error_id",
    [
        pytest.param("E05", marks=pytest.mark.proves("E05")),
        pytest.param("E07", marks=pytest.mark.proves("E07")),
        pytest.param("E06", marks=pytest.mark.proves("E06")),
        pytest.param("E08", marks=pytest.mark.proves("E08")),
        pytest.param("E01", marks=pytest.mark.proves("E01")),
        pytest.param("E02", marks=pytest.mark.proves("E02")),
        pytest.param("E03", marks=pytest.mark.proves("E03")),
        pytest.param("E14", marks=pytest.mark.proves("E14")),
        pytest.param("E04", marks=pytest.mark.proves("E04")),
        pytest.param("E16", marks=pytest.mark.proves("E16")),
        pytest.param("E17", marks=pytest.mark.proves("E17")),
        pytest.param("E18", marks=pytest.mark.proves("E18")),
        pytest.param("E19", marks=pytest.mark.proves("E19")),
        pytest.param("E20", marks=pytest.mark.proves("E20")),
        pytest.param("E09", marks=pytest.mark.proves("E09")),
        pytest.param("E10", marks=pytest.mark.proves("E10")),
    ],
)
def test_a_broken_link_gets_one_sentence_about_what_is_wrong_where_and_what_to_do(
    bed: Bed, error_id: str, capsys: pytest.CaptureFixture[str]
) -> None:
    said = errors.sentence(bed, error_id, ON_NODES[error_id])
    assert said
    _show(capsys, error_id, said)


@pytest.fixture(scope="module")
def changed(bed: Bed) -> Bed:
    """``orders`` with a certificate like those of the nodes of ``search``, trust in these, and its own transport port for anybody."""
    config = bed.config("orders")
    search = bed.authorities_of_nodes["berlin"]
    name = subject("instance-0000000009", bed.deployments["search"].cluster_id, bed.scopes["berlin"])
    write_node_certificate(config / "certs" / "of-search", search.files, name, "127.0.0.1")
    bed.run(bed.plane.set_transport_trust("orders", TransportTrust((nodes_of_orders(bed)[0].pem, search.pem), ())))
    settings = yaml.safe_load((config / "elasticsearch.yml").read_text())
    settings["xpack.security.remote_cluster_client.ssl"] |= {"certificate": "certs/of-search/node.crt", "key": "certs/of-search/node.key"}
    settings["xpack.security.transport.ssl"]["client_authentication"] = "optional"
    del settings["xpack.security.transport.ssl"]["trust_restrictions.path"]
    settings["xpack.security.authc.anonymous.roles"] = ["visitors"]
    (config / "elasticsearch.yml").write_text(yaml.safe_dump(settings))
    bed.run(bed.plane.restart("orders"))
    return bed


@pytest.mark.parametrize(
    "error_id",
    [
        pytest.param("E11", marks=pytest.mark.proves("E11")),
        pytest.param("E15", marks=pytest.mark.proves("E15")),
        pytest.param("E12", marks=pytest.mark.proves("E12")),
        pytest.param("E13", marks=pytest.mark.proves("E13")),
    ],
)
def test_so_does_one_between_nodes_whose_certificates_and_users_let_it_come_further(
    changed: Bed, error_id: str, capsys: pytest.CaptureFixture[str]
) -> None:
    said = errors.sentence(changed, error_id, AFTER_A_RESTART[error_id])
    assert said
    _show(capsys, error_id, said)


def _show(capsys: pytest.CaptureFixture[str], error_id: str, said: str) -> None:
    with capsys.disabled():
        print(f"\n{error_id}: {said}")
