"""What holds for any bytes and any name, with examples by Hypothesis."""

import os
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from hydra.core.override_parser.overrides_parser import OverridesParser
from hypothesis import given, settings
from hypothesis import strategies as st
from omegaconf import OmegaConf

from wav2lip.cli.overrides import literal
from wav2lip.clips import ManifestRow, read_manifest, write_manifest
from wav2lip.clips.manifest import COLUMNS
from wav2lip.errors import InputError
from wav2lip.media.mel import mel_spectrogram
from wav2lip.media.mel_stream import MelStream
from wav2lip.media.resampler import Resampler
from wav2lip.preprocessing.inputs import find_inputs
from wav2lip.preprocessing.splits import read_splits
from wav2lip.utils.text import printable

QUICK = settings(max_examples=60, deadline=None, database=None, derandomize=True)
CELLS = st.one_of(
    st.text(max_size=12),
    st.sampled_from(("", "nan", "-1", "1e400", "9" * 30, "train", "clips/a.safetensors", "../a")),
)
ROWS = st.lists(st.lists(CELLS, max_size=len(COLUMNS) + 1), max_size=4)


def table(columns: tuple[str, ...], rows: list[list[str]]) -> bytes:
    """A CSV whose separators inside cells are not quoted: broken wherever a cell has one."""
    lines = [",".join(columns), *(",".join(row) for row in rows)]
    return "\n".join(lines).encode("utf-8", "replace")


def assert_read_or_refused(read: Callable[[Path], object], path: Path) -> None:
    try:
        read(path)
    except InputError as error:
        assert str(path) in str(error)  # noqa: PT017 - most inputs are read


@QUICK
@given(st.one_of(st.binary(max_size=200), ROWS.map(lambda rows: table(tuple(COLUMNS), rows))))
def test_a_manifest_is_read_or_refused(content):
    with TemporaryDirectory() as folder:
        path = Path(folder) / "manifest.csv"
        path.write_bytes(content)
        assert_read_or_refused(read_manifest, path)


@QUICK
@given(st.one_of(st.binary(max_size=200), ROWS.map(lambda rows: table(("file", "split"), rows))))
def test_lists_and_splits_are_read_or_refused(content):
    with TemporaryDirectory() as folder:
        for name in ("list.csv", "val.txt"):
            path = Path(folder) / name
            path.write_bytes(content)
            assert_read_or_refused(find_inputs, path)
            assert_read_or_refused(read_splits, path)


@QUICK
@given(st.binary(min_size=1, max_size=40).filter(lambda name: b"\0" not in name))
def test_any_file_name_can_be_printed(name):
    text = os.fsdecode(name)
    printable(text).encode()
    if text.isascii():
        assert printable(text) == text


@QUICK
@given(st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=30))
def test_hydra_reads_any_path_as_it_is(path):
    value = OverridesParser.create().parse_override(f"input={literal(path)}").value()
    assert OmegaConf.create({"input": value}).input in (path, f"./{path}")


@QUICK
@given(
    st.lists(
        st.builds(
            ManifestRow,
            **{
                name: st.text(
                    st.characters(codec="utf-8", exclude_characters="\0\r\n/."), max_size=8
                )
                for name in ("source", "speaker")
            },
            clip=st.integers(0, 10**6).map("clips/{}.safetensors".format),
            split=st.sampled_from(("train", "val", "test")),
            track=st.integers(0, 9),
            start=st.floats(0, 1e5),
            frames=st.integers(1, 10**5),
            fps=st.floats(1, 120),
            face=st.floats(1, 1e4),
            coverage=st.floats(0, 1),
            sharpness=st.floats(0, 1e5),
            loudness=st.floats(-120, 0),
            av_offset=st.none() | st.integers(-15, 15),
        ),
        max_size=3,
        unique_by=lambda row: row.clip,
    )
)
def test_a_manifest_is_read_as_it_was_written(rows):
    with TemporaryDirectory() as folder:
        path = Path(folder) / "manifest.csv"
        write_manifest(path, rows)
        assert read_manifest(path) == sorted(rows, key=lambda row: row.clip)


PIECES = st.lists(st.integers(0, 3000), max_size=12)


@QUICK
@given(PIECES, st.sampled_from((8000, 16_000, 44_100, 48_000)))
def test_the_mel_of_a_stream_does_not_depend_on_its_pieces(pieces, rate):
    wav = np.random.default_rng(0).normal(0, 0.1, 6000).astype(np.float32)
    resampler, stream, parts, done = Resampler(rate, 16_000), MelStream(), [], 0
    whole = Resampler(rate, 16_000)
    expected = mel_spectrogram(np.concatenate([whole.push(wav), whole.finish()]))
    for piece in [*np.split(wav, np.cumsum(pieces).clip(0, len(wav))), None]:
        stream.push(resampler.finish() if piece is None else resampler.push(piece))
        if piece is None:
            stream.finish()
        parts.append(stream.read(done, stream.columns))
        done = stream.columns
        stream.discard(done)
    np.testing.assert_array_equal(np.concatenate(parts, axis=1), expected)
