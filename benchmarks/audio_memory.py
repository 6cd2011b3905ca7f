"""Measure how much memory the sound of a run of infer.py takes, and how long reading it takes.

    python benchmarks/audio_memory.py             one hour
    python benchmarks/audio_memory.py --hours 10

Writes a WAV file of that length (115 MB per hour, 16 kHz mono, speech-like noise with pauses) to a
temporary folder, then does what infer.py does with it: finds its pauses, asks for the mel windows of
every frame at 25 fps in batches of 8, and copies its packets to the output. Prints the peak of the
resident memory above that of the same steps on ten seconds of sound.
"""

import argparse
import os
import time
import wave
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import av
import numpy as np

from wav2lip.media.alignment import frame_times
from wav2lip.media.audio import read_mono
from wav2lip.media.mel_reader import MelReader
from wav2lip.media.pcm import to_pcm
from wav2lip.media.soundtrack import SoundTrack
from wav2lip.types import FPS, SAMPLE_RATE
from wav2lip.utils.platform import peak_memory

BATCH = 8  # frames
WARM_UP = 10.0  # seconds of sound; loads every library
LIMIT = 200.0  # MB above the base that ten hours may take


def write_sound(path: Path, seconds: float) -> None:
    """Write noise whose loudness changes twice a second; a fifth of it is pauses."""
    rng = np.random.default_rng(0)
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, SAMPLE_RATE, 0, "NONE", ""))
        for _ in range(round(seconds / 10)):
            loudness = rng.choice([0.1, 0.1, 0.05, 0.02, 0.0005], 20)
            noise = rng.standard_normal(10 * SAMPLE_RATE, np.float32)
            file.writeframes(to_pcm(noise * loudness.repeat(SAMPLE_RATE // 2)).tobytes())


def read_all(path: Path) -> tuple[float, float]:
    """Pass a sound through the sound path; seconds until the first window, and in all."""
    start = time.perf_counter()
    reader = MelReader(partial(read_mono, path), mute_pauses=True)
    times = frame_times(round(reader.seconds * FPS), FPS)
    reader.windows(times[:BATCH])
    first = time.perf_counter() - start
    with av.open(os.devnull, "w", format="null") as output:
        track = SoundTrack(output, path, ".mkv")
        for at in range(0, len(times), BATCH):
            reader.windows(times[at : at + BATCH])
            track.feed(float(times[at]))
        track.close()
    return first, time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--hours", type=float, default=1.0, help="length of the sound")
    hours = parser.parse_args().hours
    with TemporaryDirectory() as folder:
        sound = Path(folder) / "sound.wav"
        write_sound(sound, WARM_UP)
        read_all(sound)
        base = peak_memory()
        write_sound(sound, 3600 * hours)
        first, seconds = read_all(sound)
    above = (peak_memory() - base) / 1e6
    print(f"sound: {hours:g} h, first window after {first:.1f} s, all after {seconds:.1f} s")
    print(
        f"memory: base {base / 1e6:.0f} MB, {above:.0f} MB above it (at most {LIMIT:.0f} for 10 h)"
    )


if __name__ == "__main__":
    main()
