from pathlib import Path

import numpy as np
import pytest

from wav2lip.errors import InputError
from wav2lip.evaluation.pairs import Pair
from wav2lip.evaluation.protocols import PROTOCOLS
from wav2lip.evaluation.renderings import Renderings, check_videos
from wav2lip.evaluation.segments import frames_at_25, read_pcm
from wav2lip.media.video import read_image


class Recorder:
    """Remembers what it is asked for, and the loudest sample of a temporary sound."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, str, Path]] = []
        self.loudest = -1

    def __call__(self, face, audio, output, *, warn_voiceless=True) -> None:
        if audio.suffix == ".wav":
            self.loudest = int(np.abs(read_pcm(audio)).max())
        self.calls.append((face.name, audio.name, output))


@pytest.fixture
def two(film):
    return [Pair(path.stem, path, path) for path in (film("talk.mp4"), film("other.mp4", 1, 1.2))]


def test_each_protocol_has_its_face_and_sound(two, tmp_path):
    generator = Recorder()
    names = ("reconstruction", "still", "cross", "silence")
    renderings = Renderings(generator, tmp_path, read_pcm)
    files = [renderings(two[0], PROTOCOLS[name], two[1].audio) for name in names]
    assert [path.relative_to(tmp_path).as_posix() for path in files] == [
        "videos/talk.mp4",
        "videos/first_frame_alone/talk.mp4",
        "videos/other_audio/talk.mp4",
        "videos/silence/talk.mp4",
    ]
    assert [call[:2] for call in generator.calls[:3]] == [
        ("talk.mp4", "talk.mp4"),
        ("talk.png", "talk.mp4"),
        ("talk.mp4", "other.mp4"),
    ]
    assert generator.loudest == 0
    first = next(iter(frames_at_25(two[0].face))).image
    assert np.array_equal(read_image(files[1].with_suffix(".png")), first)
    with pytest.raises(InputError, match="talk: no other clip has a sound for it"):
        renderings(two[0], PROTOCOLS["cross"])


def test_nothing_is_made_twice(two, tmp_path):
    generator = Recorder()
    mixed = Pair("mixed", two[0].face, two[1].audio)
    renderings = Renderings(generator, tmp_path, read_pcm)
    listed, own = PROTOCOLS["listed"], PROTOCOLS["reconstruction"]
    assert renderings(mixed, listed) == renderings(mixed, listed)
    assert renderings(two[1], own) == renderings(two[1], listed)
    assert len(generator.calls) == 2


def test_a_silence_is_as_long_as_its_own_sound(two, tmp_path):
    generator = Recorder()
    pairs = [Pair(f"{n}", two[0].face, pair.audio) for n, pair in enumerate(two)]
    renderings = Renderings(generator, tmp_path, read_pcm)
    videos = {renderings(pair, PROTOCOLS["silence"]) for pair in [*pairs, pairs[0]]}
    assert len(videos) == len(generator.calls) == 2


def test_no_input_is_replaced(two, tmp_path):
    face = tmp_path / "videos" / "talk.mp4"
    face.parent.mkdir()
    face.write_bytes(two[0].face.read_bytes())
    with pytest.raises(InputError, match="choose another output folder"):
        check_videos([Pair("talk", face, two[1].audio)], [PROTOCOLS["listed"]], tmp_path)
