"""Every file that this package can download, with its size and sha256.

A file without a known hash is listed without addresses: it is used if the user provides it, and
never downloaded. Sizes and hashes are those that public projects state, or those of files that were
checked by hand. The checkpoints are for research and personal use only.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class RemoteFile:
    """A file that never changes, and where to get it.

    Attributes:
        name: its name in a cache folder.
        size: bytes; 0 if unknown.
        sha256: hex digest; empty if unknown.
        urls: mirrors, the preferred one first.
    """

    name: str
    size: int
    sha256: str
    urls: tuple[str, ...]

    @property
    def verifiable(self) -> bool:
        """Whether a download can be checked. Other files are never downloaded."""
        return bool(self.size and self.sha256 and self.urls)


_CAMENDURU = "https://huggingface.co/camenduru/Wav2Lip/resolve/main/checkpoints/"
_NUMZ = "https://huggingface.co/numz/wav2lip_studio/resolve/main/Wav2lip/"
_NEKOCHU = "https://huggingface.co/Nekochu/Wav2Lip/resolve/main/"
_BULAT = "https://www.adrianbulat.com/downloads/python-fan/"

CHECKPOINTS: dict[str, RemoteFile] = {
    "wav2lip": RemoteFile(
        "wav2lip.pth",
        435_807_851,
        "b78b681b68ad9fe6c6fb1debc6ff43ad05834a8af8a62ffc4167b7b34ef63c37",
        tuple(base + "wav2lip.pth" for base in (_CAMENDURU, _NUMZ, _NEKOCHU)),
    ),
    "wav2lip_gan": RemoteFile(
        "wav2lip_gan.pth",
        435_801_865,
        "ca9ab7b7b812c0e80a6e70a5977c545a1e8a365a6c49d5e533023c034d7ac3d8",
        tuple(base + "wav2lip_gan.pth" for base in (_CAMENDURU, _NUMZ, _NEKOCHU)),
    ),
    "syncnet_v2": RemoteFile(
        "syncnet_v2.model",
        54_573_114,
        "961e8696f888fce4f3f3a6c3d5b3267cf5b343100b238e79b2659bff2c605442",
        ("https://www.robots.ox.ac.uk/~vgg/software/lipsync/data/syncnet_v2.model",),
    ),
}

# The files that face-alignment's detectors load, the weights first.
DETECTOR_WEIGHTS: dict[str, tuple[RemoteFile, ...]] = {
    "sfd": (
        RemoteFile(
            "s3fd-619a316812.pth",
            89_843_225,
            "619a31681264d3f7f7fc7a16a42cbbe8b23f31a256f75a366e5a1bcd59b33543",
            (_BULAT + "s3fd-619a316812.pth", _CAMENDURU + "s3fd-619a316812.pth"),
        ),
    ),
    "yunet": (
        RemoteFile(  # size and hash as opencv_zoo's Git LFS pointer states them
            "face_detection_yunet_2023mar.onnx",
            232_589,
            "8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4",
            (
                "https://github.com/opencv/opencv_zoo/raw/main/models/face_detection_yunet/"
                "face_detection_yunet_2023mar.onnx",
            ),
        ),
    ),
    "retinaface": (
        RemoteFile(
            "retinaface_mobilenet0.25.pth",
            1_789_735,
            "2979b33ffafda5d74b6948cd7a5b9a7a62f62b949cef24e95fd15d2883a65220",
            (_BULAT + "retinaface_mobilenet0.25.pth",),
        ),
    ),
    "scrfd": (
        RemoteFile(
            "scrfd_2.5g_bnkps.onnx",
            3_290_207,
            "bc24bb349491481c3ca793cf89306723162c280cb284c5a5e49df3760bf5c2ce",
            ("https://github.com/yakhyo/facial-analysis/releases/download/v0.0.1/det_2.5g.onnx",),
        ),
    ),
}
