import numpy as np
import pytest

from wav2lip.personalization.decision import judge_motion, judge_mouth
from wav2lip.personalization.motion_fit import LastLayer, MotionFit, fit_motion
from wav2lip.personalization.mouth_fit import MouthFit, MouthScores
from wav2lip.personalization.speech import read_speech, silence_features
from wav2lip.personalization.tuning import other_voice


@pytest.fixture(scope="module")
def speech(generator, person):
    return [read_speech([clip], generator.motion) for clip in person]


def test_a_learned_person_is_better(generator, speech):
    start = LastLayer.of(generator.motion)
    fit = fit_motion(start, speech[0], silence_features(generator.motion))
    voice = other_voice(generator.motion, len(speech[1]))
    verdict = judge_motion(start, fit, *speech, voice)
    assert verdict.reasons == ()
    assert verdict.certainty > 0.95
    assert verdict.after.concordance > verdict.before.concordance + 0.3
    assert verdict.after.contrast > 0.5


def test_no_change_is_refused(generator, speech):
    start = LastLayer.of(generator.motion)
    fit = MotionFit(start, start.predict(speech[0].features))
    verdict = judge_motion(start, fit, *speech, other_voice(generator.motion, len(speech[1])))
    assert verdict.reasons[0].startswith("the motion is not surely better on seconds it was not")
    assert "agrees less with the held-out seconds" in verdict.reasons[1]
    assert len(verdict.reasons) == 2


def test_motion_that_leaves_its_sound_is_refused(generator, speech):
    start = LastLayer.of(generator.motion)
    silence = silence_features(generator.motion)
    good = fit_motion(start, speech[0], silence)
    still = LastLayer(0 * start.weight, np.median(speech[0].motion, axis=0))
    fit = MotionFit(still, still.predict(speech[0].features))
    verdict = judge_motion(good.layer, fit, *speech, other_voice(generator.motion, len(speech[1])))
    assert any("follows its own sound less (contrast" in text for text in verdict.reasons)


@pytest.mark.parametrize(
    ("after", "reason"),
    [
        ((0.0399, 0.9), "no nearer to the true one (L1 0.0400 before, 0.0399 after)"),
        ((0.03, 0.8), "less sharp (0.90 before, 0.80 after)"),
        ((0.039, 0.89), None),
        ((0.039, 1.1), None),
    ],
)
def test_a_mouth_must_be_nearer_and_as_sharp(after, reason):
    reasons = judge_mouth(MouthFit(MouthScores(0.04, 0.9), MouthScores(*after), 0.06))
    assert len(reasons) == (reason is not None)
    assert reason is None or reason in reasons[0]


def test_a_mouth_that_was_not_tuned_is_refused():
    assert "was not tuned" in judge_mouth(None)[0]
