import numpy as np
import pytest
from mouth_clips import opened, smiling_face

from wav2lip.errors import InputError
from wav2lip.faces.landmark_tracking import find_landmarks
from wav2lip.faces.mesh import FaceMesh
from wav2lip.inference.lip_syncer import LipSyncer
from wav2lip.inference.settings import Settings
from wav2lip.live import Avatar, LiveSession
from wav2lip.live.closed_mouth import ClosedMouth
from wav2lip.live.timeline import FADE

SETTINGS = Settings(box=(40, 215, 40, 200))
GAPS = (0.0, 0.1, 0.2)  # between the lips of the sample portrait, in distances between the eyes


@pytest.fixture(scope="module")
def talking():
    """The sample portrait, which talks."""
    crop, face = smiling_face()
    return [opened(crop, face, gap)[0] for gap in GAPS]


@pytest.fixture(scope="module")
def talker(talking, engine):
    return Avatar.from_file(talking, engine, SETTINGS, color="bgr", fps=25)


def _mars(avatar, pictures):
    """Mouth aspect ratios, measured anew."""
    (known,), mesh = avatar.faces[0], FaceMesh()
    return [find_landmarks(p.bgr(), known.box, mesh, known.landmarks).mar for p in pictures]


def test_idle_frames_have_a_closed_mouth_or_that_of_the_source(talker):
    shown = {
        mouth: _mars(talker, [talker.idle(number, mouth) for number in range(3)])
        for mouth in ("source", "closed")
    }
    np.testing.assert_allclose(shown["source"], [0.038, 0.182, 0.298], atol=0.02)
    np.testing.assert_allclose(shown["closed"], [0.030, 0.039, 0.049], atol=0.02)


@pytest.mark.slow
def test_the_bundled_generator_closes_every_idle_mouth(talking):
    engine = LipSyncer.from_checkpoint("default", "cpu").mesh_engine
    avatar = Avatar.from_file(talking, engine, SETTINGS, color="bgr", fps=25)
    mars = _mars(avatar, [avatar.idle(number, "closed") for number in range(3)])
    np.testing.assert_allclose(mars, [0.030, 0.037, 0.046], atol=0.015)


def test_only_the_mouth_changes(talker):
    closed, source = talker.idle(1, "closed"), talker.pictures[1]
    part = talker.closed[1]
    assert part.luma.shape[0] < 120  # of 240
    outside = np.ones(source.luma.shape, bool)
    outside[2 * part.top :, 2 * part.left :][: part.luma.shape[0], : part.luma.shape[1]] = False
    np.testing.assert_array_equal(closed.luma[outside], source.luma[outside])
    assert np.abs(closed.luma.astype(int) - source.luma).max() > 50


def test_a_frame_without_a_face_stays_as_it_is(talker):
    nothing = np.zeros((0, 0), np.uint8)
    part = ClosedMouth(0, 0, nothing, nothing, nothing)
    np.testing.assert_array_equal(part.paste(talker.pictures[0]).luma, talker.pictures[0].luma)


def _play(session, worker, count):
    """Take frames, each once all is rendered that can be."""
    worker.detach(session)  # its threads know the clock
    frames = []
    for _ in range(count):
        while (block := session.plan()) is not None:
            session.deliver(block, worker._render([(session, block)]))
        frames.append(session._timeline.take())
    return frames


@pytest.mark.parametrize("mouth", ["closed", "source"])
def test_speech_begins_and_ends_without_a_jump(talking, engine, worker, mouth):
    still = Avatar.from_file(talking[1], engine, SETTINGS, color="bgr")
    session = LiveSession(still, worker, mute_pauses=False, idle_mouth=mouth)
    session.push(np.random.default_rng(0).normal(0, 0.1, 6400).astype(np.float32), 16_000)
    session.end_of_speech()
    frames = _play(session, worker, 30)
    speaking = [frame.number for frame in frames if frame.speaking]
    idle = still.idle(0, mouth).luma.astype(int)
    away = np.array([np.abs(frame.picture.luma - idle).mean() for frame in frames])
    assert len(speaking) == 10
    assert (away[: speaking[0]] == 0).all()
    assert (away[speaking[-1] + FADE :] == 0).all()
    assert away.max() > 0.2
    assert np.abs(np.diff(away)).max() < 0.45 * away.max()


def test_another_idle_mouth_is_refused(avatar, worker):
    with pytest.raises(InputError, match="idle_mouth must be one of closed, source, not open"):
        LiveSession(avatar, worker, idle_mouth="open")
