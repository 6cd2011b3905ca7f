"""The formats in which a checkpoint can be exported."""

from pathlib import Path
from typing import Literal

from wav2lip.errors import InputError

ExportFormat = Literal["wav2lip", "published", "onnx"]
Precision = Literal["fp32", "fp16", "int8"]
SUFFIXES: dict[str, ExportFormat] = {
    ".safetensors": "wav2lip",
    ".pth": "published",
    ".onnx": "onnx",
}
# Format -> precisions, the default first.
PRECISIONS: dict[ExportFormat, tuple[Precision, ...]] = {
    "wav2lip": ("fp16", "fp32"),
    "published": ("fp32",),
    "onnx": ("fp32", "fp16", "int8"),
}


def format_of(output: Path) -> ExportFormat:
    """Return the format that a file's suffix stands for.

    Raises:
        InputError: if it stands for none.
    """
    if output.suffix not in SUFFIXES:
        known = ", ".join(f"{suffix} ({name})" for suffix, name in SUFFIXES.items())
        raise InputError(
            f"{output}: its suffix does not imply a format; use {known}, or name the format"
        )
    return SUFFIXES[output.suffix]


def precision_of(file_format: ExportFormat, precision: Precision | None) -> Precision:
    """Return the precision to store: the default of the format, unless chosen.

    Raises:
        InputError: the format has no such precision.
    """
    allowed = PRECISIONS[file_format]
    if precision is not None and precision not in allowed:
        raise InputError(
            f"the format {file_format} has no precision {precision}; choose {' or '.join(allowed)}"
        )
    return precision or allowed[0]
