"""Measure what the muting of pauses mutes: noise, music and breath, and no speech.

    python benchmarks/voice_activity.py SPEECH...            the sounds that the thresholds were not tuned on
    python benchmarks/voice_activity.py --tuning SPEECH...   other seeds, for tuning
    python benchmarks/voice_activity.py --denoise SPEECH...  what `--denoise` changes, instead

SPEECH are files with clear speech. Noise, music, breath and harder versions of the speech (whispered,
shouted, quiet, far away) are made by code (`sound_mixtures.py`). The bundled generator animates a portrait
for each sound, once without and once with muted pauses. Motion is the change of the mouth's grey levels from
frame to frame. Prints tables in Markdown:

- sounds without voice: motion with muted pauses, of that in speech, and the same by level alone, the rule
  before there was voice activity;
- speech: the share of its motion that is kept, over the frames in which the recording is within 25 dB of its
  loud parts. Of a frame that moves more when muted only the motion without muting counts.
"""

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sound_mixtures import BREATH, HARDER, MUSIC, NOISE, at_level, generator_of

from wav2lip.checkpoints import load_network
from wav2lip.engines import TorchEngine
from wav2lip.faces.crops import Crop, cut_face
from wav2lip.faces.detectors import build_detector
from wav2lip.media.alignment import MelArray, frame_times
from wav2lip.media.audio import load_wav
from wav2lip.media.denoise import denoised
from wav2lip.media.mel import mel_spectrogram
from wav2lip.media.pauses import column_power, find_pauses, mute_pauses, read_pauses
from wav2lip.media.pcm import to_pcm
from wav2lip.media.video import read_image
from wav2lip.media.voice_activity import voice_activity
from wav2lip.metrics.mouth_motion import mouth_luma
from wav2lip.metrics.pause_motion import speech_and_pauses
from wav2lip.types import FPS, SAMPLE_RATE, SAMPLES_PER_FRAME, Mel, Wav
from wav2lip.utils.platform import cpu_count

PORTRAIT = Path(__file__).resolve().parents[1] / "data" / "astronaut.jpg"
SECONDS = 10.0  # of each sound without voice
LEVELS = (-15.0, -25.0, -40.0)  # dB of full scale, RMS
SHOWN_LEVEL = -25.0  # the one whose motion is measured
SPEED_SECONDS = 60

Floats = NDArray[np.float64]
Pauses = list[tuple[int, int]]


class Portrait:
    """The mouth of one photo, rendered frame by frame; equal mel windows are rendered once."""

    def __init__(self) -> None:
        loaded = load_network("default", "generator")
        self.engine = TorchEngine(loaded.network)
        self.offset = loaded.metadata["mel_offset_frames"] / FPS
        image = read_image(PORTRAIT)
        box = build_detector("auto").detect(image)[0, :4]
        self.crop = cut_face(image, Crop.of_box(box))
        self.rendered: dict[bytes, Floats] = {}

    def mouths(self, mel: Mel, count: int) -> Floats:
        """Grey levels of the mouth (count, 48, 48) in each of `count` frames."""
        windows = MelArray(mel).windows(frame_times(count, FPS) + self.offset)
        keys = [window.tobytes() for window in windows]
        new = {key: at for at, key in enumerate(keys) if key not in self.rendered}
        numbers = list(new.values())
        for first in range(0, len(numbers), self.engine.max_batch):
            part = numbers[first : first + self.engine.max_batch]
            faces = self.engine.render([self.crop] * len(part), windows[part])
            for at, luma in zip(part, mouth_luma(np.stack(faces)), strict=True):
                self.rendered[keys[at]] = luma
        return np.stack([self.rendered[key] for key in keys])

    def motion(self, mel: Mel, count: int) -> Floats:
        """Mean change of the mouth before each of `count` frames, in grey levels."""
        change = np.abs(np.diff(self.mouths(mel, count), axis=0)).mean(axis=(1, 2))
        return np.concatenate([[0.0], change])


def by_level(wav: Wav) -> Pauses:
    """Pauses by level alone."""
    power = column_power([wav])[0]
    return find_pauses(power, np.ones(len(power), np.float32))


def by_voice(wav: Wav) -> Pauses:
    return read_pauses([wav])[0]


def muted_share(wav: Wav) -> float:
    return sum(stop - start for start, stop in by_voice(wav)) / (1 + len(wav) // 200)


def motions(portrait: Portrait, wav: Wav, *rules: Callable[[Wav], Pauses]) -> list[Floats]:
    """Motion without muting, then with the pauses of each rule."""
    mel, count = mel_spectrogram(wav), len(wav) // SAMPLES_PER_FRAME
    portrait.rendered.clear()
    mels = [mel, *(mute_pauses(mel, rule(wav)) for rule in rules)]
    return [portrait.motion(each, count) for each in mels]


def read_speech(path: Path, seconds: float) -> Wav:
    wav = load_wav(path)[: round(seconds * SAMPLE_RATE)]
    return np.asarray(wav[: len(wav) // SAMPLES_PER_FRAME * SAMPLES_PER_FRAME], np.float32)


def speech_table(portrait: Portrait, files: list[Path], seconds: float, seed: str) -> float:
    """Print the table of speech; the mean motion in it."""
    kept: dict[str, list[float]] = {name: [] for name in HARDER}
    moved, still = [], []
    print("\n| speech | " + " | ".join(HARDER) + " |\n|---|" + "---|" * len(HARDER))
    for path in files:
        clean = read_speech(path, seconds)
        speech, pauses = speech_and_pauses(to_pcm(clean), len(clean) // SAMPLES_PER_FRAME)
        row = []
        for name, make in HARDER.items():
            wav = make(clean, generator_of(seed, path.name, name))
            free, level, voice = motions(portrait, wav, by_level, by_voice)
            row.append(float(np.minimum(free, voice)[speech].sum() / free[speech].sum()))
            kept[name].append(row[-1])
            if name == "as recorded":
                moved.append(free[speech].mean())
                if pauses.any():
                    still.append([m[pauses].mean() for m in (free, level, voice)])
        print(f"| {path.stem} | " + " | ".join(f"{100 * share:.1f}" for share in row) + " |")
    print("| **mean** | " + " | ".join(f"{100 * np.mean(v):.1f}" for v in kept.values()) + " |")
    print("| **worst** | " + " | ".join(f"{100 * min(v):.1f}" for v in kept.values()) + " |")
    spoken = float(np.mean(moved))
    if still:
        shares = 100 * np.mean(still, axis=0) / spoken
        print(
            f"\nmotion in the pauses of {len(still)} recordings, of that in speech: "
            f"not muted {shares[0]:.1f} %, by level {shares[1]:.1f} %, by voice {shares[2]:.1f} %"
        )
    return spoken


def other_table(portrait: Portrait, spoken: float, seed: str) -> None:
    """Print the table of sounds without voice."""
    count = round(SECONDS * SAMPLE_RATE)
    levels = ", ".join(f"{level:g}" for level in LEVELS)
    print(
        "\n| sound | motion, not muted | motion, by level | motion, by voice "
        f"| not muted at {levels} dB |\n|---|---|---|---|---|"
    )
    for group in (NOISE, MUSIC, BREATH):
        for name, make in group.items():
            sounds = {
                level: at_level(make(count, generator_of(seed, name, level)), level)
                for level in LEVELS
            }
            moved = motions(portrait, sounds[SHOWN_LEVEL], by_level, by_voice)
            shares = " | ".join(f"{100 * m.mean() / spoken:.1f} %" for m in moved)
            open_shares = ", ".join(f"{100 * (1 - muted_share(w)):.1f}" for w in sounds.values())
            print(f"| {name} | {shares} | {open_shares} % |")


def denoise_table(portrait: Portrait, files: list[Path], seconds: float) -> None:
    """Print how far the mouth of noisy speech is from that of clean speech, with and without denoising."""
    errors: dict[tuple[str, float], list[list[float]]] = {}
    for path in files:
        clean = read_speech(path, seconds)
        clean = at_level(clean, -20)
        count = len(clean) // SAMPLES_PER_FRAME
        portrait.rendered.clear()
        truth = portrait.mouths(mel_spectrogram(clean), count)
        spread = np.abs(truth - truth.mean(axis=0)).mean()
        for name in ("pink", "fan", "engine"):
            for ratio in (20.0, 10.0, 0.0):
                noise = NOISE[name](len(clean), generator_of(path.name, name))
                noisy = clean + at_level(noise, -20 - ratio)
                sounds = (noisy, np.concatenate(list(denoised([noisy]))))
                found = [portrait.mouths(mel_spectrogram(sound), count) for sound in sounds]
                row = [float(np.abs(each - truth).mean() / spread) for each in found]
                errors.setdefault((name, ratio), []).append(row)
    print("\n| noise | ratio | error | error, denoised |\n|---|---|---|---|")
    for (name, ratio), rows in errors.items():
        without, with_it = 100 * np.mean(rows, axis=0)
        print(f"| {name} | {ratio:g} dB | {without:.0f} % | {with_it:.0f} % |")


def speed(path: Path) -> None:
    """Print how fast voice activity is on one thread."""
    wav = np.resize(load_wav(path), SPEED_SECONDS * SAMPLE_RATE)
    voice_activity([wav[:SAMPLE_RATE]])
    wall, processor = time.perf_counter(), time.process_time()
    voice_activity([wav])
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    print(
        f"voice activity: {SPEED_SECONDS / wall:.0f} times real time, "
        f"{1e6 * processor / (SPEED_SECONDS * SAMPLE_RATE / 512):.0f} us of one processor "
        f"per block of 32 ms ({cpu_count()} cores)"
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("speech", nargs="+", type=Path, help="files with clear speech")
    parser.add_argument("--seconds", type=float, default=8.0, help="used of each (default: 8)")
    parser.add_argument("--tuning", action="store_true", help="the seeds used for tuning")
    parser.add_argument("--denoise", action="store_true", help="measure `--denoise` instead")
    options = parser.parse_args()
    seed = "tuning" if options.tuning else "report"
    speed(options.speech[0])
    portrait = Portrait()
    if options.denoise:
        denoise_table(portrait, options.speech, options.seconds)
        return
    spoken = speech_table(portrait, options.speech, options.seconds, seed)
    other_table(portrait, spoken, seed)


if __name__ == "__main__":
    main()
