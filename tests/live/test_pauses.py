import numpy as np

from wav2lip.live.pauses import KEPT, LivePauses
from wav2lip.media.audio import load_wav
from wav2lip.media.pauses import column_power, find_pauses
from wav2lip.media.voice_activity import voice_activity

HORIZON = 16  # columns; so far the sound is known beyond a frame


def _decided(wav: np.ndarray, piece: int) -> np.ndarray:
    """Whether each column counts as a pause when it is first shown."""
    pauses, decided, done = LivePauses(), [], 0
    for at in range(0, len(wav), piece):
        pauses.push(wav[at : at + piece])
        stop = min(at + piece, len(wav)) // 200
        found = pauses.find(stop)
        for column in range(done, stop - HORIZON):
            decided.append(any(a <= column < b for a, b in found))
        done = max(done, stop - HORIZON)
    return np.array(decided)


def test_pauses_of_a_stream_agree_with_those_of_the_file(speech_wav):
    rng = np.random.default_rng(0)
    wav = load_wav(speech_wav)[: 4 * 16_000]
    gap = rng.normal(0, 0.01, 2 * 16_000).astype(np.float32)
    wav = np.concatenate([gap, wav, gap, wav])
    decided = _decided(wav, 1600)
    power, _ = column_power([wav])
    expected = np.zeros(len(decided), bool)
    for start, stop in find_pauses(power, voice_activity([wav])):
        expected[start:stop] = True
    assert expected[:140].all()  # noise before the speech
    assert (decided == expected).mean() > 0.9
    assert (decided & ~expected).mean() < 0.02  # speech that would be lost


def test_memory_is_bounded():
    pauses = LivePauses()
    rng = np.random.default_rng(0)
    for second in range(1, 41):
        pauses.push(rng.normal(0, 0.01, 16_000).astype(np.float32))
        pauses.find(80 * second)
    assert len(pauses._power) < KEPT + 100
    assert len(pauses._voice) < (KEPT + 100) * 200 / 512


def test_silence_from_the_start_is_a_pause_at_once():
    pauses = LivePauses()
    pauses.push(np.zeros(3200, np.float32))
    assert pauses.find(16) == [(0, 16)]


def test_a_sound_shorter_than_a_column_is_a_pause():
    pauses = LivePauses()
    assert pauses.find(0) == []
    pauses.push(np.full(160, 0.5, np.float32))
    assert pauses.find(3) == [(0, 3)]
