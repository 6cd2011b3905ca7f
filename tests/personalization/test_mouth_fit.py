import time
from copy import deepcopy
from dataclasses import replace

import pytest
import torch
from mouth_clips import write_mouth_corpus

from wav2lip.data.datamodule import load_clips
from wav2lip.personalization import mouth_fit
from wav2lip.personalization.mouth_fit import fit_mouth, tuned_parameters


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    folder = tmp_path_factory.mktemp("mouths")
    write_mouth_corpus(folder, {"train": 2})
    return load_clips([str(folder)], "train")


def test_norms_and_the_last_layer_are_tuned_within_the_time(generator, clips, monkeypatch):
    for name, value in {"STEPS": 4, "SAMPLES": 8, "CHECKED": 2, "JUDGED": 2, "EVERY": 2}.items():
        monkeypatch.setattr(mouth_fit, name, value)
    network = deepcopy(generator.inpainter)
    fit = fit_mouth(network, clips[:1], clips[1:], time.monotonic() + 60)
    assert fit.before.l1 > 0
    assert 0.02 < fit.weights < 0.5  # the network of this test is a sixteenth of the real one
    tuned = {id(p) for p in tuned_parameters(network)}
    names = [name for name, p in network.named_parameters() if id(p) in tuned]
    assert "weights_and_colour.weight" in names
    assert not any(name.endswith("conv.weight") for name in names)
    before = dict(generator.inpainter.state_dict())
    changed = {k for k, v in network.state_dict().items() if not torch.equal(v, before[k])}
    assert changed <= set(names)


def test_the_real_network_is_tuned_in_a_few_per_cent_of_its_weights():
    network = mouth_fit.MouthInpainter()
    counts = [
        sum(p.numel() for p in ps) for ps in (tuned_parameters(network), network.parameters())
    ]
    assert counts[0] / counts[1] == pytest.approx(0.06, abs=0.01)


def test_small_faces_are_not_tuned(generator, clips):
    small = [replace(clip, row=replace(clip.row, face=60.0)) for clip in clips]
    assert fit_mouth(deepcopy(generator.inpainter), small, small, time.monotonic()) is None


@pytest.mark.slow
def test_tuning_brings_the_mouth_nearer(generator, clips):
    network = deepcopy(generator.inpainter)
    fit = fit_mouth(network, clips[:1], clips[1:], time.monotonic() + 300)
    assert fit.after.l1 < 0.98 * fit.before.l1
