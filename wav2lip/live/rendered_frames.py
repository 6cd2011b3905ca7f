"""The pictures that are rendered for the frames of a session, until the frames are taken."""

from wav2lip.live.block import Block
from wav2lip.media.picture import Picture


class RenderedFrames:
    """Pictures of frames by their number. Calls must not overlap.

    Attributes:
        shown: number and picture of the newest frame that was due; None: there was none.
    """

    def __init__(self) -> None:
        self.shown: tuple[int, Picture] | None = None
        self._epoch = 0
        self._pending: set[int] = set()  # planned, not rendered yet
        self._pictures: dict[int, Picture] = {}

    def __len__(self) -> int:
        return len(self._pictures)

    def __contains__(self, number: int) -> bool:
        return number in self._pictures

    @property
    def busy(self) -> bool:
        """Whether pictures are waited for, or wait to be taken."""
        return bool(self._pictures or self._pending)

    def expect(self, numbers: list[int]) -> int:
        """Wait for the pictures of frames.

        Returns:
            The epoch of their block.
        """
        self._pending.update(numbers)
        return self._epoch

    def clear(self) -> None:
        """Forget all pictures, and those that are being rendered."""
        self._epoch += 1
        self._pictures.clear()
        self._pending.clear()

    def add(self, block: Block, pictures: list[Picture], due: int) -> None:
        """Add the pictures of a block.

        Args:
            block: they are of.
            pictures: of its frames.
            due: number of the frame that is taken next; pictures of earlier ones have come too late.
        """
        if block.epoch != self._epoch:
            return
        self._pending.difference_update(block.numbers)
        for number, picture in zip(block.numbers, pictures, strict=True):
            if number >= due:
                self._pictures[number] = picture
            elif self.shown is None or number > self.shown[0]:
                self.shown = (number, picture)

    def take(self, number: int, speaking: bool) -> tuple[Picture | None, bool]:
        """Return the picture of a frame, and whether it was not ready in time.

        Args:
            number: of the frame.
            speaking: whether there should be one.

        Returns:
            The picture, or the newest one in place of a late one; None: the frame is idle, or there is no earlier one.
        """
        picture = self._pictures.pop(number, None)
        if picture is not None:
            self.shown = (number, picture)
            return picture, False
        late = speaking or number in self._pending
        return (self.shown[1] if late and self.shown is not None else None), late
