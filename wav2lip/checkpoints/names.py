"""Find a checkpoint by its name or path. Imports no torch, so that a command line can be checked first."""

from contextlib import suppress
from pathlib import Path

from wav2lip.checkpoints.bundled import DEFAULT, bundled_kind, bundled_names, find_bundled
from wav2lip.checkpoints.kinds import NETWORK_NAMES, Kind
from wav2lip.checkpoints.registry import CHECKPOINTS, RemoteFile
from wav2lip.errors import InputError


def find_checkpoint(path_or_name: Path | str, kind: Kind | None = None) -> Path | RemoteFile:
    """Find the file of a name, or of a path.

    Args:
        path_or_name: a file; or a name: `bundled:NAME`, `default`, or one of `CHECKPOINTS`.
        kind: of network that is wanted; only bundled names are checked for it.

    Returns:
        The path, which need not exist, or a file that can be downloaded.

    Raises:
        InputError: an unknown name, or one that stands for another kind of network.
    """
    if isinstance(path_or_name, str):
        bundled = find_bundled(path_or_name)
        if bundled is not None:
            held = bundled_kind(path_or_name)
            if kind not in (None, held):
                names = " or ".join(bundled_names(kind)) or "a checkpoint file"
                raise InputError(
                    f"{path_or_name}: is {NETWORK_NAMES[held]}, not {NETWORK_NAMES[kind]}; use {names}"
                )
            return bundled
        if path_or_name in CHECKPOINTS:
            return CHECKPOINTS[path_or_name]
    path = Path(path_or_name)
    with suppress(RuntimeError):  # no such home: the path is taken as it is
        path = path.expanduser()
    if not path.exists() and len(path.parts) == 1 and not path.suffix:
        names = ", ".join([DEFAULT, *CHECKPOINTS, *bundled_names()])
        raise InputError(f"{path}: no such checkpoint file, and not one of the names {names}")
    return path
