"""Train the network that predicts the motion of the lower face from sound."""

from typing import Any, cast

import torch
import torch.nn.functional as F
from torch import Tensor

from wav2lip.checkpoints import load_network
from wav2lip.data.motion_basis import MEASURES, motion_basis
from wav2lip.errors import InputError
from wav2lip.losses.motion import motion_correlation, motion_error, motion_range
from wav2lip.losses.series_contrast import SeriesContrast
from wav2lip.models import MeshSyncNet
from wav2lip.tasks.base import Task
from wav2lip.tasks.build import Config, build
from wav2lip.types import FPS, MotionBatch

CLOSED_BELOW = (
    0.01  # opening of closed lips beyond that of the most closed, distances between the eyes
)


def at_steps(motion: Tensor, steps: Tensor) -> Tensor:
    """Read motion (B, K, S) at fractional steps (B, T), linear between them: (B, T, K)."""
    before = steps.floor().clamp(0, motion.shape[2] - 2)
    share = (steps - before).clamp(0, 1)[:, None]
    first = before.long()[:, None].expand(-1, motion.shape[1], -1)
    at_first, at_next = motion.gather(2, first), motion.gather(2, first + 1)
    return torch.lerp(at_first, at_next, share).transpose(1, 2)


def at_columns(audio: Tensor, columns: Tensor) -> Tensor:
    """Read sound (B, C, M) at fractional columns (B, N), linear between them: (B, C, N)."""
    columns = columns.clamp(0, audio.shape[2] - 1)
    before = columns.floor().clamp(max=audio.shape[2] - 2)
    where = before.long()[:, None].expand(-1, audio.shape[1], -1)
    return torch.lerp(
        audio.gather(2, where), audio.gather(2, where + 1), (columns - before)[:, None]
    )


class LipMotionTask(Task):
    """Train `wav2lip.models.LipMotion`.

    The loss is the error of the coefficients and the correlation of opening, width and jaw over a window. The second
    does not depend on how much a person moves and on the mean of an expression, which sound hardly tells. Both are
    least for the mean of all motion that fits a sound, which moves less than a face. With an expert a third term asks
    that the predicted motion tells the sound of each moment from the others, as that of a face does.

    Logs `val/opening`, `val/width` and `val/jaw`, the mean over clips of their correlation with the true ones, and
    `val/range`, that of the standard deviation of the opening over the true one. `val/loss` is 1 minus the mean of
    the three correlations.

    Args:
        lip_motion: config of `wav2lip.models.LipMotion`.
        optimizer: see `Task`.
        weights: of the terms `error`, `correlation` and, with an expert, `sync`.
        expert: checkpoint of a sync expert of geometry; None: no sync term.
        measure_weights: of opening, width and jaw within the correlation.
        closure_weight: of frames with closed lips within the error; others have 1. A mouth that stays a little open
            for m, b and p looks wrong at once.
        warmup: see `Task`.

    Raises:
        InputError: the network has other points or components than the motion basis, or the expert reads features of
            speech and the network does not. When training starts: there is an expert, and the clips are not at 25 fps.
    """

    figures = ("val/opening", "val/width", "val/jaw")
    measures: Tensor
    shares: Tensor  # of the measures within the correlation; they sum to 1

    def __init__(
        self,
        lip_motion: Config,
        optimizer: Config,
        weights: dict[str, float],
        expert: str | None = None,
        measure_weights: dict[str, float] | None = None,
        closure_weight: float = 1.0,
        warmup: int | None = None,
    ) -> None:
        super().__init__(optimizer, warmup)
        self.save_hyperparameters()
        self.lip_motion = build(lip_motion)
        self.weights = dict(weights)
        self.closure_weight = closure_weight
        shares = measure_weights or dict.fromkeys(MEASURES, 1.0)
        parts = torch.tensor([shares[name] / sum(shares.values()) for name in MEASURES])
        self.register_buffer("shares", parts, persistent=False)
        basis = motion_basis()
        count, points = self.lip_motion.basis.shape[:2]
        if count > len(basis.components) or points != len(basis.vertices):
            raise InputError(
                f"the motion basis has {len(basis.components)} components of {len(basis.vertices)} points, the "
                f"network {count} of {points}; give it components={len(basis.components)} or fewer and "
                f"points={len(basis.vertices)}"
            )
        self.lip_motion.vertices.copy_(torch.tensor(basis.vertices))
        self.lip_motion.basis.copy_(torch.tensor(basis.components[:count]))
        self._expert_id = "none"
        # A tuple hides the frozen expert from Lightning; see `Wav2LipTask`.
        self._expert: tuple[MeshSyncNet, ...] = (self._load_expert(expert),) if expert else ()
        self.sync_loss = SeriesContrast(within=1.0).requires_grad_(False)
        measures = torch.tensor(basis.measures()[:count])
        self.register_buffer("measures", measures, persistent=False)

    def _load_expert(self, path: str) -> MeshSyncNet:
        loaded = load_network(path, "mesh_syncnet")
        expert = cast("MeshSyncNet", loaded.network)
        if expert.channels > self.lip_motion.channels:
            raise InputError(
                f"{path}: reads features of speech, the network does not; set task.lip_motion.speech=true, or train "
                "an expert with task.syncnet.speech=false"
            )
        basis = torch.tensor(motion_basis().components)
        if expert.basis.shape != basis.shape or not torch.allclose(expert.basis, basis, atol=1e-3):
            raise InputError(f"{path}: was trained on another motion basis; train it again")
        self._expert_id = loaded.identity
        return expert.eval().requires_grad_(False)

    def provenance(self) -> dict[str, str]:
        """Return the base's entries and `expert_id`, so that the expert is not used as a judge of its generator."""
        return {**super().provenance(), "expert_id": self._expert_id}

    def on_train_start(self) -> None:
        super().on_train_start()
        loader: Any = self.trainer.train_dataloader
        fps = getattr(getattr(loader, "dataset", None), "fps", FPS)
        if self._expert and fps != FPS:
            raise InputError(
                f"the clips have {fps:g} frames per second, but the expert of geometry knows {FPS:g}; preprocess with "
                f"clip.fps={FPS:g}, or set task.expert=null"
            )

    def sync(self, batch: MotionBatch, predicted: Tensor) -> Tensor:
        """Compute the contrast of the predicted motion (B, T, K) with the sound, as the expert embeds them."""
        expert = self._expert[0]
        expert.to(predicted.device)
        components = expert.basis.shape[0]
        moved = batch["scale"][:, None, None] * predicted
        moved = F.pad(moved, (0, components - moved.shape[2])) + batch["neutral"][:, None]
        heard = at_columns(batch["audio"][:, : expert.channels], batch["columns"])
        audio, motion = expert(heard, moved)
        counts = (batch["weight"] > 0).unfold(1, expert.window, 1).all(dim=-1)
        loss: Tensor = self.sync_loss(audio, motion, counts)
        return loss

    def predict(self, batch: MotionBatch) -> Tensor:
        """Predict motion (B, T, K) at the times of the frames."""
        return at_steps(self.lip_motion(batch["audio"]), batch["steps"])

    def training_step(self, batch: MotionBatch, _: int) -> Tensor:
        predicted = self.predict(batch)
        target, weight = batch["motion"][..., : predicted.shape[2]], batch["weight"]
        measures = target @ self.measures
        correlation = motion_correlation(predicted @ self.measures, measures, weight)
        closed = measures[..., 0] < CLOSED_BELOW
        terms = {
            "error": motion_error(
                predicted, target, torch.where(closed, self.closure_weight, 1.0) * weight
            ),
            "correlation": ((1 - correlation) * self.shares).sum(dim=1).mean(),
        }
        if self._expert:
            terms["sync"] = self.sync(batch, predicted)
        loss = torch.stack([self.weights[name] * value for name, value in terms.items()]).sum()
        values = {f"train/{name}": value.detach() for name, value in terms.items()}
        self.log_dict(values, batch_size=len(batch["clip"]))
        return loss

    def validation_step(self, batch: MotionBatch, _: int) -> None:
        predicted = self.predict(batch)
        target, weight = batch["motion"][..., : predicted.shape[2]], batch["weight"]
        series = predicted @ self.measures, target @ self.measures
        correlation = motion_correlation(*series, weight).mean(dim=0)
        values: dict[str, Any] = {
            f"val/{name}": value for name, value in zip(MEASURES, correlation, strict=True)
        }
        values["val/range"] = motion_range(*series, weight)[:, 0].mean()
        values["val/loss"] = 1 - correlation.mean()
        self.chance |= dict.fromkeys((f"val/{name}" for name in MEASURES), 0.0)
        self.log_dict(values, prog_bar=True, batch_size=len(batch["clip"]), sync_dist=True)
