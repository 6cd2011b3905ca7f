from functools import partial

import cv2
import numpy as np
import pytest

from wav2lip.clips import ClipFile, read_manifest
from wav2lip.data.augment import NO_AUGMENT
from wav2lip.data.datamodule import load_clips
from wav2lip.data.datasets import SyncDataset
from wav2lip.errors import InputError
from wav2lip.execution.pool import run_in_pool
from wav2lip.media.mel import mel_spectrogram
from wav2lip.media.pcm import from_pcm, to_pcm, write_wav
from wav2lip.preprocessing.clip import Video
from wav2lip.preprocessing.corpus import plan_jobs, preprocess
from wav2lip.preprocessing.frame_folders import frames_to_clips
from wav2lip.preprocessing.settings import ClipSettings
from wav2lip.synthetic.clips import synthesize


def write_frame_folder(folder, seed, missing=(), seconds=2.0):
    """A clip as the published preprocessing leaves it: face boxes of any shape, and the sound."""
    folder.mkdir(parents=True)
    clip = synthesize(seed, seconds, size=160)
    for number, (frame, box) in enumerate(zip(clip.frames, clip.boxes, strict=True)):
        if number not in missing:
            x0, y0, x1, y1 = box.round().astype(int)
            cv2.imwrite(str(folder / f"{number}.jpg"), frame[y0:y1, x0:x1])
    write_wav(folder / "audio.wav", to_pcm(clip.wav))
    return clip


def test_a_published_root_becomes_clip_files(tmp_path):
    root, output = tmp_path / "root", tmp_path / "out"
    clip = write_frame_folder(root / "5535" / "00001", 1, missing=(22, 23))
    write_frame_folder(root / "6001" / "00002", 2, seconds=1.0)
    (root / "val.txt").write_text("6001/00002\n")
    jobs = plan_jobs(root, output, ClipSettings(), detector="magic")  # no detector is needed
    preprocess(jobs, output, partial(run_in_pool, workers=1))
    rows = read_manifest(output)
    assert [(r.source, r.speaker, r.split) for r in rows] == [
        ("5535/00001", "5535", rows[0].split),
        ("5535/00001", "5535", rows[0].split),
        ("6001/00002", "6001", "val"),
    ]
    # Frames 22 and 23 are missing; the second part begins on a whole mel column.
    assert [(r.start, r.frames) for r in rows] == [(0.0, 22), (1.0, 25), (0.0, 25)]
    assert rows[0].coverage == 0.44
    file = ClipFile(output / rows[1].clip)
    assert (file.crop_size, file.pad, file.fps) == (96, 0.0, 25.0)
    x0, y0, x1, y1 = clip.boxes[30].round().astype(int)
    shown = file.crops(np.array([5]))[0].astype(int)
    assert np.abs(shown - cv2.resize(clip.frames[30, y0:y1, x0:x1], (96, 96))).mean() < 4
    mel = mel_spectrogram(from_pcm(to_pcm(clip.wav)))
    assert np.abs(file.mel(16, 16) - mel[:, 96:112]).max() < 1e-3
    # Such clips train without a margin.
    sample = SyncDataset(load_clips(str(output), "val"), windows=3, augment=NO_AUGMENT)[0]
    assert sample["lips"].shape == (3, 15, 48, 96)


def test_other_rates_and_damage_are_named(tmp_path):
    write_frame_folder(tmp_path / "s" / "1", 3, seconds=0.8)
    video = Video(tmp_path / "s" / "1", "s/1", "s", "train")
    with pytest.raises(InputError, match=r"s/1: its frames are at 25 per second"):
        frames_to_clips(video, tmp_path / "out", ClipSettings(fps=30))
    (tmp_path / "s" / "1" / "3.jpg").write_bytes(b"\xff\xd8\xff")
    with pytest.raises(InputError, match=r"3\.jpg"):
        frames_to_clips(video, tmp_path / "out", ClipSettings())
    assert not (tmp_path / "out").exists()
