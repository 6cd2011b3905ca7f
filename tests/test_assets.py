"""The bundled networks: small, ours; the generator's mouth follows the sound, and nothing else does."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hydra import compose, initialize_config_module
from omegaconf import OmegaConf

from wav2lip.checkpoints import load_network
from wav2lip.checkpoints.bundled import EXPERT, GENERATOR, JUDGE, MESH_EXPERT, find_exported
from wav2lip.checkpoints.exported import load_exported
from wav2lip.inference.lip_syncer import LipSyncer
from wav2lip.media.audio import load_wav
from wav2lip.media.colour import BT709
from wav2lip.media.picture import Picture
from wav2lip.media.video import read_image
from wav2lip.types import SAMPLE_RATE
from wav2lip.utils.files import sha256_of

ROOT = Path(__file__).resolve().parents[1]
PORTRAIT = ROOT / "data" / "astronaut.jpg"
FRAME = SAMPLE_RATE // 25  # samples
SPEECH = ROOT / "data" / "speech.wav"


def test_is_small_and_says_how_to_use_it():
    assert GENERATOR.stat().st_size < 20e6
    loaded = load_network("default", "generator")
    assert loaded.config["_target_"] == "wav2lip.models.MeshGenerator"
    assert loaded.config["lookahead_ms"] == 260
    assert loaded.metadata["face_crop"] == "aligned"


def test_the_exported_file_is_of_the_bundled_generator():
    exported = find_exported("bundled:generator")
    assert exported is not None
    entry = json.loads(load_exported(exported).file.properties["wav2lip"])
    assert entry["checkpoint_sha256"] == sha256_of(exported.with_suffix(".safetensors"))


def test_the_judge_is_not_the_expert_that_trained_the_generator():
    assert JUDGE.stat().st_size < 20e6
    assert MESH_EXPERT.stat().st_size < 2e6
    judge = load_network("bundled:judge", "syncnet")
    expert = load_network("bundled:mesh_expert", "mesh_syncnet")
    metadata = load_network("default", "generator").metadata
    assert metadata["expert_id"] == expert.identity != judge.identity


def test_the_expert_is_the_network_of_its_experiment_and_no_judge_of_what_it_trains():
    assert EXPERT.stat().st_size < 1.6e6
    loaded = load_network("bundled:expert", "syncnet")
    assert sum(p.numel() for p in loaded.network.parameters()) == 762_800
    with initialize_config_module("wav2lip.configs", version_base="1.3"):
        config = compose("train", ["experiment=bundled/expert"])
        default = compose("train", ["experiment=wav2lip"]).task.expert
    assert OmegaConf.to_container(config.task.syncnet, resolve=True) == loaded.config
    assert default == "bundled:expert"
    assert loaded.metadata["face_crop"] == "aligned"
    assert loaded.identity != load_network("bundled:judge", "syncnet").identity


def talk(wav, folder):
    """Luma of every frame (T, 512, 512) of the portrait saying `wav`, and the face's box."""
    soundfile.write(folder / "speech.wav", wav, SAMPLE_RATE)
    syncer = LipSyncer.from_checkpoint("default", device="cpu")
    talking = list(syncer.frames(PORTRAIT, folder / "speech.wav"))
    return np.stack([item.picture.luma for item in talking]).astype(int), talking[0].boxes[0]


@pytest.fixture(scope="module")
def speech():
    wav = load_wav(SPEECH)
    return wav[: len(wav) // FRAME * FRAME]


@pytest.fixture(scope="module")
def said(speech, tmp_path_factory):
    return talk(speech, tmp_path_factory.mktemp("said"))


def test_only_the_lower_face_of_the_sample_is_redrawn(said):
    frames, box = said
    assert frames.shape == (261, 512, 512)
    x0, y0, x1, y1 = np.round(box).astype(int)
    source = Picture.of(read_image(PORTRAIT), BT709).luma.astype(int)
    change = np.abs(frames - source).mean(axis=0)
    assert change[: y0 + 2 * (y1 - y0) // 5].max() == 0
    around = (x1 - x0) // 4  # the surroundings of the face follow its outline
    assert change[:, : x0 - around].max() == change[:, x1 + around :].max() == 0
    lips = change[
        y0 + 3 * (y1 - y0) // 5 : y0 + 4 * (y1 - y0) // 5, x0 + (x1 - x0) // 3 : x1 - (x1 - x0) // 3
    ]
    assert 1 < lips.mean() < 40


def test_other_sound_changes_the_mouth_and_nothing_else(said, speech, tmp_path):
    frames, box = said
    others, _ = talk(speech[::-1].copy(), tmp_path)
    x0, y0, x1, y1 = np.round(box).astype(int)
    change = np.abs(frames - others).mean(axis=0)
    rows, columns = slice((y0 + y1) // 2, y1), slice(x0 + (x1 - x0) // 4, x1 - (x1 - x0) // 4)
    assert change[rows, columns].mean() > 1.5
    assert change[rows, columns].sum() > 0.5 * change.sum()  # of all change, in the middle half
    outside, around = change.copy(), (x1 - x0) // 4
    outside[y0 + 2 * (y1 - y0) // 5 : y1 + around, x0 - around : x1 + around] = 0
    assert outside.max() == 0


@pytest.fixture(scope="module")
def silent(tmp_path_factory):
    frames, _ = talk(np.zeros(2 * SAMPLE_RATE, np.float32), tmp_path_factory.mktemp("silent"))
    return frames


def lower_face(frames, box):
    x0, y0, x1, y1 = np.round(box).astype(int)
    return frames[:, (y0 + y1) // 2 : y1, x0:x1]


def test_the_mouth_leaves_its_rest_with_the_voice_and_comes_back_in_pauses(said, silent, speech):
    frames, box = said
    rest = lower_face(silent, box)[25]
    away = np.abs(lower_face(frames, box) - rest).mean(axis=(1, 2))
    samples = speech.reshape(-1, FRAME)[: len(frames)]
    level = 10 * np.log10((samples**2).mean(axis=1) + 1e-8)
    assert np.corrcoef(away, level)[0, 1] > 0.3
    assert away[level < level.max() - 35].mean() < 0.6 * away[level > level.max() - 15].mean()


def test_the_mouth_rests_in_silence(said, silent):
    frames, box = said
    moved, rested = (np.abs(np.diff(lower_face(f, box), axis=0)).mean() for f in (frames, silent))
    assert rested < 0.1 * moved
