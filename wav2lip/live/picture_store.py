"""Frames of an avatar: packed without loss, unpacked when they are shown."""

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from threading import Lock
from typing import Any, Self

import av.error
import numpy as np
from av import CodecContext, Packet

from wav2lip.errors import InputError
from wav2lip.media.colour import Colours
from wav2lip.media.picture import Picture, plane_of

# FFmpeg's variant of HuffYUV: lossless, every frame by itself. At 1280x720 it packs to 0.4-0.5 MB and unpacks in 6 ms;
# H.264 without loss takes twice the time.
CODEC = "ffvhuff"
UNPACKED_BYTES = 256 * 2**20  # of unpacked pictures that are kept


@dataclass
class PictureStore:
    """Pictures of one size. Threads and sessions may share a store.

    Attributes:
        size: height and width in pixels.
        colours: of all pictures.
        header: of the codec.
        packed: the pictures in order.
    """

    size: tuple[int, int]
    colours: Colours
    header: bytes
    packed: Sequence[bytes | memoryview]
    _unpacked: OrderedDict[int, Picture] = field(default_factory=OrderedDict, repr=False)
    _lock: Lock = field(default_factory=Lock, repr=False)
    _decoder: Any = field(default=None, repr=False)

    @classmethod
    def of(cls, pictures: Iterable[Picture]) -> Self:
        """Pack pictures; at least one."""
        encoder: Any = None
        packed: list[bytes] = []
        size, colours = (0, 0), Colours()
        for number, picture in enumerate(pictures):
            if encoder is None:
                size, colours = picture.size, picture.colours
                encoder = CodecContext.create(CODEC, "w")
                encoder.width, encoder.height = (side + side % 2 for side in size[::-1])
                encoder.pix_fmt, encoder.time_base = "yuv420p", Fraction(1, 25)
                encoder.open()
            frame = picture.coded()
            frame.pts, frame.time_base = number, encoder.time_base
            packed += [bytes(packet) for packet in encoder.encode(frame)]
        packed += [bytes(packet) for packet in encoder.encode(None)]
        return cls(size, colours, bytes(encoder.extradata or b""), packed)

    def __len__(self) -> int:
        return len(self.packed)

    def __getitem__(self, index: int) -> Picture:
        """Return a picture.

        Raises:
            InputError: it is damaged.
        """
        with self._lock:
            if index in self._unpacked:
                self._unpacked.move_to_end(index)
                return self._unpacked[index]
            picture = self._unpack(index)
            self._unpacked[index] = picture
            height, width = self.size
            while len(self._unpacked) > max(2, UNPACKED_BYTES // (height * width * 3 // 2)):
                self._unpacked.popitem(last=False)
            return picture

    def _unpack(self, index: int) -> Picture:
        if self._decoder is None:
            self._decoder = CodecContext.create(CODEC, "r")
            self._decoder.width, self._decoder.height = (
                side + side % 2 for side in self.size[::-1]
            )
            self._decoder.pix_fmt, self._decoder.thread_count = "yuv420p", 1
            self._decoder.extradata = self.header
        try:
            (frame,) = self._decoder.decode(Packet(bytes(self.packed[index])))
        except (av.error.FFmpegError, ValueError) as error:
            raise InputError(
                f"avatar: picture {index} is damaged; make the avatar again"
            ) from error
        height, width = self.size
        halves = slice((height + 1) // 2), slice((width + 1) // 2)
        luma = np.ascontiguousarray(plane_of(frame, 0)[:height, :width])
        blue, red = (np.ascontiguousarray(plane_of(frame, plane)[halves]) for plane in (1, 2))
        return Picture(luma, blue, red, self.colours)
