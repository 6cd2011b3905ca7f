"""Tune the last layer of a network of lip motion to one person, in closed form.

The layer is linear, so that the best change for a ridge penalty is the solution of a system of equations. No step
size, no epochs. The penalty does not depend on the person: the more material, the farther the layer may move. In
silence the tuned network predicts what it did before, in units of the person: a closed mouth.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from wav2lip.data.motion_basis import motion_basis
from wav2lip.metrics.mouth_agreement import concordance
from wav2lip.models import LipMotion
from wav2lip.personalization.speech import Floats, Speech
from wav2lip.types import FPS

# Seconds of material that the penalty of the change outweighs in a feature. On 73 people with 12 s each, half or twice
# as many give the same agreement on unseen seconds; a penalty that is chosen for each person agrees less.
RIDGE_SECONDS = 80.0
FOLDS = 5
GAP = (
    5  # frames between what is fitted and what is predicted; faces of neighbouring frames are alike
)
RANGE_SECONDS = 1.5  # of material at which half of the change of the range is believed
RANGE_LIMITS = (
    0.3,
    3.0,
)  # of the person's range over that of the start; beyond it a measurement failed
SCALE_LIMITS = (0.2, 2.0)  # of the start that best fits; a mouth must not stand still
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
        unseen: (F, K) what layers that were tuned without a stretch of frames predict for it.
    """

    layer: LastLayer
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
        ridge: weight of the penalty, in mean squares of a feature; infinite: only the range changes.
    """
    predicted = start.predict(speech.features)
    power = float((predicted**2).sum())
    fitted = float((predicted * speech.motion).sum()) / max(power, SMALLEST)
    scale = float(np.clip(fitted, *SCALE_LIMITS))
    scaled = start.scaled(scale)
    if np.isinf(ridge):
        return scaled
    features = speech.features - silence
    size = np.maximum(np.sqrt((features**2).mean(axis=0)), SMALLEST)
    features = features / size
    gram = features.T @ features + ridge * len(features) * np.eye(features.shape[1])
    change = np.linalg.solve(gram, features.T @ (speech.motion - scale * predicted)).T / size
    return LastLayer(scaled.weight + change, scaled.bias - change @ silence)


def folds_of(count: int) -> list[NDArray[np.int64]]:
    """Split frames into `FOLDS` stretches."""
    return np.array_split(np.arange(count), FOLDS)


def _unseen(start: LastLayer, speech: Speech, silence: Floats, ridge: float) -> Floats:
    """Predict every fold by a layer that was fitted to the others."""
    predicted = np.zeros_like(speech.motion)
    for fold in folds_of(len(speech)):
        kept = np.ones(len(speech), np.bool_)
        kept[max(0, fold[0] - GAP) : fold[-1] + GAP + 1] = False
        layer = solve(start, speech.part(kept), silence, ridge)
        predicted[fold] = layer.predict(speech.features[fold])
    return predicted


def range_factor(predicted: Floats, true: Floats, start: Floats) -> float:
    """Return the factor on coefficients (F, K) that restores the range of the opening.

    A fit predicts a mean, which moves less than a face. With little material the range stays near that of the start.

    Args:
        predicted: by the fit.
        true: of the person.
        start: predicted by the layer before.
    """
    own, person, before = (
        max(float(measures_of(motion)[:, 0].std()), SMALLEST) for motion in (predicted, true, start)
    )
    seconds = len(true) / FPS
    change = np.clip(person / before, *RANGE_LIMITS) ** (seconds / (seconds + RANGE_SECONDS))
    return float(change * before / own)


def fit_motion(start: LastLayer, speech: Speech, silence: Floats) -> MotionFit:
    """Tune the last layer of a network of motion.

    A change of the range alone is taken if it agrees better with unseen frames.

    Args:
        start: the layer before.
        speech: of one person, in order of time; at least `FOLDS` seconds give a useful choice.
        silence: see `solve`.
    """
    found = []
    predicted = start.predict(speech.features)
    for ridge in (RIDGE_SECONDS * FPS / len(speech), float("inf")):
        unseen = _unseen(start, speech, silence, ridge)
        factor = range_factor(unseen, speech.motion, predicted)
        layer = solve(start, speech, silence, ridge).scaled(factor)
        score = mean_concordance(unseen * factor, speech.motion)
        found.append((score, MotionFit(layer, unseen * factor)))
    return max(found, key=lambda one: one[0])[1]
