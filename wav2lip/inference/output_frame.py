"""One frame of the output."""

from dataclasses import dataclass, field

from wav2lip.media.shown_picture import ShownPicture
from wav2lip.types import Box


@dataclass(frozen=True)
class OutputFrame(ShownPicture):
    """One frame of the output.

    Attributes:
        picture: the frame as 8-bit 4:2:0 planes.
        time: seconds since the start of the output.
        boxes: the faces that were rendered, (4,) x0, y0, x1, y1 in pixels each; empty if the frame
            passes unchanged.
        found: whether a face was found.
        turned: whether a face is turned too far and stays as in the source.
        occluded: whether something covers the lower face of a face.
    """

    time: float
    boxes: list[Box] = field(default_factory=list)
    found: bool = True
    turned: bool = False
    occluded: bool = False
