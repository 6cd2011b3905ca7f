"""Read a signing certificate and its key, and check that they can sign."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID

from wav2lip.errors import InputError

CURVES = {"secp256r1": "es256", "secp384r1": "es384", "secp521r1": "es512"}
ALGORITHM = "use an EC key (P-256, P-384 or P-521), an RSA key or an Ed25519 key"


@dataclass(frozen=True)
class Identity:
    """A certificate that can sign, with its key.

    Attributes:
        holder: common name, or organization, in the certificate.
        algorithm: name of the signature's algorithm in C2PA.
        chain: certificates, PEM, the signer's first.
        key: private key, PKCS #8, PEM.
    """

    holder: str
    algorithm: str
    chain: bytes
    key: bytes = field(repr=False)


def _read_file(path: Path) -> bytes:
    """Return the content of a file.

    Raises:
        InputError: it cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); check the path") from error


def read_certificates(path: Path) -> list[x509.Certificate]:
    """Read the certificates of a PEM file.

    Raises:
        InputError: it cannot be read, or holds none.
    """
    try:
        return x509.load_pem_x509_certificates(_read_file(path))
    except ValueError as error:
        raise InputError(
            f"{path}: contains no certificate in PEM (-----BEGIN CERTIFICATE-----); convert DER by "
            f"`openssl x509 -inform der -in FILE`"
        ) from error


def to_pem(certificates: Iterable[x509.Certificate]) -> bytes:
    """Return certificates as PEM, without what else their file may hold, such as a private key."""
    return b"".join(certificate.public_bytes(Encoding.PEM) for certificate in certificates)


def _read_key(path: Path, separate: bool) -> PrivateKeyTypes:
    try:
        return load_pem_private_key(_read_file(path), None)
    except TypeError as error:
        raise InputError(
            f"{path}: the private key is encrypted; write a readable copy by `openssl pkey -in FILE -out KEY`"
        ) from error
    except (ValueError, UnsupportedAlgorithm) as error:
        cure = "give a file in PEM" if separate else "name the file of the key, too"
        raise InputError(
            f"{path}: contains no readable private key (-----BEGIN PRIVATE KEY-----); {cure}"
        ) from error


def _algorithm(key: PrivateKeyTypes, path: Path) -> str:
    if isinstance(key, ec.EllipticCurvePrivateKey) and key.curve.name in CURVES:
        return CURVES[key.curve.name]
    if isinstance(key, rsa.RSAPrivateKey):
        return "ps256"
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return "ed25519"
    raise InputError(f"{path}: C2PA does not know this kind of key; {ALGORITHM}")


def _holder(certificate: x509.Certificate) -> str:
    for kind in (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME):
        for attribute in certificate.subject.get_attributes_for_oid(kind):
            return str(attribute.value)
    return certificate.subject.rfc4514_string()


def _check_dates(path: Path, certificate: x509.Certificate) -> None:
    now = datetime.now(UTC)
    if now > certificate.not_valid_after_utc:
        day = certificate.not_valid_after_utc.date()
        raise InputError(f"{path}: the certificate expired on {day}; renew it")
    if now < certificate.not_valid_before_utc:
        day = certificate.not_valid_before_utc.date()
        raise InputError(f"{path}: the certificate is valid from {day} on; check the clock")


def read_identity(certificate: Path, key: Path | None = None) -> Identity:
    """Read a certificate and its key.

    Args:
        certificate: PEM file: the signer's certificate, then those between it and the authority's.
        key: PEM file of its private key; None: the key is in the same file.

    Raises:
        InputError: a file is not PEM, the key is encrypted, of another certificate or of a kind that C2PA does
            not know, or the certificate is not valid today.
    """
    chain = read_certificates(certificate)
    key_path = key or certificate
    private = _read_key(key_path, key is not None)
    algorithm = _algorithm(private, key_path)
    public = [entry.public_key() for entry in chain]
    if private.public_key() not in public:
        raise InputError(f"{key_path}: is the key of another certificate than {certificate}")
    if private.public_key() != public[0]:
        raise InputError(f"{certificate}: the signer's certificate must come first; reorder them")
    _check_dates(certificate, chain[0])
    return Identity(
        _holder(chain[0]),
        algorithm,
        to_pem(chain),
        private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
    )
