"""Tune the last layer of a network of lip motion to one person, in closed form.

The layer is linear, so that the best change for a ridge penalty is the solution of a system of equations. No step
size, no epochs; the penalty is chosen on seconds that the solution has not seen. In silence the tuned network predicts
what it did before, in units of the person: a closed mouth.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from wav2lip.data.motion_basis import motion_basis
from wav2lip.metrics.mouth_agreement import concordance
from wav2lip.models import LipMotion
from wav2lip.personalization.speech import Floats, Speech
from wav2lip.types import FPS

# Penalties of the change, in mean squares of a feature; infinite: only the range changes.
RIDGES = (float("inf"), 100.0, 30.0, 10.0, 3.0, 1.0, 0.3, 0.1)
FOLDS = 5
GAP = (
    5  # frames between what is fitted and what is predicted; faces of neighbouring frames are alike
)
RANGE_LIMITS = (0.5, 4.0)  # factor that restores the range of a mean, which moves less than a face
RANGE_SECONDS = 4.0  # of material at which half of the range found is believed
SMALLEST = 1e-6  # of a standard deviation or a mean square


@dataclass(frozen=True)
class LastLayer:
    """The last layer of a network of motion with its gain: (F, width) features to (F, K) coefficients.

    Attributes:
        weight: (K, width).
        bias: (K,).
    """

    weight: Floats
    bias: Floats

    @classmethod
    def of(cls, network: LipMotion) -> "LastLayer":
        """Read the layer of a network."""
        layer, gain = network.coefficients, network.gain.double().numpy()
        assert layer.bias is not None
        weight = layer.weight.detach().double().numpy()[:, :, 0] * gain[:, None]
        return cls(weight, layer.bias.detach().double().numpy() * gain)

    def put_into(self, network: LipMotion) -> None:
        """Make it the last layer of a network, whose gain becomes 1."""
        layer = network.coefficients
        assert layer.bias is not None
        with torch.no_grad():
            layer.weight.copy_(torch.from_numpy(self.weight)[:, :, None])
            layer.bias.copy_(torch.from_numpy(self.bias))
            network.gain.fill_(1.0)

    def predict(self, features: Floats) -> Floats:
        """Return (F, K) of features (F, width)."""
        return features @ self.weight.T + self.bias

    def scaled(self, factor: float) -> "LastLayer":
        """Return the layer with all motion multiplied."""
        return LastLayer(self.weight * factor, self.bias * factor)


@dataclass(frozen=True)
class MotionFit:
    """A tuned last layer.

    Attributes:
        layer: the tuned layer.
        ridge: the penalty that was chosen.
        unseen: (F, K) what layers that were tuned without a stretch of frames predict for it.
    """

    layer: LastLayer
    ridge: float
    unseen: Floats


def measures_of(motion: Floats) -> Floats:
    """Return opening, width and jaw (F, 3) of coefficients (F, K), from the neutral shape."""
    return motion @ motion_basis().measures()[: motion.shape[1]].astype(np.float64)


def mean_concordance(predicted: Floats, true: Floats) -> float:
    """Return the mean over opening, width and jaw of the concordance of coefficients (F, K)."""
    pairs = zip(measures_of(predicted).T, measures_of(true).T, strict=True)
    return float(np.mean([concordance(one, other) for one, other in pairs]))


def solve(start: LastLayer, speech: Speech, silence: Floats, ridge: float) -> LastLayer:
    """Find the layer with the smallest squared error, whose change from the scaled start is penalised.

    Args:
        start: the layer before.
        speech: what to fit.
        silence: (width,) features of silence, at which the change is 0.
        ridge: see `RIDGES`.
    """
    predicted = start.predict(speech.features)
    power = float((predicted**2).sum())
    scale = max(0.0, float((predicted * speech.motion).sum()) / max(power, SMALLEST))
    scaled = start.scaled(scale)
    if np.isinf(ridge):
        return scaled
    features = speech.features - silence
    size = np.maximum(np.sqrt((features**2).mean(axis=0)), SMALLEST)
    features = features / size
    gram = features.T @ features + ridge * len(features) * np.eye(features.shape[1])
    change = np.linalg.solve(gram, features.T @ (speech.motion - scale * predicted)).T / size
    return LastLayer(scaled.weight + change, scaled.bias - change @ silence)


def _unseen(start: LastLayer, speech: Speech, silence: Floats, ridge: float) -> Floats:
    """Predict every fold by a layer that was fitted to the others."""
    predicted = np.zeros_like(speech.motion)
    for fold in np.array_split(np.arange(len(speech)), FOLDS):
        kept = np.ones(len(speech), np.bool_)
        kept[max(0, fold[0] - GAP) : fold[-1] + GAP + 1] = False
        layer = solve(start, speech.part(kept), silence, ridge)
        predicted[fold] = layer.predict(speech.features[fold])
    return predicted


def range_factor(predicted: Floats, true: Floats) -> float:
    """Return the factor on coefficients (F, K) that restores the range of the opening.

    With little material it is drawn towards 1.
    """
    one, other = (measures_of(motion)[:, 0].std() for motion in (predicted, true))
    low, high = np.log(RANGE_LIMITS)
    found = np.clip(np.log(max(float(other), SMALLEST) / max(float(one), SMALLEST)), low, high)
    seconds = len(true) / FPS
    return float(np.exp(found * seconds / (seconds + RANGE_SECONDS)))


def fit_motion(
    start: LastLayer, speech: Speech, silence: Floats, ridges: Sequence[float] = RIDGES
) -> MotionFit:
    """Tune the last layer of a network of motion.

    Args:
        start: the layer before.
        speech: of one person, in order of time; at least `FOLDS` seconds give a useful choice.
        silence: see `solve`.
        ridges: penalties of which the one with the best concordance on unseen frames is chosen.
    """
    found = []
    for ridge in ridges:
        unseen = _unseen(start, speech, silence, ridge)
        factor = range_factor(unseen, speech.motion)
        score = mean_concordance(unseen * factor, speech.motion)
        found.append((score, factor, ridge, unseen * factor))
    _, factor, ridge, unseen = max(found, key=lambda one: one[0])
    return MotionFit(solve(start, speech, silence, ridge).scaled(factor), ridge, unseen)
