from dataclasses import replace

import numpy as np
import pytest
from motion_clips import landmarks, rewritten

from wav2lip.personalization.selection import choose_seconds, describe, most_varied, seconds_of


def test_the_last_fifth_is_held_out(person):
    chosen = choose_seconds(person)
    spans = [
        [(clip.path.stem, *clip.span) for clip in part] for part in (chosen.tuned, chosen.held_out)
    ]
    assert spans == [[("take0", 0, 200), ("take1", 0, 75)], [("take1", 80, 150)]]
    assert seconds_of(chosen.tuned) == 11.0
    assert seconds_of(chosen.held_out) == pytest.approx(2.8)


def test_short_material_holds_out_more_than_a_second(person):
    chosen = choose_seconds([replace(person[0], span=(0, 100))])
    assert [clip.span for clip in (*chosen.tuned, *chosen.held_out)] == [(0, 65), (70, 100)]


def test_nothing_that_is_held_out_is_tuned_on(person):
    # The boundary falls three frames behind the start of the second piece.
    chosen = choose_seconds([replace(person[0], span=(0, 100)), replace(person[1], span=(0, 50))])
    spans = [clip.span for clip in (*chosen.tuned, *chosen.held_out)]
    assert all(0 <= first < last for first, last in spans)
    for frames in range(26, 60):
        chosen = choose_seconds(
            [replace(person[0], span=(0, 100)), replace(person[1], span=(0, frames))]
        )
        held = {(clip.path, i) for clip in chosen.held_out for i in range(*clip.span)}
        for clip in chosen.tuned:
            assert clip.span[0] < clip.span[1]
            assert not held & {(clip.path, i) for i in range(*clip.span)}


def test_the_most_varied_pieces_are_taken(person):
    chosen = choose_seconds(person, wanted=6.0)
    frames = sum(round(25 * seconds_of(part)) for part in (chosen.tuned, chosen.held_out))
    assert 145 <= frames <= 150  # three pieces, and the gap
    assert all(clip.path == person[0].path for clip in chosen.tuned[:1])


def test_rows_that_differ_are_chosen_and_the_first_is_ordinary():
    rows = np.array([[0.0, 0], [0.1, 0], [0, 0.1], [10, 0], [10, 0.1], [0, 9]])
    assert most_varied(rows, 3).tolist() == [1, 4, 5]
    assert most_varied(rows, 9).tolist() == [0, 1, 2, 3, 4, 5]


def test_silence_and_faces_that_are_turned_away_are_left_out(tmp_path, person):
    piece = replace(person[0], span=(0, 50))
    assert describe(piece).shape == (19,)
    turned = landmarks(np.zeros((200, 1)), yaw=50.0)
    path = rewritten(tmp_path / "turned", person[0].path, turned)
    assert describe(replace(piece, path=path)) is None
    chosen = choose_seconds([replace(person[0], path=path)])
    assert chosen.tuned == chosen.held_out == []
