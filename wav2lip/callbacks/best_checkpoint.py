"""Save the weights of the best validation, the one before the first step included."""

from typing import Any

from pytorch_lightning.callbacks import ModelCheckpoint


class BestCheckpoint(ModelCheckpoint):
    """Lightning's `ModelCheckpoint`, except that the validation at step 0 counts, as it does for early stopping.

    If no step improves on it, the file holds the initial weights.
    """

    def __init__(self, **options: object) -> None:
        options.setdefault("save_on_train_epoch_end", False)  # after each validation
        super().__init__(**options)  # type: ignore[arg-type]
        self._last_global_step_saved = -1  # Lightning's 0 means that step 0 is saved already

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Restore the state, `current_score` included, which Lightning saves but does not read."""
        super().load_state_dict(state_dict)
        self.current_score = state_dict.get("current_score")

    @property
    def state_key(self) -> str:
        """Key in a checkpoint: that of Lightning's class, so that older runs resume."""
        return super().state_key.replace(type(self).__qualname__, ModelCheckpoint.__qualname__, 1)
