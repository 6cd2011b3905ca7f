import cv2
import numpy as np
import pytest
import torch
from motion_clips import with_basis, write_motion_clip

from wav2lip.clips import ClipFile, write_clip
from wav2lip.evaluation.card_conditions import (
    CONDITIONS,
    SHIFTS,
    UNCHANGED,
    Condition,
    conditioned_clip,
)
from wav2lip.evaluation.card_embeddings import embed_under
from wav2lip.faces.mesh import FaceMesh, Region
from wav2lip.metrics.judges import ExpertJudge
from wav2lip.models import MeshSyncNet
from wav2lip.synthetic.clips import synthesize, write_synthetic_clip


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    made = MeshSyncNet(width=8, speech=False).eval()
    return with_basis(made)


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    """Ten frames of the sample portrait with its mesh, and the sound of a voice."""
    folder = tmp_path_factory.mktemp("clip")
    spoken = ClipFile(folder / write_motion_clip(folder, "voice", "val", 0, 0.4).clip)
    image = cv2.imread("data/astronaut.jpg")
    box = np.array([170, 60, 290, 180], np.float32)
    points, _ = FaceMesh()(image, Region.of_box(box))
    crop = cv2.resize(image[45:195, 155:305], (192, 192))  # a margin of 0.125 on each side
    mesh = (points - [170, 60, 0]) / 120
    write_clip(
        folder / "face.safetensors",
        [cv2.imencode(".jpg", crop)[1].tobytes()] * 10,
        np.tile(box, (10, 1)),
        np.arange(10) / 25,
        spoken.whole_mel.T,
        spoken.pcm(),
        {"source": "face", "fps": 25.0, "crop_size": 192, "pad": 0.125},
        landmarks=np.repeat(mesh[None], 10, axis=0),
    )
    return ClipFile(folder / "face.safetensors")


def apart(clip, network, condition):
    plain, changed = (embed_under(network, clip, c)[1] for c in (Condition(), condition))
    return float(np.abs(plain - changed).max())


def test_the_mesh_is_fitted_to_the_changed_picture(clip, network):
    sound, motion = embed_under(network, clip)
    assert sound.shape == motion.shape == (6, 64)
    moved = [apart(clip, network, condition) for condition in SHIFTS.values()]
    assert 0 < max(moved) < 0.1  # a region that follows the face gives the same mesh
    coarse = apart(clip, network, next(iter(CONDITIONS.values())))
    assert 0 < coarse < 0.3
    assert 0 < apart(clip, network, Condition(crf=35)) < 0.3


def test_noise_and_other_sounds_change_the_sound_alone(clip, network):
    plain = embed_under(network, clip)
    noisy = embed_under(network, clip, Condition(snr=10.0))
    np.testing.assert_array_equal(noisy[1], plain[1])
    assert np.abs(noisy[0] - plain[0]).max() > 0.01
    silent = embed_under(network, clip, pcm=np.zeros(10 * 640, np.int16))
    np.testing.assert_array_equal(silent[1], plain[1])
    assert embed_under(network, clip, pcm=np.zeros(640, np.int16)) is None


def test_a_clip_at_another_rate_is_measured_at_25(untrained_expert, tmp_path, monkeypatch):
    write_synthetic_clip(tmp_path, "fast", synthesize(1, 2.0, fps=30.0), image_size=48)
    file = ClipFile(tmp_path / "clips" / "fast.safetensors")
    shown = []

    def embed(judge, faces, pcm, count):
        shown.append((len(faces), count))
        shown.append(faces)

    monkeypatch.setattr(ExpertJudge, "embed", embed)
    embed_under(untrained_expert, file)
    own, _ = conditioned_clip(file, untrained_expert.image_size, UNCHANGED)
    (count, windows), faces = shown
    assert (len(own), count, windows) == (60, 50, 46)
    assert (faces[25] == own[30]).all()  # after a second
