"""Sign a video with Content Credentials."""

import io
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, BinaryIO, ParamSpec, TypeVar

from wav2lip.errors import InputError
from wav2lip.provenance.c2pa_settings import settings
from wav2lip.provenance.formats import check_signable
from wav2lip.provenance.manifest import Ingredient, build_manifest
from wav2lip.types import PathLike
from wav2lip.utils.extras import require_extra

TRIAL = bytes.fromhex(  # a GIF of one pixel
    "47494638396101000100800000000000ffffff2c00000000010001000002024401003b"
)

P = ParamSpec("P")
T = TypeVar("T")


def _reason(error: Exception) -> str:
    return " ".join(str(error).split())


class _Target:
    """A file to write that keeps a system error; the C2PA library reports another one in its place."""

    def __init__(self, file: BinaryIO) -> None:
        self.error: OSError | None = None
        self.read, self.tell = file.read, file.tell
        self.write = self._watched(file.write)
        self.seek, self.flush = self._watched(file.seek), self._watched(file.flush)

    def _watched(self, call: Callable[P, T]) -> Callable[P, T]:
        def run(*args: P.args, **kwargs: P.kwargs) -> T:
            try:
                return call(*args, **kwargs)
            except OSError as error:
                self.error = self.error or error
                raise

        return run


class VideoSigner:
    """Signs videos: what made them, and the hashes of what they were made from.

    Args:
        certificate: PEM file: the signer's certificate, then those between it and the authority's.
        key: PEM file of its private key; None: the key is in the same file.
        timestamp: http address of a time-stamping authority (RFC 3161), which then confirms the time of each signature;
            None: no network is used.
        consent: file whose hash becomes an ingredient, such as the signed consent of the person shown.

    Attributes:
        holder: name in the certificate.

    Raises:
        InputError: the extra `sign` is not installed, a file cannot be read, or the certificate cannot sign.
    """

    def __init__(
        self,
        certificate: PathLike,
        key: PathLike | None = None,
        *,
        timestamp: str | None = None,
        consent: PathLike | None = None,
    ) -> None:
        self._c2pa: Any = require_extra("c2pa", "sign")
        require_extra("cryptography", "sign")
        from wav2lip.provenance.certificate import read_identity

        self._certificate = Path(certificate)
        self._identity = read_identity(self._certificate, None if key is None else Path(key))
        self._timestamp = timestamp
        self.holder = self._identity.holder
        if consent is not None and not Path(consent).is_file():
            raise InputError(f"{consent}: no such file; give the consent")
        self._consent = [] if consent is None else [Ingredient.of("consent", Path(consent))]
        self._try()

    def _try(self) -> None:
        """Sign a tiny picture, without and with a timestamp, so that errors are known before a video is rendered."""
        try:
            self._sign("trial", "image/gif", io.BytesIO(TRIAL), io.BytesIO(), [], None)
        except self._c2pa.C2paError as error:
            raise InputError(
                f"{self._certificate}: C2PA refuses to sign with this certificate ({_reason(error)}); it requires the "
                "key usage digitalSignature, an extended key usage such as emailProtection and an authority key "
                "identifier"
            ) from error
        if self._timestamp is None:
            return
        try:
            self._sign("trial", "image/gif", io.BytesIO(TRIAL), io.BytesIO(), [], self._timestamp)
        except self._c2pa.C2paError as error:
            raise InputError(
                f"{self._timestamp}: no timestamp from there ({_reason(error)}); check the address"
            ) from error

    def sign(
        self, name: PathLike, video: Path, target: BinaryIO, ingredients: Sequence[Ingredient]
    ) -> None:
        """Write the signed copy of a video.

        Args:
            name: the path that the copy will have.
            video: the file to sign.
            target: file to write, open for reading, too.
            ingredients: what it was made from, but for the consent.

        Raises:
            InputError: the format cannot hold a signature, or the time-stamping authority does not answer.
            OSError: `target` cannot be written.
        """
        mime = check_signable(name)
        watched = _Target(target)
        parts = [*ingredients, *self._consent]
        with video.open("rb") as source:
            try:
                self._sign(Path(name).name, mime, source, watched, parts, self._timestamp)
            except self._c2pa.C2paError as error:
                if watched.error is not None:
                    raise watched.error from None
                raise InputError(f"{name}: cannot be signed ({_reason(error)})") from error

    def _sign(
        self,
        name: str,
        mime: str,
        source: BinaryIO,
        target: BinaryIO | _Target,
        ingredients: Sequence[Ingredient],
        timestamp: str | None,
    ) -> None:
        """Write the signed copy of `source`; raises the library's own errors."""
        c2pa, own = self._c2pa, self._identity
        info = c2pa.C2paSignerInfo(own.algorithm, own.chain, own.key, timestamp)
        with (
            c2pa.Context.from_dict(settings()) as context,
            c2pa.Signer.from_info(info) as signer,
            c2pa.Builder(build_manifest(name, ingredients), context=context) as builder,
        ):
            builder.sign(signer, mime, source, target)
