"""Load a judge from a file or a name, with the views of a video that it takes."""

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wav2lip.checkpoints.config import class_name
from wav2lip.checkpoints.exported import ExportedNetwork
from wav2lip.checkpoints.names import find_checkpoint
from wav2lip.checkpoints.open import has_torch, open_checkpoint
from wav2lip.checkpoints.provenance import TrainingId
from wav2lip.checkpoints.registry import CHECKPOINTS
from wav2lip.engines.choose import AUTO, CPU, build_runtime, engine_name
from wav2lip.engines.exported_encoder import ExportedEncoder
from wav2lip.engines.onnxruntime_runtime import has_provider
from wav2lip.errors import InputError
from wav2lip.evaluation.views import FaceView, FrameView, TrackView, View
from wav2lip.media.alignment import frame_times, mel_windows
from wav2lip.media.mel import mel_spectrogram
from wav2lip.media.pcm import from_pcm
from wav2lip.metrics.judges import ExpertJudge, Judge, SyncEncoder, SyncNetV2Judge
from wav2lip.types import CROP_KINDS, FPS, WINDOW_FRAMES, Mel, Pcm, mel_window

if TYPE_CHECKING:
    from torch import nn

    from wav2lip.checkpoints.load import LoadedNetwork

    Loaded = LoadedNetwork | ExportedNetwork

log = logging.getLogger(__name__)
PUBLISHED_SIZE = 96  # px, of an expert whose config has no image_size


@dataclass(frozen=True)
class LoadedJudge:
    """A judge, its two views of a video, and its origin.

    Attributes:
        judge: embeds windows.
        clip_view: its view of a frame if one video is one clip.
        track_view: its view of a frame if one face track is one clip.
        path: of the weights.
        sha256: of the weights' file.
        training_id: run that trained a sync expert; None for SyncNet v2 and for experts without one.
    """

    judge: Judge
    clip_view: View
    track_view: View
    path: str
    sha256: str
    training_id: TrainingId | None

    @property
    def published(self) -> bool:
        """Whether this is SyncNet v2, which trains no generator here."""
        return isinstance(self.judge, SyncNetV2Judge)

    @property
    def label(self) -> str:
        """Name of the judge, which every score must carry."""
        return self.judge.label

    def facts(self) -> dict[str, str | None]:
        """Label, path, sha256 and training_id as plain data."""
        return {
            "label": self.label,
            "path": self.path,
            "sha256": self.sha256,
            "training_id": None if self.training_id is None else str(self.training_id),
        }


def expert_mels(pcm: Pcm, count: int, window: int = WINDOW_FRAMES) -> Mel:
    """Mel windows (count,80,16) of a sound (N,) that start with frames 0 to count - 1 at 25 fps.

    They are as long as `window` frames; 16 columns are the length of 5.
    """
    mel = mel_spectrogram(from_pcm(pcm))
    return mel_windows(mel, frame_times(count, FPS), mel_window(window))


def _of_expert(loaded: "Loaded", network: "nn.Module | SyncEncoder") -> LoadedJudge:
    window = int(loaded.config.get("window", WINDOW_FRAMES))
    if window != WINDOW_FRAMES:
        raise InputError(
            f"{loaded.path}: is an expert of {window} frames; scores need one of {WINDOW_FRAMES} "
            "(wav2lip audit takes any)"
        )
    size = int(loaded.config.get("image_size", PUBLISHED_SIZE))
    label = f"own expert {loaded.path.name} (not comparable with published scores)"
    judge = ExpertJudge(network, expert_mels, label)
    view = FaceView(size, loaded.metadata.get("face_crop", CROP_KINDS[0]))
    return LoadedJudge(judge, view, view, str(loaded.path), loaded.sha256, loaded.training_id)


def _label_of_v2(loaded: "Loaded") -> str:
    """Label of SyncNet v2; only the scores of the published file are called published."""
    if loaded.sha256 == CHECKPOINTS["syncnet_v2"].sha256:
        return "SyncNet v2 (published)"
    return f"SyncNet v2 with the weights of {loaded.path.name} (not the published file)"


def _torch_has(device: str) -> bool:
    """Tell whether torch is installed and has a device."""
    if not has_torch():
        return False
    from wav2lip.utils.devices import torch_device

    try:
        torch_device(device)
    except InputError:
        return False
    return True


def _network(loaded: "Loaded", device: str) -> "nn.Module | SyncEncoder":
    """Prepare the network of a judge."""
    if isinstance(loaded, ExportedNetwork):
        if device != AUTO and not has_provider(device):
            log.warning(
                "%s: this build of ONNX Runtime has no provider for %s, so the judge runs on the CPU",
                *(loaded.path, device),
            )
            device = CPU
        name = engine_name(loaded, AUTO, AUTO, device)
        return ExportedEncoder(loaded, build_runtime(name, device, AUTO))
    from wav2lip.utils.devices import torch_device

    return loaded.network.to(torch_device(device))


def load_judge(weights: str = "bundled:judge", device: str = "cpu") -> LoadedJudge:
    """Load a judge: SyncNet v2 or one of our sync experts.

    Args:
        weights: a file, also one that was exported to ONNX; `bundled:judge`; or `syncnet_v2` (downloaded and verified).
        device: of the network; "auto": the GPU if there is one.

    Raises:
        InputError: no such file, or one that holds neither.
    """
    find_checkpoint(weights, "syncnet")  # no bundled generator
    loaded = open_checkpoint(weights, exported_first=not _torch_has(str(device)))
    name = class_name(loaded.config)
    if name == "SyncNetV2":
        judge = SyncNetV2Judge(_network(loaded, str(device)), _label_of_v2(loaded))
        return LoadedJudge(judge, FrameView(), TrackView(), str(loaded.path), loaded.sha256, None)
    if name == "SyncNet":
        return _of_expert(loaded, _network(loaded, str(device)))
    raise InputError(
        f"{loaded.path}: holds a {name}, not a judge; give a sync expert's checkpoint or SyncNet v2's file"
    )
