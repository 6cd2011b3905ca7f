"""Write the sound of a file into an output: its packets are copied if possible, else encoded."""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

from av import AudioFrame

from wav2lip.errors import InputError
from wav2lip.media.audio import read_channels
from wav2lip.media.container import audio_stream, open_media, start_time
from wav2lip.media.timeline import TrackClock

COPIED = {  # suffix of the output -> codecs that can be copied to it and that players support
    ".mp4": {"aac", "mp3", "ac3", "eac3", "alac", "opus", "flac"},
    ".m4v": {"aac", "ac3", "eac3", "alac"},
    ".mov": {"aac", "mp3", "ac3", "eac3", "alac", "pcm_s16le", "pcm_s24le"},
    ".mkv": {"aac", "mp3", "ac3", "eac3", "opus", "vorbis", "flac", "pcm_s16le", "pcm_s24le"},
    ".webm": {"opus", "vorbis"},
}
# Bytes of a codec's own header, without which its packets cannot be copied. Damaged files lose it.
HEADERS = {"opus": 19, "flac": 34, "alac": 24, "vorbis": 30}
ENCODER = {".webm": "libopus"}  # AAC for the others
BIT_RATE = 96_000  # bits per second and channel
# Sample rates in Hz that the encoders support.
AAC_RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000, 64000, 88200, 96000)
OPUS_RATES = (8000, 12000, 16000, 24000, 48000)
PREROLL = 2  # packets before the start that a decoder needs to warm up
MP3_RATE = 16_000  # Hz, the least of an MP3 in .mp4 and .mov
DEFAULT_RATE = 48_000  # Hz, if the encoder does not support the rate of the source


def _timed(packet: Any) -> tuple[float, Any]:
    return float(packet.pts * packet.time_base), packet


class SoundTrack:
    """Write the sound of a file into an output container in step with its video.

    Time 0 is that of sample 0 of `load_wav`. Packets are read only as far as they are asked for, so
    that memory does not grow with the length of the sound.

    Args:
        output: an `av` output container.
        path: any file with sound.
        suffix: that of the output, which decides on the codec.

    Attributes:
        copied: whether packets are copied; otherwise the sound is encoded.

    Raises:
        InputError: The file has no sound track.
    """

    def __init__(self, output: Any, path: str | os.PathLike[str], suffix: str) -> None:
        self._output, self._path = output, path
        self._files = ExitStack()
        with open_media(path) as container:
            probed = audio_stream(container)
            if probed is None:
                raise InputError(f"{path}: has no sound track; give a file with sound")
            codec = probed.codec_context.codec.canonical_name
            slow = codec == "mp3" and suffix != ".mkv" and probed.rate < MP3_RATE
            whole = len(probed.codec_context.extradata or b"") >= HEADERS.get(codec, 0)
            self._zero = start_time(container)
        self.copied = whole and not slow and codec in COPIED[suffix]
        container = self._files.enter_context(open_media(path))
        source = audio_stream(container)
        if self.copied:
            self._stream = output.add_stream_from_template(source)
            self._packets = self._copy(container, source)
        else:
            self._stream = self._add_encoder(source, ENCODER.get(suffix, "aac"))
            self._packets = self._encode(path)
        self._next: tuple[float, Any] | None = None

    def _add_encoder(self, source: Any, encoder: str) -> Any:
        rates = OPUS_RATES if encoder == "libopus" else AAC_RATES
        rate = source.rate if source.rate in rates else DEFAULT_RATE
        channels = 1 if source.channels == 1 else 2
        stream = self._output.add_stream(encoder, rate=rate)
        stream.layout = "mono" if channels == 1 else "stereo"
        stream.bit_rate = BIT_RATE * channels
        return stream

    def _copy(self, container: Any, source: Any) -> Iterator[tuple[float, Any]]:
        """Copy packets with times from 0; those that end before 0 are dropped except the preroll."""
        clock = TrackClock(self._path, self._zero)
        last: int | None = None
        for packet in container.demux(source):
            if packet.dts is None or packet.size == 0:
                continue
            raw = float((packet.dts if packet.pts is None else packet.pts) * source.time_base)
            shift = round((self._zero + raw - clock(raw)) / source.time_base)
            packet.dts -= shift
            packet.pts = packet.dts if packet.pts is None else packet.pts - shift
            time = float(packet.pts * source.time_base)
            length = float((packet.duration or 0) * source.time_base)
            if time < 0 and time + (PREROLL + 0.5) * length <= 0:
                continue
            if last is not None and packet.dts <= last:
                continue
            last = packet.dts
            packet.stream = self._stream
            yield time, packet

    def _encode(self, path: str | os.PathLike[str]) -> Iterator[tuple[float, Any]]:
        rate, layout = self._stream.rate, self._stream.layout.name
        count = 0
        for samples in read_channels(path, rate, layout):
            frame = AudioFrame.from_ndarray(samples, format="fltp", layout=layout)
            frame.sample_rate, frame.pts = rate, count
            yield from map(_timed, self._stream.encode(frame))
            count += samples.shape[1]
        yield from map(_timed, self._stream.encode(None))

    def feed(self, until: float) -> None:
        """Write every packet that starts before `until` seconds."""
        while True:
            if self._next is None:
                self._next = next(self._packets, None)
            if self._next is None or self._next[0] >= until:
                return
            self._output.mux(self._next[1])
            self._next = None

    def close(self) -> None:
        """Close the source file."""
        self._files.close()
