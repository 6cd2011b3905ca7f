"""Regions of a face crop and points of the face mesh, each named once and used by losses, metrics and data alike.

A crop follows the box convention of the published S3FD: mid-forehead at the top edge, chin at the bottom edge.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Region:
    """A rectangle of a face crop in shares of its height and width.

    Attributes:
        top: share of the height at which the region starts.
        bottom: share of the height at which it ends.
        left: share of the width at which it starts.
        right: share of the width at which it ends.
    """

    top: float
    bottom: float
    left: float
    right: float

    def slices(self, height: int, width: int | None = None) -> tuple[slice, slice]:
        """Rows and columns of the region in a crop of `height` by `width` pixels (default: a square)."""
        width = height if width is None else width
        rows = slice(round(self.top * height), round(self.bottom * height))
        return rows, slice(round(self.left * width), round(self.right * width))


# What scores of training and evaluation measure; edges of cheeks, hair and background are outside.
MOUTH = Region(0.5, 1.0, 0.25, 0.75)
LIPS = Region(0.55, 0.95, 0.2, 0.8)  # what losses weight more: closed and open lips

# Numbers of points of the face mesh, right and left as the person sees them.
RIGHT_EYE, LEFT_EYE = 33, 263  # outer corners
EYE_CORNERS = ((33, 133), (263, 362))  # outer and inner, of the right and the left eye
NOSE_TIP = 4
LIP_GAPS = ((13, 14), (82, 87), (312, 317))  # upper and lower lip, inner edge: middle and beside it
INNER_CORNERS = (78, 308)  # of the mouth, where the inner edges of the lips meet
# Points of the inner edge of the lips, pairwise above and below, from the right corner to the left one.
INNER_UPPER = (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308)
INNER_LOWER = (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308)
INNER_LIPS = (*INNER_UPPER, *INNER_LOWER[-2:0:-1])  # once around
MOUTH_CORNERS = (61, 291)  # outer
NOSE_BRIDGE, CHIN = 6, 152  # speech moves the second against the first
LIP_POINTS = (
    *(61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185),
    *(78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308, 415, 310, 311, 312, 13, 82, 81, 80, 191),
)  # outer edge, then inner edge, each once around
