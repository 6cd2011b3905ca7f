import pytest
from certificates import pem_of
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from wav2lip.errors import InputError
from wav2lip.provenance.certificate import read_certificates, read_identity, to_pem


def refused(certificate, key=None):
    with pytest.raises(InputError) as caught:
        read_identity(certificate, key)
    message = str(caught.value)
    assert len(message.splitlines()) == 1
    return message


@pytest.mark.parametrize(
    ("make", "algorithm"),
    [
        (lambda: ec.generate_private_key(ec.SECP256R1()), "es256"),
        (lambda: ec.generate_private_key(ec.SECP384R1()), "es384"),
        (lambda: ec.generate_private_key(ec.SECP521R1()), "es512"),
        (lambda: rsa.generate_private_key(65537, 2048), "ps256"),
        (ed25519.Ed25519PrivateKey.generate, "ed25519"),
    ],
)
def test_the_key_decides_the_algorithm(authority, make, algorithm):
    identity = read_identity(*authority.issue("any", make()))
    assert (identity.holder, identity.algorithm) == ("Studio any", algorithm)
    assert identity.key.startswith(b"-----BEGIN PRIVATE KEY-----")
    assert "PRIVATE" not in repr(identity)


def test_certificate_and_key_in_one_file_and_an_old_layout_of_the_key(authority, tmp_path):
    key = ec.generate_private_key(ec.SECP256R1())
    certificate, _ = authority.issue("one", key)
    old = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    both = tmp_path / "both.pem"
    both.write_bytes(old + certificate.read_bytes() + authority.anchor.read_bytes())
    identity = read_identity(both)
    assert identity.key == pem_of(key)
    assert identity.chain == certificate.read_bytes() + authority.anchor.read_bytes()


def test_anchors_come_without_what_else_is_in_their_file(authority, issued, tmp_path):
    both = tmp_path / "both.pem"
    both.write_bytes(issued[1].read_bytes() + authority.anchor.read_bytes())
    assert to_pem(read_certificates(both)) == authority.anchor.read_bytes()


def test_the_key_of_another_certificate(authority, issued):
    other = authority.issue("other")
    assert (
        refused(issued[0], other[1])
        == f"{other[1]}: is the key of another certificate than {issued[0]}"
    )


def test_certificates_in_the_wrong_order(authority, issued, tmp_path):
    chain = tmp_path / "chain.pem"
    chain.write_bytes(authority.anchor.read_bytes() + issued[0].read_bytes())
    assert (
        refused(chain, issued[1])
        == f"{chain}: the signer's certificate must come first; reorder them"
    )


@pytest.mark.parametrize(
    ("start", "end", "reason"),
    [(-9, -1, "the certificate expired on "), (1, 9, "the certificate is valid from ")],
)
def test_a_certificate_that_is_not_valid_today(authority, start, end, reason):
    assert reason in refused(*authority.issue("dated", start=start, end=end))


def test_an_encrypted_key(authority, tmp_path):
    key = ec.generate_private_key(ec.SECP256R1())
    certificate, _ = authority.issue("secret", key)
    secret = tmp_path / "secret.key"
    secret.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"word"))
    )
    assert refused(certificate, secret) == (
        f"{secret}: the private key is encrypted; write a readable copy by `openssl pkey -in FILE -out KEY`"
    )


@pytest.mark.parametrize(
    "make",
    [lambda: ec.generate_private_key(ec.SECP256K1()), lambda: dsa.generate_private_key(2048)],
    ids=["secp256k1", "dsa"],
)
@pytest.mark.slow  # a key of DSA takes seconds
def test_a_kind_of_key_that_c2pa_does_not_know(authority, issued, tmp_path, make):
    path = tmp_path / "odd.key"
    path.write_bytes(pem_of(make()))
    assert refused(issued[0], path).startswith(f"{path}: C2PA does not know this kind of key; use")


def test_files_that_are_not_pem(issued, tmp_path):
    path = tmp_path / "noise"
    path.write_bytes(b"\x30\x82\x00\xff")
    assert refused(path).startswith(f"{path}: contains no certificate in PEM")
    assert refused(issued[0]).endswith("-----); name the file of the key, too")
    assert refused(issued[0], path).endswith("-----); give a file in PEM")
    assert refused(tmp_path / "none").endswith(
        "cannot be read (No such file or directory); check the path"
    )
