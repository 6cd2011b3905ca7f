"""Tune the inside of the mouth of a generator that moves the mesh to one person: norms and the last layer."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import Dataset

from wav2lip.data.augment import AugmentSettings
from wav2lip.data.clip_dataset import Clip
from wav2lip.data.mouth_pairs import MouthPairDataset
from wav2lip.errors import InputError
from wav2lip.losses.inpainting import detail_l1, detail_ratio, region_l1
from wav2lip.models import MouthInpainter
from wav2lip.models.mouth_inpainter import compose

STEPS, BATCH = 150, 8
SAMPLES = 240  # drawn once; each is seen five times
CHECKED, JUDGED = (
    32,
    48,
)  # held-out samples that stop the training, and others that judge its result
EVERY, PATIENCE = 25, 2  # steps between two checks, and checks without progress until the end
LEARNING_RATE = 5e-4
STAY = 1e-3  # weight of the squared distance from the start, a sum over the weights
DRAWN = 0.3  # weight of the drawn colour alone, as in training
SHARP = 0.02  # weight of the logarithm of the sharpness; no discriminator keeps it here
SMALLEST = 1e-3  # of a sharpness
AUGMENT = AugmentSettings(flip=0.5, colour=0.1)

Sample = dict[str, Tensor]


@dataclass(frozen=True)
class MouthScores:
    """Scores of inpainted mouths on held-out pairs of frames.

    Attributes:
        l1: mean absolute difference from the true picture in the region that may change, 0-1.
        sharpness: detail against the true picture's; 1 is as sharp.
    """

    l1: float
    sharpness: float


@dataclass(frozen=True)
class MouthFit:
    """A tuned inside of the mouth.

    Attributes:
        before: scores of the start on samples that neither trained nor stopped the training.
        after: of the tuned network.
        weights: share of the network's weights that were tuned.
    """

    before: MouthScores
    after: MouthScores
    weights: float


def tuned_parameters(network: MouthInpainter) -> list[nn.Parameter]:
    """Return the weights that are tuned: scale and shift of the norms, and the last layer."""
    norms = [module for module in network.modules() if isinstance(module, nn.BatchNorm2d)]
    return [p for module in (*norms, network.weights_and_colour) for p in module.parameters()]


def draw(data: Dataset[dict[str, Tensor | str]], count: int, until: float) -> list[Sample]:
    """Draw samples, at least one batch, and no more after a time of `time.monotonic`."""
    drawn: list[Sample] = []
    for index in range(count):
        if len(drawn) >= BATCH and time.monotonic() > until:
            break
        sample = data[index]
        drawn.append({name: value for name, value in sample.items() if isinstance(value, Tensor)})
    return drawn


def _inpaint(network: MouthInpainter, samples: Sequence[Sample]) -> tuple[Tensor, ...]:
    """Return the composed pictures, the drawn colour, the target, and opening and region."""
    batch = {name: torch.stack([sample[name] for sample in samples]) for name in samples[0]}
    candidates, target = batch["candidates"].float() / 255, batch["target"].float() / 255
    weights, colour = network(candidates, batch["inside"], batch["shape"])
    opening, region = batch["shape"][:, :1], batch["shape"][:, 1:]
    return compose(candidates, weights, colour, region[:, 0]), colour, target, opening, region


@torch.inference_mode()
def score_mouth(network: MouthInpainter, samples: Sequence[Sample]) -> tuple[MouthScores, float]:
    """Return the scores of samples, and the loss that decides when to stop."""
    rows = []
    for first in range(0, len(samples), BATCH):
        composed, _, target, _, region = _inpaint(network, samples[first : first + BATCH])
        l1 = region_l1(composed, target, region)
        ratio = detail_ratio(composed, target, region)
        blur = SHARP * ratio.clamp_min(SMALLEST).log().abs()
        terms = l1, ratio, l1 + detail_l1(composed, target, region) + blur
        rows.append([float(term) for term in terms])
    l1, sharpness, loss = np.mean(rows, axis=0)
    return MouthScores(float(l1), float(sharpness)), float(loss)


def _train(
    network: MouthInpainter,
    samples: Sequence[Sample],
    checked: Sequence[Sample],
    until: float,
    seed: int,
) -> None:
    """Train until the checked samples get no better; the best weights stay in the network."""
    parameters = tuned_parameters(network)
    network.requires_grad_(False)
    for parameter in parameters:
        parameter.requires_grad_(True)
    start = [parameter.detach().clone() for parameter in parameters]
    best, best_loss, since = start, score_mouth(network, checked)[1], 0
    optimizer = torch.optim.Adam(parameters, lr=LEARNING_RATE, betas=(0.5, 0.99))
    rng = np.random.default_rng(seed)
    for step in range(1, STEPS + 1):
        chosen = rng.choice(len(samples), min(BATCH, len(samples)), replace=False)
        composed, colour, target, opening, region = _inpaint(network, [samples[i] for i in chosen])
        loss = region_l1(composed, target, region) + detail_l1(composed, target, region)
        loss = loss + DRAWN * region_l1(colour, target, opening)
        ratio = detail_ratio(composed, target, region)
        loss = loss + SHARP * ratio.clamp_min(SMALLEST).log().abs()
        away = [(p - s).square().sum() for p, s in zip(parameters, start, strict=True)]
        optimizer.zero_grad()
        (loss + STAY * torch.stack(away).sum()).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        over = time.monotonic() > until
        if step % EVERY == 0 or over:
            found = score_mouth(network, checked)[1]
            since = 0 if found < best_loss else since + 1
            if found < best_loss:
                best, best_loss = [p.detach().clone() for p in parameters], found
            if over or since >= PATIENCE:
                break
    with torch.no_grad():
        for parameter, value in zip(parameters, best, strict=True):
            parameter.copy_(value)
    network.requires_grad_(True)


def fit_mouth(
    network: MouthInpainter,
    tuned: Sequence[Clip],
    held_out: Sequence[Clip],
    until: float,
    seed: int = 0,
) -> MouthFit | None:
    """Tune the inside of the mouth, in place. Statistics of the norms stay.

    Args:
        network: in eval mode, on the CPU.
        tuned: spans of clips with landmarks to train on.
        held_out: spans that stop the training and judge its result.
        until: time of `time.monotonic` at which the training ends at the latest.
        seed: of the samples.

    Returns:
        The scores; None if the faces are too small, or too few frames are held out.
    """
    try:
        training = MouthPairDataset(tuned, SAMPLES, AUGMENT, seed)
        judging = MouthPairDataset(held_out, CHECKED + JUDGED, seed=seed + 1)
    except InputError:  # no clip has a face of sufficient size with enough frames
        return None
    held = draw(judging, CHECKED + JUDGED, float("inf"))
    checked, judged = held[:CHECKED], held[CHECKED:]
    before, _ = score_mouth(network, judged)
    remaining = until - time.monotonic()
    samples = draw(training, SAMPLES, time.monotonic() + remaining / 2)
    _train(network, samples, checked, until, seed)
    after, _ = score_mouth(network, judged)
    counts = [
        sum(p.numel() for p in ps) for ps in (tuned_parameters(network), network.parameters())
    ]
    return MouthFit(before, after, counts[0] / counts[1])
