"""TensorBoard logger."""

from pathlib import Path

from pytorch_lightning.loggers import TensorBoardLogger
from pytorch_lightning.utilities import rank_zero_only

from wav2lip.callbacks.hparams import write_hparams


class TensorBoardCurves(TensorBoardLogger):
    """Lightning's TensorBoard logger, except that its `hparams.yaml` is complete at any moment."""

    @rank_zero_only
    def save(self) -> None:
        """Write `hparams.yaml` unless it exists, then the events logged since the last time."""
        path = Path(self.log_dir) / self.NAME_HPARAMS_FILE
        if path.parent.is_dir() and not path.is_file():
            write_hparams(path, dict(self.hparams))
        super().save()
