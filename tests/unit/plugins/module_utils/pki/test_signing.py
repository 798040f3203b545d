# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import datetime
import ssl

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs12

from ansible_collections.crosscluster.elastic.plugins.module_utils.model.errors import InvalidDeclaration, Refused
from ansible_collections.crosscluster.elastic.plugins.module_utils.pki import authorities, signing

DAY = datetime.timedelta(days=1)
SUBJECT = signing.Subject("node-1", ["node-1.example.com", "orders.example.com"], ["10.0.0.1", "2001:db8::1"])


def made(name="Remote Cluster CA", passphrase=None, valid=1000 * DAY):
    return signing.create_authority(name, "ecdsa-p256", valid, passphrase)


@pytest.fixture(scope="module")
def ca():
    pair = made()
    return signing.signer(pair.certificate.encode(), pair.key.encode(), None)


def reasons(ca, pair, subject=SUBJECT, renew_before=30 * DAY):
    return signing.reasons_to_issue(pair.certificate, ca, subject, renew_before)


def test_a_certificate_says_what_was_asked_for_and_leads_to_the_ca(ca):
    pair = signing.issue(ca, SUBJECT, 90 * DAY, None)
    described = signing.describe(pair.certificate)
    assert (described["subject"], described["issuer"]) == ("CN=node-1", "CN=Remote Cluster CA")
    assert described["dns"] == ["node-1.example.com", "orders.example.com"] and described["ip"] == ["10.0.0.1", "2001:db8::1"]
    certificate = x509.load_pem_x509_certificate(pair.certificate.encode())
    certificate.verify_directly_issued_by(ca.certificate)
    assert not certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert reasons(ca, pair) == []


def test_a_new_ca_is_one_that_others_can_be_told_to_trust(ca):
    (authority,) = authorities.read(ca.pem.encode())
    assert authority.is_ca and authority.self_signed and authority.subject == "CN=Remote Cluster CA"


@pytest.mark.parametrize("key_type", ["ecdsa-p256", "ecdsa-p384", "rsa-2048"])
def test_keys_are_of_the_type_that_was_asked_for(ca, key_type):
    subject = signing.Subject("node-1", ["a.example.com"], key_type=key_type)
    pair = signing.issue(ca, subject, DAY * 90, None)
    assert reasons(ca, pair, subject) == []
    assert reasons(ca, pair, signing.Subject("node-1", ["a.example.com"], key_type="rsa-4096")) == ["its key is not rsa-4096"]


@pytest.mark.parametrize("name", ["node-1.node.abc.cluster.42.account", "x" * 300, "knöten.node.abc"])
def test_names_for_trust_restrictions_are_common_names_in_an_other_name(ca, name):
    subject = signing.Subject("node-1", other_names=[name])
    pair = signing.issue(ca, subject, 90 * DAY, None)
    assert signing.describe(pair.certificate)["other_names"] == [name]
    assert reasons(ca, pair, subject) == []
    assert reasons(ca, pair, signing.Subject("node-1", other_names=["other"])) == ["it has other alternative names"]


@pytest.mark.parametrize(
    ("subject", "reason"),
    [
        (signing.Subject("node-2", SUBJECT.dns, SUBJECT.ip), "it has another common name"),
        (signing.Subject("node-1", SUBJECT.dns[:1], SUBJECT.ip), "it has other alternative names"),
        (signing.Subject("node-1", SUBJECT.dns, []), "it has other alternative names"),
    ],
)
def test_a_certificate_with_other_names_is_issued_again(ca, subject, reason):
    assert reasons(ca, signing.issue(ca, SUBJECT, 90 * DAY, None), subject) == [reason]


def test_the_order_of_names_does_not_matter(ca):
    turned = signing.Subject("node-1", SUBJECT.dns[::-1], SUBJECT.ip[::-1])
    assert reasons(ca, signing.issue(ca, SUBJECT, 90 * DAY, None), turned) == []


def test_a_certificate_of_another_ca_with_the_same_name_is_issued_again(ca):
    other = made()
    stranger = signing.signer(other.certificate.encode(), other.key.encode(), None)
    assert reasons(ca, signing.issue(stranger, SUBJECT, 90 * DAY, None)) == ["it is not signed by the CA"]


def test_a_certificate_that_ends_soon_is_issued_again(ca):
    (reason,) = reasons(ca, signing.issue(ca, SUBJECT, 20 * DAY, None))
    assert reason.startswith("it ends at ")


@pytest.mark.parametrize(("text", "reason"), [("", "there is no certificate"), ("rubbish", "what is there is not a certificate")])
def test_what_is_no_certificate_is_replaced(ca, text, reason):
    assert signing.reasons_to_issue(text, ca, SUBJECT, DAY) == [reason]


def test_a_certificate_ends_with_its_ca_at_the_latest():
    pair = made(valid=10 * DAY)
    ca = signing.signer(pair.certificate.encode(), pair.key.encode(), None)
    issued = signing.issue(ca, SUBJECT, 90 * DAY, None)
    assert signing.describe(issued.certificate)["not_after"] == signing.describe(ca.pem)["not_after"]


def test_an_expired_ca_signs_nothing():
    pair = made(valid=-DAY / 48)
    with pytest.raises(Refused, match="the CA CN=Remote Cluster CA has expired"):
        signing.issue(signing.signer(pair.certificate.encode(), pair.key.encode(), None), SUBJECT, DAY, None)


def test_keys_are_encrypted_where_there_is_a_passphrase(ca, tmp_path):
    pair = signing.issue(ca, SUBJECT, 90 * DAY, "hidden!")
    assert "BEGIN ENCRYPTED PRIVATE KEY" in pair.key and "BEGIN PRIVATE KEY" in signing.issue(ca, SUBJECT, DAY, None).key
    certificate, key = tmp_path / "a.crt", tmp_path / "a.key"
    certificate.write_text(pair.certificate)
    key.write_text(pair.key)
    ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(certificate, key, "hidden!")


def test_a_ca_is_read_with_its_passphrase_from_pem_and_pkcs12():
    pair = made(passphrase="hidden!")
    signer = signing.signer(pair.certificate.encode(), pair.key.encode(), "hidden!")
    algorithm = serialization.BestAvailableEncryption(b"hidden!")
    store = pkcs12.serialize_key_and_certificates(b"ca", signer.key, signer.certificate, None, algorithm)
    assert signing.signer(store, None, "hidden!").pem == signer.pem == pair.certificate


@pytest.mark.parametrize(
    ("certificate", "key", "passphrase", "words"),
    [
        (made().certificate, made().key, None, "ca_key is not the key of ca_certificate"),
        ("rubbish", made().key, None, "ca_certificate is not a PEM certificate"),
        (made().certificate, "rubbish", None, "ca_key is not a PEM key"),
        (made().certificate, made(passphrase="right-one").key, "wrong-one", "or its passphrase is wrong"),
        (made().certificate, made(passphrase="right-one").key, None, "or its passphrase is missing"),
        ("rubbish", None, "x", "not a PKCS#12 file with a key"),
    ],
)
def test_a_ca_that_cannot_be_used_is_explained(certificate, key, passphrase, words):
    with pytest.raises(InvalidDeclaration, match=words):
        signing.signer(certificate.encode(), key.encode() if key else None, passphrase)


def test_the_certificate_of_a_server_signs_nothing(ca):
    pair = signing.issue(ca, SUBJECT, DAY, None)
    with pytest.raises(InvalidDeclaration, match="is not the certificate of a CA"):
        signing.signer(pair.certificate.encode(), pair.key.encode(), None)


def test_certificates_between_the_ca_and_its_root_are_sent_along(ca):
    pair = made("Intermediate")
    key = serialization.load_pem_private_key(pair.key.encode(), None)
    loaded = x509.load_pem_x509_certificate(pair.certificate.encode())
    builder = x509.CertificateBuilder(
        ca.certificate.subject, loaded.subject, key.public_key(), 1, loaded.not_valid_before_utc, loaded.not_valid_after_utc
    )
    signed = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True).sign(ca.key, signing.hashes.SHA256())
    middle = signed.public_bytes(serialization.Encoding.PEM)
    intermediate = signing.signer(middle + ca.pem.encode(), pair.key.encode(), None)
    issued = signing.issue(intermediate, SUBJECT, DAY, None)
    assert issued.certificate.endswith(middle.decode()) and issued.certificate.count("BEGIN CERTIFICATE") == 2


def test_a_pair_that_does_not_belong_together_is_seen(ca):
    one, other = (signing.issue(ca, SUBJECT, DAY, None) for _number in range(2))
    assert signing.pair_problems(one, None) == []
    assert "is not the key of certificate" in signing.pair_problems(signing.Pair(one.certificate, other.key), None)[0]
    assert "certificate is not a PEM certificate" in signing.pair_problems(signing.Pair("", one.key), None)[0]


@pytest.mark.parametrize(
    ("subject", "words"),
    [
        (signing.Subject(""), "common_name is missing"),
        (signing.Subject("a", dns=["two words"]), "dns name 'two words'"),
        (signing.Subject("a", dns=["knöten"]), "is not a host name"),
        (signing.Subject("a", ip=["10.0.0"]), "ip '10.0.0' is not an IP address"),
    ],
)
def test_names_that_cannot_be_are_named(subject, words):
    assert words in signing.subject_problems(subject)[0]
