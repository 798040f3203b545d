# SPDX-License-Identifier: GPL-3.0-or-later
"""CA certificates in the forms in which people have them, and those that are refused."""

from __future__ import annotations

import datetime
from types import SimpleNamespace

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat, pkcs12

from ansible_collections.crosscluster.elastic.plugins.module_utils.model import pem
from ansible_collections.crosscluster.elastic.plugins.module_utils.model.errors import InvalidDeclaration, MissingLibrary, Refused
from ansible_collections.crosscluster.elastic.plugins.module_utils.pki import authorities, library, names
from ansible_collections.crosscluster.elastic.tests.unit.plugins import certificates

PASSWORD = "truststore-password"


@pytest.fixture(scope="module")
def made():
    """A root, an intermediate CA of it and a server certificate of that, an old root, and a root that says nothing about itself."""
    root = certificates.authority("Root")
    middle = certificates.authority("Middle", issuer=root)
    return SimpleNamespace(
        root=root,
        middle=middle,
        server=certificates.server("proxy.example.com", issuer=middle),
        expired=certificates.authority("Expired", ended=True),
        silent=certificates.authority("Silent", constraints=False),
        lonely=certificates.server("alone.example.com"),
    )


def subjects(found):
    return [entry.subject for entry in found]


def private(made, encryption=None, encoding=Encoding.PEM):
    return made.key.private_bytes(encoding, PrivateFormat.PKCS8, encryption or NoEncryption())


def refusal(*arguments, **options):
    with pytest.raises(InvalidDeclaration) as caught:
        authorities.read(*arguments, **options)
    return caught.value


def test_a_certificate_tells_who_it_is_and_how_long_it_is_valid(made):
    (found,) = authorities.read(made.root.pem.encode())
    certificate = made.root.certificate
    assert found == authorities.Authority(
        pem=made.root.pem,
        subject="CN=Root",
        issuer="CN=Root",
        fingerprint=certificate.fingerprint(hashes.SHA256()).hex(),
        not_before=certificate.not_valid_before_utc.strftime("%Y-%m-%dT%H:%M:%SZ"),
        not_after=certificate.not_valid_after_utc.strftime("%Y-%m-%dT%H:%M:%SZ"),
        self_signed=True,
        is_ca=True,
    )


def test_a_bundle_with_bag_attributes_and_windows_line_ends_is_read_in_its_order(made):
    bundle = f"Bag Attributes\n    friendlyName: b\u00fcro\nsubject=CN=Middle\n{made.middle.pem}\n\n# the root\n{made.root.pem}"
    found = authorities.read(bundle.replace("\n", "\r\n").encode("latin-1"))
    assert subjects(found) == ["CN=Middle", "CN=Root"]
    assert [entry.pem for entry in found] == [made.middle.pem, made.root.pem]
    assert [entry.self_signed for entry in found] == [False, True]


def test_a_certificate_that_is_there_twice_counts_once(made):
    assert subjects(authorities.read((made.root.pem + made.root.pem).encode())) == ["CN=Root"]


def test_der_is_read(made):
    assert subjects(authorities.read(made.root.certificate.public_bytes(Encoding.DER))) == ["CN=Root"]


def test_a_truststore_gives_all_its_authorities(made):
    content = pkcs12.serialize_key_and_certificates(
        None, None, None, [made.root.certificate, made.expired.certificate], BestAvailableEncryption(PASSWORD.encode())
    )
    assert sorted(subjects(authorities.read(content, PASSWORD))) == ["CN=Expired", "CN=Root"]


@pytest.mark.parametrize("password", [None, PASSWORD])
def test_of_a_ca_with_its_key_only_the_certificate_is_taken(made, password):
    encryption = BestAvailableEncryption(password.encode()) if password else NoEncryption()
    content = pkcs12.serialize_key_and_certificates(b"ca", made.root.key, made.root.certificate, None, encryption)
    assert subjects(authorities.read(content, password)) == ["CN=Root"]


def test_of_a_server_with_its_chain_only_the_authorities_are_taken(made):
    chain = [made.middle.certificate, made.root.certificate]
    content = pkcs12.serialize_key_and_certificates(b"server", made.server.key, made.server.certificate, chain, NoEncryption())
    assert sorted(subjects(authorities.read(content))) == ["CN=Middle", "CN=Root"]


def test_a_pkcs12_file_without_any_authority_is_refused(made):
    content = pkcs12.serialize_key_and_certificates(b"server", made.server.key, made.server.certificate, None, NoEncryption())
    assert "holds no certificate of a CA" in str(refusal(content))


def test_a_wrong_or_missing_password_is_told_apart_and_shown_nowhere(made):
    encryption = BestAvailableEncryption(PASSWORD.encode())
    content = pkcs12.serialize_key_and_certificates(b"ca", made.root.key, made.root.certificate, None, encryption)
    wrong = refusal(content, "not-the-password", source="ca.p12")
    assert str(wrong).startswith("ca.p12 cannot be read as PKCS#12: its password is wrong") and "not-the-password" not in str(wrong)
    assert "needs a password" in str(refusal(content))


@pytest.mark.parametrize("encryption", [NoEncryption(), BestAvailableEncryption(b"secret")], ids=["plain", "encrypted"])
def test_a_private_key_in_pem_is_refused(made, encryption):
    content = made.root.pem.encode() + private(made.root, encryption)
    assert "holds a private key" in str(refusal(content, source="bundle.pem"))
    assert "holds a private key" in str(refusal(content[: len(content) - 40]))


def test_a_certificate_of_a_server_is_refused_by_its_name(made):
    problem = refusal((made.root.pem + made.server.pem).encode(), source="ca_certificates[0]")
    assert problem.problems == ["ca_certificates[0]: CN=proxy.example.com is the certificate of a server and not of a CA"]
    assert "CN=alone.example.com is the certificate of a server" in str(refusal(made.lonely.pem.encode()))


def test_an_expired_authority_is_read_and_says_until_when_it_was_valid(made):
    (found,) = authorities.read(made.expired.pem.encode())
    assert found.not_after < datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_expired_authorities_are_named_with_their_day(made):
    found = authorities.read((made.root.pem + made.expired.pem).encode())
    (sentence,) = authorities.expired(found, datetime.datetime.now(datetime.UTC))
    assert sentence == f"the certificate CN=Expired has expired on {found[1].not_after}"


def test_a_self_signed_certificate_that_says_nothing_about_itself_counts_as_authority(made):
    (found,) = authorities.read(made.silent.pem.encode())
    assert found.is_ca and found.self_signed


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is not readable as a certificate"),
        (b"the CA of Berlin", "is not readable as a certificate"),
        (b"\xff\xfe-\x00-\x00-\x00", "is not readable as a certificate"),
        (b"-----BEGIN CERTIFICATE-----\nbm8gY2VydGlmaWNhdGU=\n-----END CERTIFICATE-----\n", "is not readable as a certificate"),
        (b"-----BEGIN CERTIFICATE-----\nMIIB", "cut off or not valid base64"),
        (b"-----BEGIN CERTIFICATE-----\nMI*B\n-----END CERTIFICATE-----\n", "cut off or not valid base64"),
        (b"-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----\n", "holds no certificate of a CA"),
        (b"\x30\x82\x01\x00\x02\x01\x03damaged", "needs a password or is damaged"),
    ],
)
def test_what_is_no_certificate_is_refused_with_what_to_give(content, words):
    problem = refusal(content, source="ca.pem")
    assert words in str(problem) and "ca.pem" in str(problem) and problem.remedy


def test_the_root_is_the_last_of_a_chain(made):
    assert authorities.root_of([made.server.pem, made.middle.pem, made.root.pem]).subject == "CN=Root"
    assert authorities.root_of([made.server.pem + made.middle.pem + made.root.pem]).subject == "CN=Root"


def test_a_chain_without_its_root_is_refused_with_the_name_of_the_root(made):
    with pytest.raises(Refused) as caught:
        authorities.root_of([made.server.pem, made.middle.pem])
    assert "CN=Middle, is not self-signed but issued by CN=Root" in str(caught.value)
    with pytest.raises(Refused, match="the certificate chain is empty"):
        authorities.root_of([])


def test_a_certificate_that_only_claims_to_be_issued_by_itself_is_not_self_signed(made):
    forged = certificates.authority("Root", issuer=made.middle, issuer_name="Root")
    assert not authorities.read(forged.pem.encode())[0].self_signed


def test_certificates_are_compared_by_what_they_are(made):
    reformatted = "".join(made.root.pem.splitlines()[1:-1])
    reformatted = f"-----BEGIN CERTIFICATE-----\r\n{reformatted}\r\n-----END CERTIFICATE-----"
    assert pem.same([made.root.pem, made.middle.pem], [made.middle.pem + reformatted])
    assert not pem.same([made.root.pem], [made.root.pem, made.middle.pem])
    assert pem.fingerprints([made.root.pem]) == {authorities.read(made.root.pem.encode())[0].fingerprint}


def test_the_entries_of_an_option_are_texts_or_paths_and_give_each_authority_once(made, tmp_path):
    path = tmp_path / "ca.p12"
    path.write_bytes(
        pkcs12.serialize_key_and_certificates(b"ca", made.root.key, made.root.certificate, None, BestAvailableEncryption(b"sesame"))
    )
    found = authorities.gather([made.root.pem, str(path), made.middle.pem], "sesame")
    assert subjects(found) == ["CN=Root", "CN=Middle"]
    assert authorities.gather([]) == []


def test_all_problems_of_an_option_are_reported_at_once_with_their_places(made, tmp_path):
    missing = tmp_path / "none.pem"
    with pytest.raises(InvalidDeclaration) as caught:
        authorities.gather([made.root.pem + private(made.root).decode(), made.root.pem, str(missing), made.server.pem], option="ca")
    key, absent, leaf = caught.value.problems
    assert key.startswith("ca[0] holds a private key. Give")
    assert absent == f"ca[2] ({missing}) cannot be read (No such file or directory)"
    assert leaf.startswith("ca[3]: CN=proxy.example.com is the certificate of a server")
    assert "PRIVATE KEY" not in str(caught.value)


@pytest.mark.parametrize(
    "use", [lambda pem: authorities.read(pem.encode()), lambda pem: authorities.root_of([pem]), lambda pem: names.covers(pem, "a")]
)
def test_a_missing_library_is_named_with_what_to_do(made, monkeypatch, use):
    monkeypatch.setattr(library, "FOUND", False)
    with pytest.raises(MissingLibrary, match="cryptography is missing for .*install"):
        use(made.root.pem)
