import math

import numpy as np
import pytest
import torch

from wav2lip.metrics import ProbeEmbeddings, SyncScore, leak_probe, lsd
from wav2lip.metrics.leak import confidence_at_zero, response

WINDOWS, SPACE = 80, 64


def world(seed: int) -> torch.Tensor:
    """A sound in a judge's space: unit vectors (n,D) that have nothing in common."""
    rng = np.random.default_rng(seed)
    vectors = torch.from_numpy(rng.standard_normal((WINDOWS, SPACE)).astype(np.float32))
    return torch.nn.functional.normalize(vectors)


RIGHT, OTHER, LATE, MUTED = (world(seed) for seed in range(4))
SOUNDS = ProbeEmbeddings(RIGHT, OTHER, LATE, MUTED)


def test_a_mouth_that_follows_the_sound_does_not_follow_its_source():
    probe = leak_probe(SOUNDS, SOUNDS, RIGHT, 7.0)
    # lips equal to their sound lie at 0, unrelated unit vectors at the square root of two
    for agrees in (probe.agreement_right, probe.agreement_swapped, probe.agreement_late):
        assert agrees == pytest.approx(math.sqrt(2), abs=0.03)
    assert probe.agreement_source == pytest.approx(0, abs=0.04)
    assert probe.agreement_muted_source == pytest.approx(0, abs=0.04)
    assert probe.response == 7.0


def test_a_mouth_that_copies_its_source_does_not_follow_the_sound():
    probe = leak_probe(ProbeEmbeddings(RIGHT, RIGHT, RIGHT, RIGHT), SOUNDS, RIGHT, 0.0)
    assert probe.agreement_right == pytest.approx(math.sqrt(2), abs=0.03)
    assert probe.agreement_swapped == pytest.approx(0, abs=0.04)
    assert probe.agreement_source == probe.agreement_muted_source == probe.agreement_right


def test_what_is_followed_moves_from_sound_to_source_with_the_share_taken_from_it():
    probes = [
        leak_probe(
            ProbeEmbeddings(*(share * RIGHT + (1 - share) * x for x in SOUNDS)), SOUNDS, RIGHT, 0.0
        )
        for share in (0.0, 0.25, 0.5, 0.75, 1.0)
    ]
    silent = [p.lse_c_silent for p in probes]
    assert silent == sorted(silent)
    assert [p.lse_d_silent for p in probes] == sorted(
        (p.lse_d_silent for p in probes), reverse=True
    )
    sound, source = [p.agreement_swapped for p in probes], [p.agreement_source for p in probes]
    assert sound == sorted(sound, reverse=True)
    assert source == sorted(source)
    assert len(set(sound)) == len(set(source)) == 5
    assert sound[2] == pytest.approx(source[2], rel=0.1)


def test_a_silent_output_that_keeps_the_sources_motion_has_the_scores_of_the_source():
    copied = leak_probe(ProbeEmbeddings(RIGHT, RIGHT, RIGHT, RIGHT), SOUNDS, RIGHT, 0.0)
    assert copied.lse_d_silent == pytest.approx(0, abs=1e-3)
    assert copied.lse_c_silent == pytest.approx(math.sqrt(2), abs=0.03)
    # For the right sound D = 0 and C = sqrt 2, for the other one D = sqrt 2 and C = 0.
    assert copied.lsd_current == pytest.approx(math.sqrt(2), abs=0.06)
    clean = leak_probe(SOUNDS, SOUNDS, RIGHT, 0.0)
    assert clean.lse_d_silent == pytest.approx(math.sqrt(2), abs=0.06)
    assert clean.lse_c_silent == pytest.approx(0, abs=0.06)
    assert clean.lsd_current == pytest.approx(0, abs=0.03)


def test_a_still_has_no_mouth_of_its_own():
    probe = leak_probe(SOUNDS, SOUNDS, None, 0.0)
    assert math.isnan(probe.agreement_source)
    assert math.isnan(probe.agreement_muted_source)
    assert math.isnan(probe.lse_c_silent)
    assert math.isnan(probe.lse_d_silent)
    assert probe.agreement_swapped > 1.3


def test_agreement_is_the_confidence_at_no_shift():
    distances = np.full(31, 1.2)
    distances[15] = 0.9
    assert confidence_at_zero(distances) == pytest.approx(0.3)
    assert (
        confidence_at_zero(np.roll(distances, 4)) == 0
    )  # in sync four frames off, which nobody sees


def test_response_is_the_mouths_change():
    faces = np.full((4, 96, 96, 3), 100, np.uint8)
    louder = faces.copy()
    louder[:, 48:, 24:72] += 10
    louder[:, :48] = 0  # not the mouth
    assert response(faces, louder) == pytest.approx(10)
    with pytest.raises(ValueError, match="differ"):
        response(faces, faces[:3])


def test_response_and_lsd_grow_with_the_difference():
    faces = np.full((4, 96, 96, 3), 100, np.uint8)
    assert [response(faces, faces + np.uint8(by)) for by in (0, 5, 40)] == [0, 5, 40]
    own = SyncScore(6.4, 7.8, 0)
    others = [SyncScore(6.4 + by, 7.8 - 2 * by, 0) for by in (0, 0.1, 1)]
    assert [lsd(own, other) for other in others] == pytest.approx([0, 0.15, 1.5])


def test_lsd_is_half_of_both_differences():
    # Wav2Lip-like scores: D 6.4 and C 7.8 with the own sound, D 7.0 and C 7.3 with another one.
    assert lsd(SyncScore(6.4, 7.8, 0), SyncScore(7.0, 7.3, -2)) == pytest.approx(0.55)
    assert lsd(SyncScore(7.0, 7.3, 0), SyncScore(6.4, 7.8, 0)) == pytest.approx(0.55)
    assert lsd(SyncScore(7.0, 7.3, 1), SyncScore(7.0, 7.3, 4)) == 0
