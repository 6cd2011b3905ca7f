"""Offset of a clip by geometry: which shift of the sound fits the motion of its mesh."""

from wav2lip.clips import ClipFile
from wav2lip.faces.mesh_embeddings import embed_clip
from wav2lip.metrics.offset import ClipOffset, clip_offset, offset_scores
from wav2lip.models import MeshSyncNet
from wav2lip.types import FPS


def measure_mesh(file: ClipFile, network: MeshSyncNet) -> ClipOffset | None:
    """Measure the offset of a clip, in frames of the clip.

    Args:
        file: the clip.
        network: in eval mode.

    Returns:
        The offset; None if the clip is too short, or has too few landmarks or none.
    """
    embedded = embed_clip(file, network) if file.has_landmarks else None
    if embedded is None:
        return None
    sound, motion = embedded
    found = clip_offset(offset_scores(motion, sound), block=network.window)
    # The network reads 25 frames a second, whatever the clip has.
    return found and found._replace(av_offset=round(found.av_offset * file.fps / FPS))
