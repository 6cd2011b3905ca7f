from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from wav2lip.errors import InputError
from wav2lip.live.session_error import SessionError
from wav2lip.live.speech import SpeechSettings
from wav2lip.live.timeline import FADE, Timeline
from wav2lip.types import Wav

SETTINGS = SpeechSettings(Fraction(25), 16_000, mute_pauses=False)
REACH = (2, 2)  # a frame needs 82 ms of sound after it


def _tone(frames: float, value: float = 0.1) -> Wav:
    return np.full(round(640 * frames), value, np.float32)


class Player:
    """A timeline whose frames are rendered as copies of the source's first one, known by their number."""

    def __init__(self, avatar, headroom=2, block=2, idle_mouth="closed") -> None:
        self.timeline = Timeline(avatar, REACH, 80, SETTINGS, block, headroom, idle_mouth)
        self.picture = avatar.pictures[0]
        self.numbers, self.weights, self.pictures = {}, {}, []

    def render(self) -> list[int]:
        rendered = []
        while (block := self.timeline.plan()) is not None:
            pictures = [replace(self.picture) for _ in block.numbers]
            self.pictures += pictures
            self.numbers |= {id(p): n for n, p in zip(block.numbers, pictures, strict=True)}
            self.weights |= dict(zip(block.numbers, block.weights, strict=True))
            self.timeline.deliver(block, pictures)
            rendered += block.numbers
        return rendered

    def take(self, count: int, render: bool = True):
        """Take frames; return them with the number for which the picture was rendered, None for the source's own."""
        found = []
        for _ in range(count):
            frame = self.timeline.take()
            found.append((frame, self.numbers.get(id(frame.picture))))
            if render:
                self.render()
        return found


def test_the_source_is_shown_while_nobody_speaks(avatar):
    frames = [frame for frame, _ in Player(avatar, idle_mouth="source").take(5)]
    assert [frame.time for frame in frames] == [0.0, 0.04, 0.08, 0.12, 0.16]
    assert not any(frame.speaking or frame.late for frame in frames)
    assert [frame.picture for frame in frames] == [avatar.pictures[i] for i in (0, 1, 2, 3, 2)]
    assert all(frame.sound.tolist() == [0.0] * 640 for frame in frames)


def test_speech_begins_once_its_first_block_is_rendered_and_all_of_it_comes_out(avatar):
    player = Player(avatar)
    player.take(3)
    player.timeline.push(_tone(3.4), 16_000)
    assert player.render() == []  # two frames need 137.5 ms of sound
    player.timeline.push(_tone(17), 16_000)
    assert player.render() == [5, 6, 7, 8, 9, 10]
    player.timeline.end_of_speech()
    found = player.take(40)
    speaking = [frame.number for frame, _ in found if frame.speaking]
    assert speaking == list(range(5, 26))
    assert [number for _, number in found[:2]] == [None, None]
    assert [number for _, number in found[2:]][:21] == speaking
    sound = np.concatenate([frame.sound for frame, _ in found])
    assert (np.count_nonzero(sound), sound.size) == (round(640 * 20.4), 640 * 40)
    assert player.timeline.counts.late == player.timeline.counts.underruns == 0


def test_the_mouth_fades_in_and_out(avatar):
    player = Player(avatar)
    player.timeline.push(_tone(10), 16_000)
    player.timeline.end_of_speech()
    player.render()
    found = player.take(30)
    first, *_ = [frame.number for frame, _ in found if frame.speaking]
    weights = [player.weights[n] for n in sorted(player.weights)]
    assert first == 2
    np.testing.assert_allclose(weights[:6], [0.2, 0.4, 0.6, 0.8, 1, 1])
    np.testing.assert_allclose(weights[10 : 10 + FADE], [0.8, 0.6, 0.4, 0.2, 0], atol=1e-9)
    assert len(weights) == 10 + FADE
    assert [number for _, number in found][first:] == [*range(2, 17), *[None] * 13]
    assert not player.timeline.busy


@pytest.mark.parametrize(("frames", "first"), [(11.2, 5), (12, 2)])
def test_speech_that_is_ahead_waits_for_the_renderer_alone(avatar, frames, first):
    player = Player(avatar, headroom=5)
    player.timeline.lead = 2
    player.timeline.push(_tone(frames), 16_000)  # ten frames need 457.5 ms of sound, 11.4 frames
    assert player.render()[0] == first


def test_before_anything_is_rendered_speech_that_is_ahead_waits_for_the_headroom(avatar):
    player = Player(avatar, headroom=5)
    player.timeline.push(_tone(60), 16_000)
    assert player.render()[0] == 5


def test_a_late_picture_is_repeated_and_the_sound_goes_on(avatar):
    player = Player(avatar)
    player.timeline.push(_tone(20, 0.1), 16_000)
    player.timeline.end_of_speech()
    player.render()
    player.timeline.lead = 1
    found = player.take(12, render=False)
    late = [frame.number for frame, _ in found if frame.late]
    assert late == [8, 9, 10, 11]
    assert [number for _, number in found[8:]] == [7] * 4
    assert all((frame.sound == np.float32(0.1)).all() for frame, _ in found[2:])
    assert player.timeline.counts.late == 4
    assert player.render()[0] == 13  # the next one is due at once
    assert [number for _, number in player.take(3)] == [7, 13, 14]


def test_a_picture_that_comes_late_is_shown_rather_than_an_older_one(avatar):
    player = Player(avatar)
    player.timeline.push(_tone(20), 16_000)
    blocks = [player.timeline.plan() for _ in range(2)]
    player.take(4, render=False)
    picture = replace(player.picture)
    player.timeline.deliver(blocks[0], [player.picture, picture])
    frame, _ = player.take(1, render=False)[0]
    assert frame.late
    assert frame.picture is picture


def test_stretches_follow_each_other_without_a_gap(avatar):
    player = Player(avatar)
    for value in (0.1, 0.2):
        player.timeline.push(_tone(6, value), 16_000)
        player.timeline.end_of_speech()
    player.render()
    sound = np.concatenate([frame.sound for frame, _ in player.take(30)])
    expected = np.concatenate([np.zeros(1280), _tone(6, 0.1), _tone(6, 0.2), np.zeros(640 * 16)])
    np.testing.assert_array_equal(sound, expected.astype(np.float32))
    assert all(player.weights[number] == 1 for number in range(6, 14))


def test_sound_that_does_not_come_ends_the_stretch(avatar):
    player = Player(avatar)
    player.timeline.push(_tone(6.5), 16_000)
    player.render()
    found = player.take(20)
    assert [frame.number for frame, _ in found if frame.speaking] == list(range(2, 9))
    assert player.timeline.counts.underruns == 1
    assert [frame.number for frame, _ in found if frame.ends_speech] == [8]
    player.timeline.push(_tone(6), 16_000)
    assert player.render()[0] == 22
    assert player.take(10)[2][0].speaking


def test_a_stretch_that_runs_dry_on_a_frame_s_boundary_ends_too(avatar):
    player = Player(avatar)
    player.timeline.push(_tone(6), 16_000)
    player.render()
    found = player.take(20)
    assert player.timeline.counts.underruns == 1
    assert len([frame for frame, _ in found if frame.ends_speech]) == 1


def test_clear_stops_the_sound_at_once_and_closes_the_mouth(avatar):
    player = Player(avatar)
    player.timeline.push(_tone(50), 16_000)
    player.timeline.push(_tone(50), 16_000)
    player.render()
    player.take(10)
    player.timeline.clear()
    player.render()
    found = player.take(30)
    assert not any(frame.speaking or frame.sound.any() for frame, _ in found)
    moved = [number for _, number in found if number is not None]
    assert moved == list(range(10, 10 + len(moved)))
    assert len(moved) <= 8 + FADE
    weights = [player.weights[number] for number in moved]
    assert weights == sorted(weights, reverse=True)
    player.timeline.push(_tone(9), 16_000)
    assert player.render()[0] == 42


def test_clear_before_the_first_frame_forgets_everything(avatar):
    player = Player(avatar)
    player.take(1)
    player.timeline.push(_tone(50), 16_000)
    block = player.timeline.plan()
    player.timeline.clear()
    player.timeline.deliver(block, [player.picture] * 2)
    assert not player.timeline.busy
    assert [number for _, number in player.take(20)] == [None] * 20


def test_without_a_clock_frames_are_those_of_the_speech(avatar):
    player = Player(avatar, headroom=None)
    player.timeline.push(_tone(7), 16_000)
    player.timeline.end_of_speech()
    player.timeline.push(_tone(5), 16_000)
    player.timeline.end_of_speech()
    numbers = []
    player.render()
    while player.timeline.ready:
        numbers += [number for _, number in player.take(1)]
    assert numbers == list(range(12))
    assert set(player.weights.values()) == {1.0}
    assert not player.timeline.busy


def test_an_empty_stretch_is_forgotten(avatar):
    player = Player(avatar)
    player.timeline.push(_tone(0), 16_000)
    player.timeline.end_of_speech()
    assert player.render() == []
    assert not player.timeline.busy


def test_too_much_waiting_sound_is_refused(avatar):
    timeline = Timeline(avatar, REACH, 80, replace(SETTINGS, sample_rate=1000), 2, 2)
    timeline.push(np.zeros(1000 * 599, np.float32), 1000)
    timeline.check_room(1)
    with pytest.raises(InputError, match=r"more than 600 s of sound wait; take the frames before"):
        timeline.check_room(2)


def test_too_many_waiting_stretches_are_refused(avatar):
    timeline = Timeline(avatar, REACH, 80, SETTINGS, 2, 2)
    for _ in range(200):
        timeline.check_room(0)
        timeline.push(np.zeros(1, np.float32), 16_000)
        timeline.end_of_speech()
    with pytest.raises(InputError, match="more than 200 stretches of speech wait; take the frames"):
        timeline.check_room(0)


def test_a_slow_renderer_begins_only_what_can_be_ready_in_time(avatar):
    player = Player(avatar, headroom=4)
    player.timeline.lead = 3
    player.timeline.push(_tone(60), 16_000)
    blocks = [player.timeline.plan() for _ in range(4)]
    assert blocks[0].numbers == [3, 4]
    player.take(20, render=False)
    assert player.timeline.plan().numbers == [23, 24]
    player.timeline.clear()
    player.take(60, render=False)
    player.timeline.lead = 9
    player.timeline.push(_tone(60), 16_000)
    assert player.timeline.plan().numbers == [89, 90]


def test_speech_that_is_too_short_to_begin_ends_when_no_more_comes(avatar):
    player = Player(avatar)
    player.timeline.push(_tone(3), 16_000)  # two frames need more
    assert player.render() == []
    first = next(frame.number for frame, _ in player.take(30) if frame.speaking)
    assert 13 < first < 20  # half a second later
    assert player.timeline.counts.underruns == 1
    assert not player.timeline.busy
    player.timeline.push(_tone(9, 0.2), 16_000)
    player.timeline.end_of_speech()
    player.render()
    sound = np.concatenate([frame.sound for frame, _ in player.take(20)])
    assert np.count_nonzero(sound) == np.count_nonzero(np.isclose(sound, 0.2)) == 9 * 640


def test_a_damaged_picture_of_the_avatar_is_an_error_of_the_session(avatar, monkeypatch):
    def damaged(*_: object) -> None:
        raise InputError("a picture is damaged")

    monkeypatch.setattr(type(avatar), "idle", damaged)
    with pytest.raises(SessionError, match=r"the session has ended .*a picture is damaged"):
        Player(avatar).timeline.take()
