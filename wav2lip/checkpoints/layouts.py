"""The two layouts in which a checkpoint can be exported."""

from pathlib import Path
from typing import Literal

from wav2lip.errors import InputError

Layout = Literal["wav2lip", "published"]
Precision = Literal["fp16", "fp32"]
SUFFIXES: dict[str, Layout] = {".safetensors": "wav2lip", ".pth": "published"}


def layout_of(output: Path) -> Layout:
    """Return the layout that a file's suffix stands for.

    Raises:
        InputError: if the suffix is neither .safetensors nor .pth.
    """
    if output.suffix not in SUFFIXES:
        raise InputError(
            f"{output}: its suffix does not imply a layout; use .safetensors (wav2lip) or .pth "
            "(published), or name the layout"
        )
    return SUFFIXES[output.suffix]


def precision_of(layout: Layout, precision: Precision | None) -> Precision:
    """Return the precision to store: fp16 in our layout, fp32 in the published one, unless chosen.

    Raises:
        InputError: for fp16 in the published layout.
    """
    if layout == "published" and precision == "fp16":
        raise InputError("the published layout is fp32; choose fp32 or the layout wav2lip")
    return precision or ("fp16" if layout == "wav2lip" else "fp32")
