"""Certificates for tests: an authority, and what it issues."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

PEM = Encoding.PEM


def pem_of(key) -> bytes:
    return key.private_bytes(PEM, PrivateFormat.PKCS8, NoEncryption())


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _usage(signs: bool, issues: bool) -> x509.KeyUsage:
    return x509.KeyUsage(signs, False, False, False, False, issues, issues, False, False)


@dataclass
class Authority:
    """Issues certificates; `folder` gets anchor.pem, and a certificate and key per call."""

    folder: Path

    def __post_init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.anchor = self.folder / "anchor.pem"
        extensions = [(x509.BasicConstraints(True, None), True), (_usage(False, True), True)]
        own = self._build("Authority", self.key, extensions, -1, 30)
        self.anchor.write_bytes(own)

    def _build(self, common: str, key, extensions, start: float, end: float) -> bytes:
        now, public = datetime.now(UTC), key.public_key()
        builder = (
            x509.CertificateBuilder()
            .subject_name(_name(common))
            .issuer_name(_name("Authority"))
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + timedelta(days=start))
            .not_valid_after(now + timedelta(days=end))
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), False)
        )
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical)
        return builder.sign(self.key, hashes.SHA256()).public_bytes(PEM)

    def issue(
        self,
        name: str,
        key=None,
        *,
        start: float = -1,
        end: float = 30,
        usage: x509.ObjectIdentifier | None = ExtendedKeyUsageOID.EMAIL_PROTECTION,
    ) -> tuple[Path, Path]:
        """Write name.pem and name.key. `start` and `end` are days from now."""
        key = key or ec.generate_private_key(ec.SECP256R1())
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key())
        extensions = [
            (x509.BasicConstraints(False, None), True),
            (_usage(True, False), True),
            (issuer, False),
        ]
        if usage is not None:
            extensions.append((x509.ExtendedKeyUsage([usage]), False))
        certificate, secret = self.folder / f"{name}.pem", self.folder / f"{name}.key"
        certificate.write_bytes(self._build(f"Studio {name}", key, extensions, start, end))
        secret.write_bytes(pem_of(key))
        return certificate, secret
