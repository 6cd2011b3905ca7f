"""What the detector `auto` is depends on the device, so every command passes its own."""

import pytest
from hydra import compose, initialize_config_module

from wav2lip.cli import evaluate, preprocess, sync_check
from wav2lip.cli.infer_options import parse
from wav2lip.errors import InputError
from wav2lip.evaluation import setup


class StopError(InputError):
    """Ends a command where it builds its detector."""


@pytest.fixture
def arguments(monkeypatch):
    """Arguments with which a command builds its detector; the command ends there."""
    seen = []

    def build(*args: object):
        seen.extend(args)
        raise StopError("stop")

    for module in (setup, sync_check):
        monkeypatch.setattr(module, "build_detector", build)
    monkeypatch.setattr("wav2lip.preprocessing.corpus.resolve_detector", build)
    return seen


def run(module, *words: str):
    """Run a Hydra command in this process."""
    with initialize_config_module("wav2lip.configs", version_base="1.3"):
        config = compose(module.__name__.rpartition(".")[2], list(words))
    with pytest.raises(SystemExit):
        module.run(config)


def test_evaluate(arguments, tmp_path):
    (tmp_path / "a.mp4").touch()
    run(evaluate, f"input={tmp_path / 'a.mp4'}", f"output={tmp_path}")
    assert arguments == ["auto", None, "auto"]


def test_preprocess(arguments, tmp_path):
    (tmp_path / "a.mp4").touch()
    run(preprocess, f"input={tmp_path}", f"output={tmp_path / 'out'}")
    assert arguments == ["auto", None, "auto"]


def test_preprocess_with_ray_uses_the_cpu(arguments, tmp_path):
    (tmp_path / "a.mp4").touch()
    run(preprocess, f"input={tmp_path}", f"output={tmp_path / 'out'}", "executor=ray")
    assert arguments == ["auto", None, "cpu"]


def test_check_sync(arguments):
    options = parse(["--face", "a.jpg", "--audio", "a.wav", "--check_sync"])
    with pytest.raises(StopError):
        sync_check.SyncChecker(options, {})
    assert arguments == ["auto", None, "auto"]
