import shutil
from dataclasses import replace

import cv2
import numpy as np
import pytest
import torch
from skimage import data

from wav2lip.checkpoints import CHECKPOINTS, RemoteFile, build_network, bundled, save_network
from wav2lip.errors import InputError
from wav2lip.evaluation.face_crops import CropCollector
from wav2lip.evaluation.face_tracks import FaceTracks
from wav2lip.evaluation.judge import expert_mels, load_judge
from wav2lip.evaluation.segments import largest_face, read_pcm
from wav2lip.evaluation.views import FrameView, TrackView
from wav2lip.faces.detectors import build_detector
from wav2lip.metrics import SyncNetV2Judge
from wav2lip.models import SyncNetV2
from wav2lip.synthetic.clips import synthesize, write_synthetic_video
from wav2lip.types import SILENCE


def test_an_expert_is_shown_the_face_that_it_was_trained_on(judge):
    assert judge.label == "own expert expert.ckpt (not comparable with published scores)"
    assert judge.clip_view.size == judge.track_view.size == 48
    assert judge.clip_view.needs_face
    assert not judge.published
    assert len(judge.facts()["sha256"]) == 64


def test_an_expert_of_other_windows_than_the_scores_is_refused(tmp_path):
    config = {"_target_": "wav2lip.models.SyncNet", "width": 0.25, "image_size": 48, "window": 16}
    save_network(tmp_path / "long.safetensors", build_network(config), config, {})
    with pytest.raises(InputError, match="is an expert of 16 frames; scores need one of 5"):
        load_judge(str(tmp_path / "long.safetensors"))


def test_a_judge_of_aligned_crops_is_shown_such(tmp_path):
    config = {"_target_": "wav2lip.models.SyncNet", "width": 0.25, "image_size": 48}
    save_network(
        tmp_path / "a.safetensors", build_network(config), config, {"face_crop": "aligned"}
    )
    save_network(tmp_path / "b.safetensors", build_network(config), config, {})
    aligned, level = (load_judge(str(tmp_path / f"{name}.safetensors")) for name in "ab")
    assert aligned.clip_view.face_crop == aligned.track_view.face_crop == "aligned"
    assert level.track_view.face_crop == "s3fd"
    image = data.astronaut()[:320, 60:380, ::-1].copy()
    turn = cv2.getRotationMatrix2D((160, 120), -20, 1)
    image = cv2.warpAffine(image, turn, (320, 320), borderMode=cv2.BORDER_REPLICATE)
    made = replace(synthesize(3, 0.48), frames=np.repeat(image[None], 12, axis=0))
    write_synthetic_video(tmp_path / "a.mp4", made)
    crops = CropCollector()
    pcm, detector = read_pcm(tmp_path / "a.mp4"), build_detector("blazeface")
    list(largest_face(tmp_path / "a.mp4", pcm, detector, aligned.clip_view, crops=crops))
    assert 15 < crops.crops[5].roll < 25
    with pytest.raises(InputError, match="was trained on aligned crops"):
        list(FaceTracks()(tmp_path / "a.mp4", pcm, detector, aligned))


def test_syncnet_v2_is_told_by_its_weights(tmp_path, monkeypatch):
    path = tmp_path / "anything.model"
    torch.save(SyncNetV2().state_dict(), path)
    judge = load_judge(str(path))
    assert isinstance(judge.judge, SyncNetV2Judge)
    assert judge.published
    assert judge.label == "SyncNet v2 with the weights of anything.model (not the published file)"
    assert isinstance(judge.clip_view, FrameView)
    assert isinstance(judge.track_view, TrackView)
    known = RemoteFile("", 0, judge.sha256, ())
    monkeypatch.setitem(CHECKPOINTS, "syncnet_v2", known)
    assert load_judge(str(path)).label == "SyncNet v2 (published)"


def test_the_sound_of_a_window_starts_with_its_first_frame():
    pcm = np.zeros(16000, np.int16)
    pcm[640 * 10 :] = np.random.default_rng(0).integers(-9000, 9000, 16000 - 6400)
    windows = expert_mels(pcm, 20)
    assert windows.shape == (20, 80, 16)
    # Frame 10 is column 32. A column looks 25 ms, two columns, to either side.
    assert (windows[4, :, :16] == SILENCE).all()  # columns 12-27
    assert (windows[10] > SILENCE).mean() > 0.95
    assert (windows[7, :, 11:] > SILENCE).mean() > 0.8  # columns 22-37, from 33 on


def test_what_is_no_judge_is_named(generator_file, tmp_path, monkeypatch):
    with pytest.raises(InputError, match=r"tiny\.safetensors: holds a Generator, not a judge"):
        load_judge(str(generator_file))
    with pytest.raises(InputError, match=r"no\.ckpt: no such checkpoint file"):
        load_judge(str(tmp_path / "no.ckpt"))
    monkeypatch.setattr(bundled, "JUDGE", tmp_path / "judge.safetensors")
    with pytest.raises(InputError, match="bundled:judge: not bundled with this package; give"):
        load_judge()


def test_a_judge_runs_on_the_cpu_where_no_library_has_the_device(caplog):
    judge = load_judge("bundled:judge", "cuda:99")  # torch lacks it, so the exported file is taken
    assert judge.path.endswith("judge.onnx")
    assert "has no provider for cuda:99, so the judge runs on the CPU" in caplog.text


def test_the_bundled_judge_goes_by_its_own_name(judge_file, tmp_path, monkeypatch):
    monkeypatch.setattr(bundled, "JUDGE", tmp_path / "judge.safetensors")
    shutil.copy(judge_file, tmp_path / "judge.safetensors")
    assert load_judge("bundled:judge").path == str(tmp_path / "judge.safetensors")
    assert load_judge().path == str(tmp_path / "judge.safetensors")
    with pytest.raises(
        InputError, match="default: is a generator, not a sync expert; use bundled:"
    ):
        load_judge("default")
