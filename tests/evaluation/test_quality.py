import math

import numpy as np
import pytest

from wav2lip.evaluation.face_crops import FaceRun
from wav2lip.evaluation.quality import generated_metrics, is_same_audio, video_metrics


def test_two_codings_of_one_sound_are_the_same_sound():
    rng = np.random.default_rng(0)
    sound = rng.integers(-9000, 9000, 20000).astype(np.int16)
    coded = (sound + rng.integers(-900, 900, 20000)).astype(np.int16)
    assert is_same_audio(sound, coded[:-500])
    assert not is_same_audio(sound, coded[::-1])
    assert not is_same_audio(sound, coded[:9000])
    assert not is_same_audio(np.zeros_like(sound), np.zeros_like(sound))


def test_pictures_are_a_target_only_where_the_words_are_the_same():
    rng = np.random.default_rng(0)
    source = rng.integers(0, 256, (12, 96, 96, 3), dtype=np.uint8)
    generated = source // 2 + 64
    runs = FaceRun(0, list(generated)), FaceRun(0, list(source))
    pcm = np.zeros(12 * 640, np.int16)
    own, other = (generated_metrics(*runs, pcm, same) for same in (True, False))
    assert own["psnr"] == pytest.approx(16.8, abs=0.2)
    assert own["sharpness_ratio"] == pytest.approx(0.25, abs=0.01)
    assert own["jitter_ratio"] == pytest.approx(0.5, abs=0.01)
    assert math.isnan(other["psnr"])
    assert math.isnan(other["ms_ssim"])
    assert other["jitter_ratio"] == own["jitter_ratio"]
    assert generated_metrics(runs[0].shortened(2), runs[1], pcm, True) == {}
    assert video_metrics(runs[0].shortened(2), pcm) == {}
