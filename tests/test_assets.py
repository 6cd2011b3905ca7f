"""The bundled checkpoint: small, ours, and it redraws the mouth and nothing else."""

from pathlib import Path

import numpy as np
import soundfile

from wav2lip.checkpoints import DEFAULT, load_network
from wav2lip.inference.lip_syncer import LipSyncer
from wav2lip.media.audio import SAMPLE_RATE, load_wav
from wav2lip.media.video import read_image

ROOT = Path(__file__).resolve().parents[1]
SECONDS = 0.4


def test_is_small_and_says_how_to_use_it():
    assert DEFAULT.stat().st_size < 20e6
    loaded = load_network("default", "generator")
    assert loaded.config["_target_"] == "wav2lip.models.Generator"
    assert loaded.metadata["image_size"] == 96
    assert loaded.metadata["fps"] == 25
    assert loaded.metadata["mel_offset_frames"] == -2


def test_redraws_the_lower_face_of_the_sample_and_nothing_else(tmp_path):
    portrait = ROOT / "data" / "astronaut.jpg"
    speech = load_wav(ROOT / "data" / "speech.wav")[: int(SECONDS * SAMPLE_RATE)]
    soundfile.write(tmp_path / "speech.wav", speech, SAMPLE_RATE)
    syncer = LipSyncer.from_checkpoint("default", device="cpu")
    talking = list(syncer.frames(portrait, tmp_path / "speech.wav"))
    assert len(talking) == 10
    x0, y0, x1, y1 = np.round(talking[0].boxes[0]).astype(int)
    frames = np.stack([item.image for item in talking]).astype(int)
    change = np.abs(frames - read_image(portrait)).mean(axis=(0, 3))
    assert change.shape == (512, 512)
    lips = change[
        y0 + 3 * (y1 - y0) // 5 : y0 + 4 * (y1 - y0) // 5, x0 + (x1 - x0) // 3 : x1 - (x1 - x0) // 3
    ]
    assert 1 < lips.mean() < 40
    assert change[: y0 + 2 * (y1 - y0) // 5].max() == 0
    assert change[:, : x0 - 1].max() == change[:, x1 + 2 :].max() == 0
