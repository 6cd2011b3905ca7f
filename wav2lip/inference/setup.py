"""How to load a `LipSyncer`, as plain data that another process or machine can be sent."""

from dataclasses import dataclass, replace
from typing import Self

from wav2lip.inference.lip_syncer import LipSyncer
from wav2lip.inference.settings import Settings
from wav2lip.utils.files import absolute_if_file


@dataclass(frozen=True)
class LipSyncerSetup:
    """Loads a generator.

    Attributes:
        checkpoint: a file or a name; see `LipSyncer.from_checkpoint`.
        device: of the generator.
        settings: of each run.
    """

    checkpoint: str
    device: str
    settings: Settings

    def __call__(self) -> LipSyncer:
        """Load the generator.

        Raises:
            InputError: the file is not a generator.
        """
        return LipSyncer.from_checkpoint(self.checkpoint, self.device, self.settings)

    def absolute(self) -> Self:
        """Return the same with absolute paths."""
        weights = absolute_if_file(self.settings.detector_weights)
        settings = replace(self.settings, detector_weights=weights)
        checkpoint = absolute_if_file(self.checkpoint) or self.checkpoint
        return replace(self, checkpoint=checkpoint, settings=settings)
