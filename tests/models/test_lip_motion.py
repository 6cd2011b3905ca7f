import pytest
import torch
from networks import seeded

from wav2lip.media.speech_features import SpeechStream
from wav2lip.models import LipMotion
from wav2lip.models.lip_motion import SPEECH_LOOKAHEAD_MS

SMALL = {"width": 8, "stacks": 1, "dilations": (1, 2), "components": 3, "points": 4}


def test_shapes_and_size():
    network = LipMotion()
    assert network(torch.zeros(2, 80, 101)).shape == (2, 12, 51)
    assert network.basis.shape == (12, 205, 3)
    assert network.vertices.dtype == torch.int64
    assert sum(p.numel() for p in network.parameters()) == 345_324


@pytest.mark.parametrize(("lookahead_ms", "ahead"), [(31.25, 0), (80, 1), (131.25, 4), (None, 4)])
def test_sound_after_the_lookahead_changes_nothing_before_it_does(lookahead_ms, ahead):
    network = seeded(LipMotion(**SMALL, lookahead_ms=lookahead_ms))
    mel = torch.rand(1, 80, 60)
    changed = mel.clone()
    changed[..., 40:] = 1  # from step 20
    differs = (network(mel) != network(changed)).any(dim=1)[0]
    assert differs.nonzero().min() == 20 - ahead
    assert network.lookahead_ms == 25 * ahead + 31.25


def test_sound_before_the_reach_changes_nothing():
    network = seeded(LipMotion(**SMALL, lookahead_ms=31.25))
    mel = torch.rand(1, 80, 60)
    changed = mel.clone()
    changed[..., :2] = 1  # step 0; the convolutions reach 2 + 2 + 4 steps back
    differs = (network(mel) != network(changed)).any(dim=1)[0]
    assert differs.nonzero().flatten().tolist() == list(range(9))


def test_a_part_of_a_sound_gives_what_the_whole_gives():
    network = seeded(LipMotion(**SMALL, lookahead_ms=200))
    mel = torch.rand(1, 80, 80)
    torch.testing.assert_close(network(mel)[..., 20:30], network(mel[..., 20:])[..., 10:20])


def test_silence_pads_a_sound_of_an_odd_length_and_its_ends():
    network = seeded(LipMotion(**SMALL))
    sound = torch.rand(1, 80, 31)
    silence = torch.full((1, 80, 33), -4.0)
    torch.testing.assert_close(
        network(torch.cat([sound, silence], dim=2))[..., :12], network(sound)[..., :12]
    )


def test_deviations_are_sums_of_the_scaled_basis():
    network = LipMotion(**SMALL)
    network.basis.copy_(torch.arange(36.0).view(3, 4, 3))
    coefficients = torch.tensor([[1.0, 0, 0], [0, 0, 2]])
    assert network.deviations(coefficients).shape == (2, 4, 3)
    assert network.deviations(coefficients)[1, 3].tolist() == [66, 68, 70]
    network.gain.fill_(3)
    mel = torch.rand(1, 80, 10)
    tripled = network.eval()(mel)
    network.gain.fill_(1)
    torch.testing.assert_close(tripled, 3 * network(mel))


def test_features_of_speech_are_read_beneath_the_mel():
    network = seeded(LipMotion(**SMALL, speech=True, lookahead_ms=260))
    assert network.channels == 368
    assert network.lookahead_ms == 4 * 25 + 154.25
    audio = torch.rand(1, 368, 60)
    changed = audio.clone()
    changed[:, 80:, 40:] = 1
    differs = (network(audio) != network(changed)).any(dim=1)[0]
    assert differs.nonzero().min() == 20 - 3  # the first convolution reads the mel alone
    assert LipMotion(**SMALL).channels == 80


def test_the_lookahead_of_features_of_speech_is_that_of_their_stream():
    beyond = max(SpeechStream.samples(c + 1) / 16 - 12.5 * c for c in range(5, 500))
    assert SPEECH_LOOKAHEAD_MS - 6.25 - 0.1 < beyond <= SPEECH_LOOKAHEAD_MS - 6.25


def test_a_lookahead_shorter_than_a_step_is_refused():
    with pytest.raises(ValueError, match=r"lookahead_ms must be at least 31\.25, not 20"):
        LipMotion(lookahead_ms=20)
