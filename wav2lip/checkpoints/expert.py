"""Load a sync expert, whether it sees pictures or geometry."""

from pathlib import Path

from wav2lip.checkpoints.load import LoadedNetwork, load_network
from wav2lip.models import MeshSyncNet


def load_expert(path_or_name: Path | str) -> LoadedNetwork:
    """Load a `SyncNet` or a `MeshSyncNet`; see `load_network`.

    Raises:
        InputError: the file cannot be read or holds neither.
    """
    loaded = load_network(path_or_name)
    if isinstance(loaded.network, MeshSyncNet):
        return loaded
    return load_network(path_or_name, "syncnet")  # a checkpoint may hold a generator, too
