import math
from dataclasses import replace

import numpy as np
import pytest

from wav2lip.evaluation.pairs import Pair
from wav2lip.evaluation.records import ClipRecords
from wav2lip.evaluation.results import ClipScores, PairScores, Skipped
from wav2lip.evaluation.scorer import SyncScores
from wav2lip.evaluation.systems import VIDEO
from wav2lip.metrics.lse import SyncCurve
from wav2lip.utils.revision import code_revision

SETTINGS = {"input": "videos", "scoring": {"span": 1.0}, "output": "out"}


@pytest.fixture
def pair(tmp_path):
    (tmp_path / "a.mp4").write_bytes(b"face")
    (tmp_path / "b.wav").write_bytes(b"sound")
    return Pair("a-b", tmp_path / "a.mp4", tmp_path / "b.wav", speaker="anna")


def scores():
    """Numbers that lose digits if they are rounded, and those that JSON does not have."""
    rng = np.random.default_rng(0)
    curve = SyncCurve(
        rng.random(3), rng.random(3), np.array([0.1, np.nan, 0.3]), np.array([1, 2, 3])
    )
    values = {"lse_d": 0.1 + 0.2, "psnr": math.inf, "ssim": math.nan}
    return ClipScores("a#0", VIDEO, values, SyncScores(rng.random(31), curve, 9), "anna", ["cut"])


def restored(folder, pair, settings=SETTINGS, networks=("j", None), pairs=()):
    return ClipRecords(folder, settings, networks).restore(pair, pairs)


def test_a_record_keeps_every_digit(tmp_path, pair):
    features = {"fid": {VIDEO: np.random.default_rng(1).random((2, 3), np.float32)}}
    lacking = Skipped("a-b", "real", "a photo", lacking=True)
    given = PairScores([scores()], [lacking], features)
    ClipRecords(tmp_path, SETTINGS, ("j", None)).write(pair, [], given)
    results, revision = restored(tmp_path, pair)
    (row,), wanted = results.clips, scores()
    assert (row.clip, row.system, row.speaker, row.remarks) == ("a#0", VIDEO, "anna", ["cut"])
    assert repr(row.values) == repr(wanted.values)
    assert np.array_equal(row.sync.distances, wanted.sync.distances)
    for one, other in zip(row.sync.curve, wanted.sync.curve, strict=True):
        np.testing.assert_array_equal(one, other)
        assert one.dtype == other.dtype
    assert row.sync.windows == 9
    assert results.skipped == [lacking]
    np.testing.assert_array_equal(results.features["fid"][VIDEO], features["fid"][VIDEO])
    assert revision == code_revision()


def test_a_record_of_anything_else_is_not_found(tmp_path, pair):
    ClipRecords(tmp_path, SETTINGS, ("j", None)).write(pair, [], PairScores([scores()]))
    assert restored(tmp_path, pair, SETTINGS | {"input": "elsewhere", "limit": 3})
    assert not restored(tmp_path, pair, SETTINGS | {"scoring": {"span": 2.0}})
    assert not restored(tmp_path, pair, networks=("k", None))
    assert not restored(tmp_path, pair, networks=("j", "g"))
    assert not restored(tmp_path, replace(pair, speaker="ben"))
    other = tmp_path / "c.wav"
    other.write_bytes(b"other sound")
    assert not restored(tmp_path, replace(pair, audio=other))


def test_a_generator_may_get_the_sounds_of_all_pairs(tmp_path, pair):
    second = replace(pair, name="second", audio=pair.face)
    ClipRecords(tmp_path, SETTINGS, ("j", "g")).write(pair, [pair, second], PairScores([scores()]))
    drawn = replace(second, speaker="ben")
    assert restored(tmp_path, pair, networks=("j", "g"), pairs=[pair, second])
    for other in ([pair, pair], [second, pair], [pair, drawn]):  # speakers and order decide a draw
        assert not restored(tmp_path, pair, networks=("j", "g"), pairs=other)


def test_a_damaged_record_counts_as_none(tmp_path, pair):
    records = ClipRecords(tmp_path, SETTINGS, ("j", None))
    records.write(pair, [], PairScores([scores()]))
    path = records.path_of(pair, [])
    for text in ("", "{}", "[]", '{"clips": [{}], "revision": "a"}', path.read_text()[:-9]):
        path.write_text(text)
        assert not restored(tmp_path, pair)
