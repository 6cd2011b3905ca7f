import pytest

from wav2lip.checkpoints.expert import load_expert
from wav2lip.errors import InputError
from wav2lip.models import MeshSyncNet, SyncNet


def test_experts_of_both_kinds_are_loaded():
    assert isinstance(load_expert("bundled:judge").network, SyncNet)
    assert isinstance(load_expert("bundled:mesh_expert").network, MeshSyncNet)


def test_a_generator_is_refused():
    with pytest.raises(InputError, match="is a generator, not a sync expert"):
        load_expert("bundled:generator")
