import sys
from dataclasses import replace

import pytest

from wav2lip.checkpoints import DETECTOR_WEIGHTS
from wav2lip.errors import InputError
from wav2lip.faces.detectors import build_detector, resolve_detector, weights


def test_unknown_detector_lists_the_names():
    with pytest.raises(
        InputError, match=r"unknown face detector 'haar'; choose one of auto, .*hog"
    ):
        build_detector("haar")


@pytest.fixture
def offline(monkeypatch, tmp_path):
    """No weights cached, and an address where nobody answers."""
    monkeypatch.setattr(weights.torch.hub, "get_dir", lambda: str(tmp_path))
    for name, files in DETECTOR_WEIGHTS.items():
        gone = tuple(replace(f, urls=("http://127.0.0.1:9/x",) if f.urls else ()) for f in files)
        monkeypatch.setitem(DETECTOR_WEIGHTS, name, gone)
    return tmp_path


@pytest.mark.parametrize("device", ["cpu", "cuda", "auto", None])
def test_auto_is_blazeface_and_downloads_nothing(monkeypatch, caplog, device):
    monkeypatch.setattr(weights, "fetch", None)
    assert build_detector("auto", device=device).settings()["detector"] == "blazeface"
    assert caplog.records == []


def test_auto_depends_on_the_weights_and_the_device(offline):
    assert resolve_detector("scrfd", None, "cuda") == "scrfd"
    assert resolve_detector("auto", None, "cpu") == "blazeface"
    assert resolve_detector("auto", None, "cuda") == "blazeface"
    assert resolve_detector("auto", "face.onnx", "cpu") == "yunet"
    assert resolve_detector("auto", "s3fd.pth", "cuda:1") == "sfd"


@pytest.mark.parametrize("name", ["blazeface", "hog"])
def test_weights_of_a_built_in_detector_are_refused(tmp_path, name):
    with pytest.raises(InputError, match=f"w.pth: the detector {name} takes no weights; leave"):
        build_detector(name, tmp_path / "w.pth")


@pytest.mark.parametrize(("has_gpu", "meant"), [(False, "yunet"), (True, "sfd")])
def test_the_device_auto_is_the_gpu_if_there_is_one(monkeypatch, has_gpu, meant):
    monkeypatch.setattr(weights.torch.cuda, "is_available", lambda: has_gpu)
    assert resolve_detector("auto", "file", "auto") == meant
    assert resolve_detector("auto", "file", None) == meant


def test_a_named_detector_without_weights_is_an_error(offline):
    with pytest.raises(InputError, match="retinaface are neither cached nor reachable; give"):
        build_detector("retinaface")


def test_hog_without_dlib_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "dlib", None)
    with pytest.raises(InputError, match=r"dlib is not installed; run: pip install .*\[hog\]"):
        build_detector("hog")
