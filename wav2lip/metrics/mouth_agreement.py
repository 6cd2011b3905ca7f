"""Whether a mouth moves when the true mouth moves, and as much: correlation and dynamic range."""

import numpy as np

from wav2lip.metrics.mouth_shape import Series

MIN_FRAMES = 10  # 0.4 s; the correlation of fewer frames is mostly chance
MIN_SPREAD = 1e-9  # standard deviation below which a series is constant


def _known(generated: Series, reference: Series) -> tuple[Series, Series] | None:
    """The frames that both series have; None if these are too few or the true mouth does not move."""
    if generated.shape != reference.shape:
        raise ValueError(
            f"series of {len(generated)} and {len(reference)} frames differ; give the same frames"
        )
    both = np.isfinite(generated) & np.isfinite(reference)
    one, other = generated[both], reference[both]
    return (one, other) if len(one) >= MIN_FRAMES and other.std() > MIN_SPREAD else None


def shape_correlation(generated: Series, reference: Series) -> float:
    """Pearson correlation of a measure of the mouth with that of the true video.

    Args:
        generated: (F,) a field of `MouthShape`.
        reference: (F,) the same of the true video.

    Returns:
        -1 to 1; 0 for a mouth that does not move. NaN if fewer than `MIN_FRAMES` frames have both, or the true
        mouth does not move.

    Raises:
        ValueError: the series differ in length.
    """
    known = _known(generated, reference)
    if known is None:
        return float("nan")
    if known[0].std() <= MIN_SPREAD:
        return 0.0
    return float(np.corrcoef(*known)[0, 1])


def range_ratio(generated: Series, reference: Series) -> float:
    """Dynamic range: standard deviation over time of a measure of the mouth over that of the true video.

    Args and errors are those of `shape_correlation`.

    Returns:
        0 for a mouth that does not move, 1 for one that moves as much as the true one. NaN as for
        `shape_correlation`.
    """
    known = _known(generated, reference)
    return float("nan") if known is None else float(known[0].std() / known[1].std())


def concordance(generated: Series, reference: Series) -> float:
    """Concordance of a measure of the mouth with that of the true video: correlation, range and mean in one number.

    Lin 1989, *A concordance correlation coefficient to evaluate reproducibility*, eq. 1. Args and errors are those of
    `shape_correlation`.

    Returns:
        -1 to 1; 1 only for equal series. NaN as for `shape_correlation`.
    """
    known = _known(generated, reference)
    if known is None:
        return float("nan")
    one, other = known
    covariance = np.mean((one - one.mean()) * (other - other.mean()))
    return float(2 * covariance / (one.var() + other.var() + (one.mean() - other.mean()) ** 2))
