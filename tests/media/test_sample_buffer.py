import numpy as np

from wav2lip.media.sample_buffer import FIRST_CAPACITY, SampleBuffer


def test_samples_are_found_by_their_number():
    rng = np.random.default_rng(0)
    buffer, whole = SampleBuffer(), np.zeros(0, np.float32)
    for _ in range(300):
        piece = rng.normal(size=int(rng.integers(0, 3000))).astype(np.float32)
        buffer.append(piece)
        whole = np.concatenate([whole, piece])
        buffer.discard(int(rng.integers(0, len(whole) + 1)) - 2000)
        assert buffer.stop == len(whole)
        start = max(buffer.start, int(rng.integers(0, len(whole) + 1)))
        np.testing.assert_array_equal(buffer.read(start, buffer.stop), whole[start:])


def test_what_is_not_there_is_zero():
    buffer = SampleBuffer()
    buffer.append(np.ones(4, np.float32))
    buffer.discard(9)
    assert (buffer.start, buffer.stop) == (4, 4)
    assert buffer.read(-2, 6).tolist() == [0.0] * 8


def test_memory_shrinks_after_a_burst():
    buffer = SampleBuffer()
    buffer.append(np.zeros(2_000_000, np.float32))
    for _ in range(10_000):
        buffer.append(np.zeros(960, np.float32))
        buffer.discard(buffer.stop - 4000)
    assert len(buffer._memory) <= 8 * FIRST_CAPACITY


def test_a_truncated_sound_goes_on_at_its_new_end():
    buffer = SampleBuffer()
    buffer.append(np.arange(6, dtype=np.float32))
    buffer.discard(2)
    buffer.truncate(4)
    buffer.append(np.array([9], np.float32))
    assert buffer.read(2, 6).tolist() == [2.0, 3.0, 9.0, 0.0]
    buffer.truncate(0)
    assert (buffer.start, buffer.stop) == (2, 2)
