import os
from dataclasses import replace
from pathlib import Path

import pytest

from wav2lip.errors import InputError
from wav2lip.personalization.material import film_material, material_of, one_person


def test_two_faces_of_the_same_size_are_two_people(person):
    row = replace(person[0].row, source="a.mp4", face=200.0, start=0.0)
    second = replace(row, face=150.0, start=3.0)
    with pytest.raises(InputError, match=r"^a.mp4: two people are in the picture together; film"):
        one_person([row, second], [Path("a.mp4")])
    assert one_person([row, replace(second, face=80.0)], [Path("a.mp4")]) == [row]
    later = replace(second, start=9.0)
    assert one_person([row, later], [Path("a.mp4")]) == [row, later]
    elsewhere = replace(second, source="b.mp4")
    assert one_person([row, elsewhere], [Path("a.mp4")]) == [row, elsewhere]


def test_material_is_in_order_and_measured(person):
    material = material_of(person[::-1], ["b.mp4: no face"])
    assert list(material.clips) == list(person)
    assert material.seconds == 14.0
    assert 8 < material.speech < 14
    assert material.remarks == ["b.mp4: no face"]


def test_too_little_speech_is_refused(tmp_path, person):
    from motion_clips import write_motion_clip

    from wav2lip.data.clip_dataset import Clip

    row = write_motion_clip(tmp_path, "short", "train", 4, 3.0)
    with pytest.raises(InputError, match=r"^short: 1\.9 s of speech with a face are too few, the"):
        material_of([Clip(tmp_path / row.clip, row)])


def test_a_video_without_a_face_is_refused(tmp_path):
    import numpy as np

    from wav2lip.media.pcm import to_pcm, write_wav
    from wav2lip.media.writer import VideoWriter

    write_wav(tmp_path / "a.wav", to_pcm(np.zeros(16_000, np.float32)))
    path = tmp_path / "grey.mp4"
    with VideoWriter(path, 96, 96, 25, audio=tmp_path / "a.wav") as writer:
        for index in range(25):
            writer.write(np.full((96, 96, 3), 128, np.uint8), index / 25)
    with pytest.raises(
        InputError, match=r"grey\.mp4: no face in any of its 25 frames; film one person alone who"
    ):
        film_material([path], tmp_path / "work")


@pytest.mark.slow
def test_a_name_that_is_not_utf_8_is_read_and_shown_in_escapes(tmp_path):
    from wav2lip.synthetic.clips import synthesize, write_synthetic_video

    path = tmp_path / os.fsdecode(b"caf\xe9.mp4")
    write_synthetic_video(path, synthesize(1, 1.0, size=160))
    with pytest.raises(InputError, match=r"caf\\xe9\.mp4: .* s of speech with a face are too few"):
        film_material([path], tmp_path / "work")
