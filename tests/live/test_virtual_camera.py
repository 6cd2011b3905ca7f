from dataclasses import replace

import numpy as np
import pytest

from wav2lip.errors import InputError
from wav2lip.live import LiveFrame
from wav2lip.live.virtual_camera import VirtualCamera

pyvirtualcam = pytest.importorskip("pyvirtualcam")


class MemoryCamera:
    """A camera of pyvirtualcam that keeps what it gets."""

    sent: list = []  # noqa: RUF012

    def __init__(self, *, width, height, fps, fourcc, device) -> None:
        self.shape = (height * 3 // 2, width)
        self.sent.clear()

    def send(self, frame) -> None:
        self.sent.append(frame.reshape(self.shape))

    def close(self) -> None:
        self.sent.append(None)

    def device(self) -> str:
        return "memory"


@pytest.fixture
def memory(monkeypatch):
    monkeypatch.setattr("pyvirtualcam.camera.BACKENDS", {"memory": MemoryCamera})
    return MemoryCamera.sent


def test_frames_come_out_in_their_planes(avatar, memory):
    picture = avatar.pictures[0]
    frame = LiveFrame(picture, np.zeros(1920, np.float32), 48_000, 0.0, 0, False)
    with VirtualCamera(avatar) as camera:
        assert camera.device == "memory"
        camera.show(frame)
        camera.show(replace(frame, late=True))
    first, second, closed = memory
    np.testing.assert_array_equal(first[:100], picture.luma)
    np.testing.assert_array_equal(first[100:125].reshape(50, 60), picture.blue)
    np.testing.assert_array_equal(first[125:].reshape(50, 60), picture.red)
    np.testing.assert_array_equal(second, first)
    assert closed is None


def test_an_absent_camera_is_one_line(avatar):
    message = r"^/dev/none: cannot be opened \(.*\); on Linux load one by `sudo modprobe v4l2loop"
    with pytest.raises(InputError, match=message) as caught:
        VirtualCamera(avatar, "/dev/none")
    assert "\n" not in str(caught.value)
