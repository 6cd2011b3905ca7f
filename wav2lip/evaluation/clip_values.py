"""All metrics of one video that need no judge, by its protocol."""

from typing import TYPE_CHECKING

from wav2lip.evaluation.mesh_metrics import mesh_values, silent_values, true_video_values
from wav2lip.evaluation.protocols import Protocol
from wav2lip.evaluation.quality import generated_metrics, is_same_audio, video_metrics
from wav2lip.evaluation.results import GENERATED, VIDEO
from wav2lip.evaluation.scorer import score
from wav2lip.evaluation.video_reader import VideoData
from wav2lip.metrics.leak import lsd
from wav2lip.metrics.lse import Padding, lse

if TYPE_CHECKING:
    from wav2lip.metrics.fid import FaceFID  # torch-fidelity and torchvision


def real_values(real: VideoData) -> dict[str, float]:
    """Metrics of a real video, by name."""
    return video_metrics(real.run, real.pcm) | mesh_values(real.run, real.pcm)


def clip_values(
    protocol: Protocol, judged: VideoData, real: VideoData | None, fid: "FaceFID | None" = None
) -> dict[str, float]:
    """Metrics of a generated or given video, by name.

    Args:
        protocol: what the video was made from.
        judged: the video.
        real: the real video of its face, if it is known; metrics that compare pictures or meshes need it.
        fid: collects the face crops of both, for the videos that show the same frames as the real ones.
    """
    run, pcm = judged.run, judged.pcm
    if protocol.sound == "silence":
        return silent_values(run)
    values = mesh_values(run, pcm)
    if real is None:
        return video_metrics(run, pcm) | values
    if fid is not None and run.crops and protocol.system in (GENERATED, VIDEO):
        fid.update(real.run.faces[: len(run.crops)], real=True)
        fid.update(run.faces, real=False)
    same = is_same_audio(pcm, real.pcm)
    if same:
        values |= true_video_values(run, real.run, protocol.first_frame)
    if protocol.first_frame:  # its head stands still, so no picture is comparable
        return video_metrics(run, pcm) | values
    return generated_metrics(run, real.run, pcm, same) | values


def video_lsd(own: VideoData, other: VideoData, padding: Padding) -> float:
    """LSD of the videos of one face for its own and for another sound, each with its sound; first clips.

    Raises:
        InputError: too few windows.
    """
    return lsd(*(lse(score(data.clips[0].parts, padding).distances) for data in (own, other)))
