"""Which videos can hold Content Credentials."""

from pathlib import Path

from wav2lip.errors import InputError
from wav2lip.types import PathLike

FORMATS = {".mp4": "video/mp4", ".m4v": "video/x-m4v", ".mov": "video/quicktime"}


def check_signable(video: PathLike) -> str:
    """Return the MIME type of a video that can be signed.

    Raises:
        InputError: its format cannot hold a signature.

    Examples:
        >>> check_signable("talk.MOV")
        'video/quicktime'
    """
    suffix = Path(video).suffix.lower()
    if suffix not in FORMATS:
        raise InputError(
            f"{video}: '{suffix}' cannot hold Content Credentials; use one of {' '.join(FORMATS)}"
        )
    return FORMATS[suffix]
