import pytest

from wav2lip.checkpoints import bundled
from wav2lip.checkpoints.bundled import bundled_names, find_bundled
from wav2lip.errors import InputError


def test_names():
    assert find_bundled("default") == find_bundled("bundled:generator") == bundled.GENERATOR
    assert find_bundled("bundled:judge") == bundled.JUDGE
    assert find_bundled("runs/last.ckpt") is None
    assert bundled_names("generator") == ["bundled:generator"]
    assert "bundled:judge" in bundled_names("syncnet")


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(InputError, match=r"bundled:teacher: unknown; .* bundled:generator, "):
        find_bundled("bundled:teacher")


def test_a_missing_file_is_named(monkeypatch, tmp_path):
    monkeypatch.setattr(bundled, "JUDGE", tmp_path / "judge.safetensors")
    assert "bundled:judge" not in bundled_names()
    with pytest.raises(InputError, match="bundled:judge: not bundled with this package; give"):
        find_bundled("bundled:judge")
