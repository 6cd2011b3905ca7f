import numpy as np
import pytest
from motion_clips import landmarks, rewritten, with_basis, write_motion_clip

from wav2lip.clips import ClipFile
from wav2lip.faces.mesh_embeddings import embed_clip
from wav2lip.models import MeshSyncNet


@pytest.fixture(scope="module")
def network():
    made = MeshSyncNet(width=8, embedding=4, speech=False).eval()
    return with_basis(made)


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clip")
    return folder / write_motion_clip(folder, "one", "train", 0, 1.0).clip


def test_every_window_of_a_clip_is_embedded(clip, network):
    sound, motion = embed_clip(ClipFile(clip), network)
    assert sound.shape == motion.shape == (21, 4)
    np.testing.assert_allclose(np.linalg.norm(sound, axis=1), 1, atol=1e-5)


def test_a_clip_without_a_face_in_half_of_its_frames_is_not(tmp_path, clip, network):
    mesh = np.full((25, 468, 3), np.nan)
    mesh[:12] = landmarks(np.zeros((12, 1)))
    assert embed_clip(ClipFile(rewritten(tmp_path / "few", clip, mesh)), network) is None
