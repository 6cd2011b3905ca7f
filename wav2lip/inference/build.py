"""Build the renderer that fits a generator."""

import logging
from typing import TYPE_CHECKING

from wav2lip.checkpoints.exported import ExportedNetwork
from wav2lip.engines.choose import build_engine
from wav2lip.engines.engine import MeshEngine
from wav2lip.engines.graph import Runtime
from wav2lip.errors import InputError
from wav2lip.inference.mesh_renderer import MeshRenderer
from wav2lip.inference.renderer import FaceRenderer
from wav2lip.inference.settings import Settings

if TYPE_CHECKING:
    from wav2lip.checkpoints.load import LoadedNetwork

FOR_FACES = (
    "pads",
    "blend",
    "face_crop",
    "neutral_reference",
)  # settings of generators that render faces
log = logging.getLogger(__name__)


def build_renderer(
    loaded: "LoadedNetwork | ExportedNetwork",
    device: str,
    settings: Settings,
    runtime: Runtime | None = None,
) -> tuple[FaceRenderer | MeshRenderer, list[str]]:
    """Prepare a generator for inference.

    Args:
        loaded: the generator.
        device: where it runs; "auto": the GPU if there is one.
        settings: of the run.
        runtime: see `build_engine`.

    Returns:
        The renderer, and warnings for the user.

    Raises:
        InputError: a setting is for another kind of generator, or the engine is missing.
    """
    engine, warnings = build_engine(
        loaded, settings.engine, device=device, provider=settings.provider, runtime=runtime
    )
    if isinstance(engine, MeshEngine):
        useless = [
            n for n in FOR_FACES if getattr(settings, n) not in (getattr(Settings, n), "aligned")
        ]
        if useless:
            line = (
                f"{loaded.path}: moves a mesh; {', '.join(useless)} of the settings have no effect"
            )
            log.warning(line)
            warnings = [*warnings, line]
        return MeshRenderer(engine, settings.motion), warnings
    if settings.motion != Settings.motion:
        raise InputError(
            f"{loaded.path}: renders faces from audio directly, so motion has no effect; leave it at 1, or take a "
            "generator that moves a mesh",
            settings=("motion",),
        )
    renderer = FaceRenderer(
        engine,
        settings.batch_size,
        offset=loaded.metadata["mel_offset_frames"] / loaded.metadata["fps"],
        blend=settings.blend,
        neutral_reference=settings.neutral_reference,
    )
    return renderer, warnings
