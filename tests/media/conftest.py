"""Small videos in every condition that breaks tools, made on the spot."""

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

RATE = 16_000  # Hz


def picture(index: int, width: int = 96, height: int = 64) -> NDArray[np.uint8]:
    """A smooth gradient; a white block's place tells the frame's index (8 px a step)."""
    y, x = np.mgrid[0:height, 0:width]
    image = np.stack([60 + x, 60 + y, 180 - x // 2 - y // 2], axis=-1).astype(np.uint8)
    left = index * 8 % (width - 16)
    image[8:24, left : left + 16] = 235
    return image


def block(image: NDArray[np.uint8]) -> int:
    """Where the white block of `picture` is, in steps of 8 px."""
    return round(float(np.median(np.nonzero(image[16].min(axis=-1) > 200)[0])) / 8 - 0.94)


def click(seconds: float, at: float, rate: int = RATE) -> NDArray[np.float32]:
    """Silence with a 10 ms burst of noise at one instant."""
    wav = np.zeros(round(seconds * rate), np.float32)
    burst = np.random.default_rng(0).uniform(-0.8, 0.8, rate // 100)
    wav[round(at * rate) :][: burst.size] = burst
    return wav


def onset(wav: NDArray[np.float32]) -> float:
    """Second at which the sound first exceeds a fifth of its loudest."""
    return float(np.argmax(np.abs(wav) > np.abs(wav).max() / 5)) / RATE


@dataclass(frozen=True)
class Maker:
    """Writes files into a folder, with PyAV alone and none of the code under test."""

    folder: Path
    picture = staticmethod(picture)
    block = staticmethod(block)
    click = staticmethod(click)
    onset = staticmethod(onset)

    def video(
        self,
        name: str,
        times: Sequence[float],
        *,
        size: tuple[int, int] = (96, 64),
        fps: int = 25,
        audio: NDArray[np.float32] | None = None,
        audio_start: float = 0.0,
        codec: str = "libx264",
        audio_codec: str = "aac",
        pix_fmt: str = "yuv420p",
        **options: str,
    ) -> Path:
        path = self.folder / name
        with av.open(str(path), "w", options=options) as output:
            stream = output.add_stream(codec, rate=fps)
            stream.width, stream.height, stream.pix_fmt = *size, pix_fmt
            stream.codec_context.time_base = Fraction(1, 90_000)
            sound = None
            if audio is not None:
                sound = output.add_stream(audio_codec, rate=RATE)
                sound.layout = "mono"
            for index, time in enumerate(times):
                frame = av.VideoFrame.from_ndarray(picture(index, *size), format="bgr24")
                frame.pts, frame.time_base = round(time * 90_000), Fraction(1, 90_000)
                output.mux(stream.encode(frame))
            output.mux(stream.encode(None))
            if sound is not None and audio is not None:
                for start in range(0, audio.size, 1024):
                    piece = av.AudioFrame.from_ndarray(
                        audio[None, start : start + 1024], format="fltp", layout="mono"
                    )
                    piece.sample_rate, piece.pts = RATE, start + round(audio_start * RATE)
                    piece.time_base = Fraction(1, RATE)
                    output.mux(sound.encode(piece))
                output.mux(sound.encode(None))
        return path

    def turned(self, source: Path, name: str) -> Path:
        """A copy of an mp4 whose video's display matrix turns it clockwise by 90 degrees."""
        data = bytearray(source.read_bytes())
        upright = struct.pack(">9i", 1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30)
        clockwise = struct.pack(">9i", 0, 1 << 16, 0, -(1 << 16), 0, 0, 0, 0, 1 << 30)
        header = data.index(b"tkhd")
        at = data.index(upright, header)
        data[at : at + len(upright)] = clockwise
        path = self.folder / name
        path.write_bytes(data)
        return path

    def wav(
        self, name: str, samples: NDArray[np.float32], rate: int = RATE, channels: int = 1
    ) -> Path:
        path = self.folder / name
        with av.open(str(path), "w") as output:
            stream = output.add_stream("pcm_f32le", rate=rate)
            stream.layout = "mono" if channels == 1 else "stereo"
            if samples.size:
                data = np.repeat(samples[:, None], channels, axis=1).reshape(1, -1)
                frame = av.AudioFrame.from_ndarray(data, format="flt", layout=stream.layout.name)
                frame.sample_rate, frame.pts = rate, 0
                output.mux(stream.encode(frame))
            output.mux(stream.encode(None))
        return path

    def image(self, name: str, pixels: NDArray[np.uint8]) -> Path:
        path = self.folder / name
        path.write_bytes(cv2.imencode(path.suffix, pixels)[1].tobytes())
        return path


@pytest.fixture
def make(tmp_path: Path) -> Maker:
    return Maker(tmp_path)


@pytest.fixture
def ticks() -> Callable[[int, float], list[float]]:
    return lambda count, fps: [index / fps for index in range(count)]
