"""The weights that come with the package, and their names."""

from pathlib import Path

from wav2lip.checkpoints.kinds import Kind
from wav2lip.errors import InputError

ASSETS = Path(__file__).parents[1] / "assets"
GENERATOR = ASSETS / "wav2lip.safetensors"
EXPERT = ASSETS / "expert.safetensors"
JUDGE = ASSETS / "judge.onnx"
MESH_EXPERT = ASSETS / "mesh_expert.safetensors"

PREFIX = "bundled:"
DEFAULT = "default"  # short for the bundled generator


def bundled_files() -> dict[str, Path]:
    """Map every bundled name to its file. A package may come without some of the files."""
    return {
        f"{PREFIX}generator": GENERATOR,
        f"{PREFIX}expert": EXPERT,
        f"{PREFIX}judge": JUDGE,
        f"{PREFIX}mesh_expert": MESH_EXPERT,
    }


def bundled_kind(name: str) -> Kind:
    """Return which kind of network a bundled name stands for."""
    if name in (DEFAULT, f"{PREFIX}generator"):
        return "generator"
    return "mesh_syncnet" if name == f"{PREFIX}mesh_expert" else "syncnet"


def bundled_names(kind: Kind | None = None) -> list[str]:
    """List the bundled names whose files are present.

    Args:
        kind: only the names of that kind; None for all.
    """
    return [
        name
        for name, path in bundled_files().items()
        if path.is_file() and kind in (None, bundled_kind(name))
    ]


def find_bundled(name: str) -> Path | None:
    """Find the file of a bundled name.

    Args:
        name: `bundled:generator`, `bundled:expert`, `bundled:judge`, `bundled:mesh_expert` or `default`.

    Returns:
        The file; None if `name` is not a bundled name.

    Raises:
        InputError: if the name starts with `bundled:` and is unknown, or its file is missing.
    """
    if name != DEFAULT and not name.startswith(PREFIX):
        return None
    path = bundled_files().get(f"{PREFIX}generator" if name == DEFAULT else name)
    present = ", ".join(bundled_names()) or "none"
    if path is None:
        raise InputError(f"{name}: unknown; the bundled checkpoints are {present}")
    if not path.is_file():
        raise InputError(
            f"{name}: not bundled with this package; give a checkpoint file (bundled: {present})"
        )
    return path


def find_exported(name: str) -> Path | None:
    """Return the exported file of a bundled name, beside that of torch; None if there is none."""
    file = bundled_files().get(f"{PREFIX}generator" if name == DEFAULT else name)
    exported = file.with_suffix(".onnx") if file else None
    return exported if exported and exported.is_file() else None
