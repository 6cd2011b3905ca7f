"""All metrics of one video that need no judge, by its protocol."""

from wav2lip.evaluation.mesh_metrics import mesh_values, silent_values, true_video_values
from wav2lip.evaluation.network_metrics import NetworkMetrics
from wav2lip.evaluation.protocols import Protocol
from wav2lip.evaluation.quality import generated_metrics, is_same_audio, video_metrics
from wav2lip.evaluation.scorer import score
from wav2lip.evaluation.video_reader import VideoData
from wav2lip.metrics.leak import lsd
from wav2lip.metrics.lse import Padding, lse


def real_values(real: VideoData) -> dict[str, float]:
    """Metrics of a real video, by name."""
    return video_metrics(real.run, real.pcm) | mesh_values(real.run, real.pcm)


def clip_values(
    protocol: Protocol,
    judged: VideoData,
    real: VideoData | None,
    networks: NetworkMetrics | None = None,
) -> dict[str, float]:
    """Metrics of a generated or given video, by name.

    Args:
        protocol: what the video was made from.
        judged: the video.
        real: the real video of its face, if it is known; metrics that compare pictures or meshes need it.
        networks: further metrics against the real video.
    """
    run, pcm = judged.run, judged.pcm
    silent = protocol.sound == "silence"
    same = real is not None and not silent and is_same_audio(pcm, real.pcm)
    values: dict[str, float] = {}
    if real is not None and networks is not None:
        values |= networks(run, real.run, same and not protocol.first_frame)
    if silent:
        return values | silent_values(run)
    values |= mesh_values(run, pcm)
    if real is None:
        return video_metrics(run, pcm) | values
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
