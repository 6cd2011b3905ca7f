"""Offset of a clip by geometry: which shift of the sound fits the motion of its mesh."""

from wav2lip.clips import ClipFile
from wav2lip.faces.mesh_embeddings import embed_clip
from wav2lip.metrics.offset import ClipOffset, clip_offset, offset_scores
from wav2lip.models import MeshSyncNet


def measure_mesh(file: ClipFile, network: MeshSyncNet) -> ClipOffset | None:
    """Measure the offset of a clip, in frames of 40 ms.

    Args:
        file: the clip.
        network: in eval mode.

    Returns:
        The offset; None if the clip is too short or has too few landmarks.

    Raises:
        InputError: the clip file has no landmarks.
    """
    embedded = embed_clip(file, network)
    if embedded is None:
        return None
    sound, motion = embedded
    return clip_offset(offset_scores(motion, sound), block=network.window)
