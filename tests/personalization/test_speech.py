from dataclasses import replace

import numpy as np
import torch

from wav2lip.clips import ClipFile
from wav2lip.data.motion import read_motion
from wav2lip.media.alignment import frame_times, sample_motion
from wav2lip.personalization.motion_fit import LastLayer
from wav2lip.personalization.speech import motion_features, read_speech, silence_features


def test_the_last_layer_of_the_features_is_the_prediction(generator, person):
    mel, times = ClipFile(person[0].path).whole_mel, frame_times(200, 25)
    with torch.inference_mode():
        motion = generator.motion(torch.from_numpy(np.array(mel))[None])[0].numpy()
    features = motion_features(generator.motion, mel, times)
    predicted = LastLayer.of(generator.motion).predict(features)
    np.testing.assert_allclose(predicted, sample_motion(motion, times), atol=1e-5)


def test_silence_has_its_own_features(generator):
    mel = np.full((80, 400), -4, np.float32)
    inside = motion_features(generator.motion, mel, np.array([2.5]))[0]
    np.testing.assert_allclose(silence_features(generator.motion), inside, atol=1e-6)


def test_frames_within_the_spans_are_read_in_units_of_the_person(generator, person):
    spans = [replace(person[0], span=(50, 90)), replace(person[1], span=(0, 30))]
    speech = read_speech(spans, generator.motion)
    assert len(speech) == 70
    motion = read_motion(person[0].path)
    assert np.allclose(speech.motion[:40], motion.coefficients[50:90, :4] * motion.scale)
    whole = read_speech([person[0]], generator.motion)
    np.testing.assert_array_equal(speech.features[:40], whole.features[50:90])
