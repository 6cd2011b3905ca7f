"""The judge that a file or a name stands for, with what it is to be shown."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from wav2lip.checkpoints import LoadedNetwork, bundled, load_network
from wav2lip.checkpoints.downloads import NAMED
from wav2lip.errors import InputError
from wav2lip.evaluation.views import FaceCrop, TrackCrop, View, WholePicture
from wav2lip.media.alignment import frame_times, mel_windows
from wav2lip.media.mel import mel_spectrogram
from wav2lip.media.pcm import from_pcm
from wav2lip.metrics.judges import ExpertJudge, Judge, SyncNetV2Judge
from wav2lip.models import SyncNet, SyncNetV2
from wav2lip.types import FPS

PUBLISHED_SIZE = 96  # px, where an expert's config names none


@dataclass(frozen=True)
class LoadedJudge:
    """A judge, its two views of a video, and where it came from."""

    judge: Judge
    clip_view: View  # one clip a video
    track_view: View  # one face track a clip
    path: str
    sha256: str
    training_id: str | None  # of an expert of our own: the run that it came out of

    @property
    def published(self) -> bool:
        """Whether this is SyncNet v2, which trains nobody here."""
        return isinstance(self.judge, SyncNetV2Judge)

    @property
    def label(self) -> str:
        """What every score must carry."""
        return self.judge.label

    def facts(self) -> dict[str, str | None]:
        """What a report says of it."""
        return {
            "label": self.label,
            "path": self.path,
            "sha256": self.sha256,
            "training_id": self.training_id,
        }


def expert_sound(pcm: NDArray[np.int16], count: int) -> NDArray[np.float32]:
    """Mel windows (count,80,16) of pcm (N,) that start with frames 0…count-1 at 25 fps."""
    mel = mel_spectrogram(from_pcm(pcm))
    return mel_windows(mel, frame_times(count, FPS))


def _of_expert(loaded: LoadedNetwork) -> LoadedJudge:
    size = int(loaded.config.get("image_size", PUBLISHED_SIZE))
    label = f"own expert {loaded.path.name} (not comparable with published scores)"
    judge = ExpertJudge(loaded.network, expert_sound, label)
    view = FaceCrop(size)
    return LoadedJudge(
        judge, view, view, str(loaded.path), loaded.sha256, training_id(loaded.metadata)
    )


def _label_of_v2(loaded: LoadedNetwork) -> str:
    """Only the published file's scores may be called published."""
    if loaded.sha256 == NAMED["syncnet_v2"].sha256:
        return "SyncNet v2 (published)"
    return f"SyncNet v2 with the weights of {loaded.path.name} (not the published file)"


def training_id(metadata: dict[str, Any]) -> str | None:
    """The training run that a checkpoint says it comes from."""
    known = metadata.get("training_id")
    return None if known is None else str(known)


def load_judge(weights: str = "default", device: str | torch.device = "cpu") -> LoadedJudge:
    """A judge from a file, the name `syncnet_v2` (downloaded and verified) or `default` (bundled).

    SyncNet v2 or a sync expert of our own: the file tells which. device: "auto" is the GPU where
    there is one. Raises InputError: no such file, or one that holds neither.
    """
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    if weights == "default" and not bundled.JUDGE.is_file():
        raise InputError(
            "no judge is bundled here: give judge weights, a sync expert's checkpoint or "
            "SyncNet v2's file, or the name syncnet_v2 to download that"
        )
    loaded = load_network(bundled.JUDGE if weights == "default" else weights)
    loaded.network.to(device)
    if isinstance(loaded.network, SyncNetV2):
        judge = SyncNetV2Judge(loaded.network, _label_of_v2(loaded))
        return LoadedJudge(
            judge, WholePicture(), TrackCrop(), str(loaded.path), loaded.sha256, None
        )
    if isinstance(loaded.network, SyncNet):
        return _of_expert(loaded)
    raise InputError(
        f"{loaded.path}: holds a {type(loaded.network).__name__}, not a judge; "
        "give a sync expert's checkpoint or SyncNet v2's file"
    )
