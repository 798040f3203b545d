# SPDX-License-Identifier: GPL-3.0-or-later
"""The part of the module that runs on the host; what it is to write comes from the action."""

from __future__ import annotations

import datetime
import grp
import os
import pwd

import pytest

from ansible_collections.crosscluster.elastic.plugins.module_utils.pki import signing

PASSPHRASE = "hidden-phrase"


@pytest.fixture(scope="module")
def pairs():
    """Two pairs of one CA, whose keys are encrypted."""
    day = datetime.timedelta(days=1)
    made = signing.create_authority("CA", "ecdsa-p256", day, None)
    ca = signing.signer(made.certificate.encode(), made.key.encode(), None)
    return [signing.issue(ca, signing.Subject("a", ["a.example.com"]), day, PASSPHRASE) for _number in range(2)]


@pytest.fixture
def place(tmp_path):
    return {"path": str(tmp_path / "server.crt"), "key_path": str(tmp_path / "server.key")}


@pytest.fixture
def write(call, place):
    def run(pair=None, **options):
        content = {"certificate": pair.certificate, "private_key": pair.key} if pair else {}
        return call("node_certificate", **{**place, **content, **options})

    return run


@pytest.fixture
def look(call, place):
    return lambda passphrase=PASSPHRASE: call("node_certificate_info", **place, passphrase=passphrase)


def modes(tmp_path):
    return {path.name: f"{path.stat().st_mode & 0o777:04o}" for path in sorted(tmp_path.iterdir())}


def test_certificate_and_key_are_written_with_their_modes_and_nothing_is_left_beside_them(write, look, pairs, tmp_path):
    done, again = write(pairs[0]), write(pairs[0])
    assert done["changed"] and not again["changed"]
    assert modes(tmp_path) == {"server.crt": "0644", "server.key": "0640"}
    assert look()["certificate"] == pairs[0].certificate and look()["key_fits"]
    assert pairs[0].key not in str(done)


def test_check_mode_predicts_and_writes_nothing(write, pairs, tmp_path):
    predicted = write(pairs[0], check=True)
    assert predicted["changed"] and modes(tmp_path) == {}
    assert predicted["diff"] == write(pairs[0])["diff"]


def test_a_pair_replaces_another_and_keeps_owner_and_group(write, look, pairs, place):
    write(pairs[0])
    if os.geteuid() == 0:
        os.chown(place["key_path"], 1, 1)
    before = os.stat(place["key_path"])
    done = write(pairs[1])
    after = os.stat(place["key_path"])
    assert done["changed"] and look()["certificate"] == pairs[1].certificate
    assert (before.st_uid, before.st_gid) == (after.st_uid, after.st_gid)


def test_a_wrong_mode_is_set_right_without_new_content(write, pairs, tmp_path):
    write(pairs[0])
    (tmp_path / "server.key").chmod(0o644)
    done, again = write(), write()
    assert done["changed"] and not again["changed"] and modes(tmp_path)["server.key"] == "0640"
    assert list(done["diff"]["after"]) == [str(tmp_path / "server.key")]


def test_owner_and_group_may_be_names_or_numbers(write, pairs):
    own = {"owner": pwd.getpwuid(os.geteuid()).pw_name, "group": grp.getgrgid(os.getegid()).gr_name}
    write(pairs[0], **own)
    assert not write(**own)["changed"]
    assert not write(owner=str(os.geteuid()), group=str(os.getegid()))["changed"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"owner": "nobody-of-that-name"}, "there is no user nobody-of-that-name on this host"),
        ({"mode": "rw-"}, "mode 'rw-' is not an octal number"),
        ({"path": "/nowhere/at/all.crt"}, "there is no folder /nowhere/at"),
    ],
)
def test_what_cannot_be_written_is_explained(write, pairs, tmp_path, options, words):
    assert words in write(pairs[0], **options)["msg"]
    assert [name for name in modes(tmp_path) if name.startswith(".")] == []


@pytest.mark.parametrize("passphrase", [None, "another-phrase"])
def test_a_key_with_another_passphrase_does_not_fit(write, look, pairs, passphrase):
    write(pairs[0])
    assert not look(passphrase)["key_fits"]


def test_a_key_of_another_certificate_does_not_fit(write, look, pairs, place):
    write(signing.Pair(pairs[0].certificate, pairs[1].key))
    assert not look()["key_fits"]


def test_a_key_that_should_be_encrypted_and_is_not_does_not_fit(write, look):
    made = signing.create_authority("a", "ecdsa-p256", datetime.timedelta(days=1), None)
    write(made)
    assert look(None)["key_fits"] and not look()["key_fits"]
