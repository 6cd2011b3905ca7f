"""Find or fetch the weights of a face detector, without ever hanging."""

import os
import queue
import tempfile
import threading
import urllib.request
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Any

import torch

from wav2lip.checkpoints.downloads import sha256_of

ANSWER_TIMEOUT = 6.0  # s until a server must have answered; offline machines wait no longer
READ_TIMEOUT = 20.0  # s without a byte
CHUNK = 1 << 20  # bytes


@dataclass(frozen=True)
class WeightsFile:
    """A file of weights: its name in the cache, where it lies, its hash where that is known."""

    name: str
    urls: tuple[str, ...]
    sha256: str | None = None


FILES: dict[str, tuple[WeightsFile, ...]] = {
    "sfd": (
        WeightsFile(
            "s3fd-619a316812.pth",
            (
                "https://www.adrianbulat.com/downloads/python-fan/s3fd-619a316812.pth",
                "https://huggingface.co/camenduru/Wav2Lip/resolve/main/checkpoints/s3fd-619a316812.pth",
            ),
            "619a31681264d3f7f7fc7a16a42cbbe8b23f31a256f75a366e5a1bcd59b33543",
        ),
    ),
    "yunet": (
        WeightsFile(
            "face_detection_yunet_2023mar.onnx",
            (
                "https://github.com/opencv/opencv_zoo/raw/main/models/face_detection_yunet/face_detection_yunet_2023mar.onnx",
            ),
        ),
    ),
    "retinaface": (
        WeightsFile(
            "retinaface_mobilenet0.25.pth",
            ("https://www.adrianbulat.com/downloads/python-fan/retinaface_mobilenet0.25.pth",),
        ),
    ),
    "scrfd": (
        WeightsFile(
            "scrfd_2.5g_bnkps.onnx",
            ("https://github.com/yakhyo/facial-analysis/releases/download/v0.0.1/det_2.5g.onnx",),
        ),
    ),
    "blazeface": (
        WeightsFile(
            "blazeface.pth",
            ("https://github.com/hollance/BlazeFace-PyTorch/raw/master/blazeface.pth",),
        ),
        WeightsFile(
            "anchors.npy",
            ("https://github.com/hollance/BlazeFace-PyTorch/raw/master/anchors.npy",),
        ),
    ),
}


def torch_folder() -> Path:
    """Where face-alignment keeps its weights too: torch hub's folder."""
    return Path(torch.hub.get_dir()) / "checkpoints"


def _open(url: str) -> Any:
    """The server's answer, or OSError after ANSWER_TIMEOUT.

    In a thread, because looking up a name has no timeout of its own.
    """
    answers: queue.Queue[Any] = queue.Queue()

    def ask() -> None:
        try:
            answers.put(urllib.request.urlopen(url, timeout=READ_TIMEOUT))
        except (OSError, HTTPException, ValueError) as error:
            answers.put(error)

    threading.Thread(target=ask, daemon=True).start()
    try:
        answer = answers.get(timeout=ANSWER_TIMEOUT)
    except queue.Empty:
        raise OSError(f"no answer within {ANSWER_TIMEOUT:g} s") from None
    if isinstance(answer, Exception):
        raise OSError(str(answer))
    return answer


def _download(url: str, target: Path, sha256: str | None) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with _open(url) as answer:
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        part = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                while chunk := answer.read(CHUNK):
                    file.write(chunk)
            size, expected = part.stat().st_size, answer.headers.get("Content-Length")
            if expected is not None and size != int(expected):
                raise OSError(f"{url} broke off after {size} of {expected} bytes")
            with part.open("rb") as file:
                if file.read(64).lstrip().startswith(b"<"):
                    raise OSError(f"{url} answered with a web page")
            if sha256 is not None and sha256_of(part) != sha256:
                raise OSError(f"{url} holds another file than expected (sha256 differs)")
            part.replace(target)
        except HTTPException as error:
            raise OSError(f"{url}: {error}") from error
        finally:
            part.unlink(missing_ok=True)


def find_weights(detector: str) -> tuple[Path, ...]:
    """Paths of a detector's files: from the cache, else downloaded into it.

    Raises OSError, one line a mirror, where neither works.
    """
    paths = []
    for file in FILES[detector]:
        path = torch_folder() / file.name
        problems = []
        for url in file.urls:
            if path.is_file():
                break
            try:
                _download(url, path, file.sha256)
            except OSError as error:
                problems.append(f"{url}: {error}")
        if not path.is_file():
            raise OSError("; ".join(problems))
        paths.append(path)
    return tuple(paths)
