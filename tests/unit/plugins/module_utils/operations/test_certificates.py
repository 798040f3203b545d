# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from ansible_collections.crosscluster.elastic.plugins.module_utils.model.errors import InvalidDeclaration, Refused
from ansible_collections.crosscluster.elastic.plugins.module_utils.operations import certificates


@pytest.fixture
def wanted(tmp_path):
    return certificates.Authority(str(tmp_path / "pki" / "ca.crt"), str(tmp_path / "pki" / "ca.key"), "hidden!", "Remote Cluster CA")


def files(tmp_path):
    return {path.name: f"{path.stat().st_mode & 0o777:04o}" for path in sorted(tmp_path.glob("pki/*"))}


def test_a_ca_is_made_once_and_its_key_is_for_its_owner_only(wanted, tmp_path):
    signer, made = certificates.load(wanted, read_only=False)
    again, made_again = certificates.load(wanted, read_only=False)
    assert (made, made_again) == (True, False) and signer.pem == again.pem
    assert files(tmp_path) == {"ca.crt": "0644", "ca.key": "0600"}
    assert "BEGIN ENCRYPTED PRIVATE KEY" in (tmp_path / "pki" / "ca.key").read_text()


def test_check_mode_makes_none(wanted, tmp_path):
    _signer, made = certificates.load(wanted, read_only=True)
    assert made and not (tmp_path / "pki").exists()


def test_several_processes_make_one_ca(wanted):
    found = []
    threads = [threading.Thread(target=lambda: found.append(certificates.load(wanted, read_only=False))) for _number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({signer.pem for signer, _made in found}) == 1 and sum(made for _signer, made in found) == 1


def test_what_an_interrupted_run_has_left_is_completed_with_its_key(wanted, tmp_path):
    certificates.load(wanted, read_only=False)
    key = (tmp_path / "pki" / "ca.key").read_text()
    (tmp_path / "pki" / "ca.crt").unlink()
    _signer, made = certificates.load(wanted, read_only=False)
    assert made and (tmp_path / "pki" / "ca.key").read_text() == key
    assert not certificates.load(wanted, read_only=False)[1]


def test_a_ca_may_be_given_as_text(wanted, tmp_path):
    signer, _made = certificates.load(wanted, read_only=False)
    texts = [(tmp_path / "pki" / name).read_text() for name in ("ca.crt", "ca.key")]
    given = certificates.Authority(texts[0], texts[1], "hidden!")
    loaded, made = certificates.load(given, read_only=False)
    assert loaded.pem == signer.pem and not made


def test_a_missing_ca_is_made_only_when_it_has_a_name(wanted, tmp_path):
    with pytest.raises(Refused, match=r"there is no .*ca.crt and no .*ca.key on the controller"):
        certificates.load(replace(wanted, name=None), read_only=False)
    assert files(tmp_path) == {}


def test_a_ca_whose_key_is_missing_is_not_replaced(wanted, tmp_path):
    certificates.load(wanted, read_only=False)
    (tmp_path / "pki" / "ca.key").unlink()
    with pytest.raises(Refused, match="the CA is incomplete"):
        certificates.load(wanted, read_only=False)
    assert files(tmp_path) == {"ca.crt": "0644"}


def test_a_text_that_is_neither_pem_nor_a_path_is_refused(wanted):
    with pytest.raises(InvalidDeclaration, match="neither PEM text nor the path of a file"):
        certificates.load(replace(wanted, certificate="two\nlines"), read_only=False)
