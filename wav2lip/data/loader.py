"""A loader of batches whose processes start undisturbed by signals."""

from typing import Any

from torch.utils.data import DataLoader

from wav2lip.utils.signals import delaying


class ClipLoader(DataLoader[Any]):
    """A loader whose processes start and restart as a whole, although a signal may arrive meanwhile.

    Half-started, torch's iterator raises an AttributeError in its destructor, which prints a traceback.
    """

    def __iter__(self) -> Any:
        with delaying():
            return super().__iter__()
