"""Regions of a face crop, each named once and used by losses, metrics and data alike.

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
