"""Show a live session as a camera that other programs can choose, such as those of video calls."""

from typing import Any, Self

from wav2lip.errors import InputError
from wav2lip.live.avatar import Avatar
from wav2lip.live.live_frame import LiveFrame
from wav2lip.utils.extras import require_extra

CURE = "on Linux load one by `sudo modprobe v4l2loopback exclusive_caps=1`, elsewhere install OBS Studio"


class VirtualCamera:
    """Show frames on a virtual camera: v4l2loopback on Linux, OBS on macOS and Windows. Sound is not passed on.

    A context manager.

    Args:
        avatar: whose frames are shown.
        device: name of the camera, such as /dev/video10; None: the first one.

    Attributes:
        device: name of the camera.

    Raises:
        InputError: the extra `camera` is not installed, or there is no such camera.

    Examples:
        ```python
        with VirtualCamera(avatar) as camera:
            for frame in session:
                camera.show(frame)
        ```
    """

    def __init__(self, avatar: Avatar, device: str | None = None) -> None:
        library: Any = require_extra("pyvirtualcam", "camera")
        height, width = avatar.pictures.size
        try:
            self._camera = library.Camera(
                width + width % 2,
                height + height % 2,
                float(avatar.fps),
                fmt=library.PixelFormat.I420,
                device=device,
            )
        except RuntimeError as error:
            reason = " ".join(str(error).split()).rstrip(".")
            raise InputError(
                f"{device or 'virtual camera'}: cannot be opened ({reason}); {CURE}"
            ) from error
        self.device: str = self._camera.device

    def show(self, frame: LiveFrame) -> None:
        """Show a frame until the next one; it does not wait."""
        self._camera.send(frame.coded().to_ndarray())

    def close(self) -> None:
        """Release the camera."""
        self._camera.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
