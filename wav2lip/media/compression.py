"""What a video encoder does to pictures."""

import io

import cv2
import numpy as np

from wav2lip.types import FPS, Image


def compress(pictures: Image, crf: int, fps: int = FPS, preset: str = "medium") -> Image:
    """Code pictures as H.264 and decode them.

    Args:
        pictures: (T, H, W, 3) uint8 BGR.
        crf: quality of x264, 0 to 51; higher is worse.
        fps: frames per second that the encoder is told.
        preset: of x264; a faster one is worse at the same quality.

    Returns:
        The same pictures as a video would show them, (T, H, W, 3).
    """
    import av  # training imports this module, and needs no video without this augmentation

    height, width = pictures.shape[1:3]
    # 4:2:0 needs even sides.
    even = np.pad(pictures, ((0, 0), (0, height % 2), (0, width % 2), (0, 0)), mode="edge")
    data = io.BytesIO()
    with av.open(data, "w", format="mp4") as container:
        options = {"crf": str(crf), "preset": preset, "threads": "1"}
        stream = container.add_stream("libx264", rate=fps, options=options)
        stream.height, stream.width = even.shape[1:3]
        stream.pix_fmt = "yuv420p"
        for picture in even:
            # OpenCV rounds, PyAV's converter truncates: everything would be darker by 4 codes.
            planes = cv2.cvtColor(picture, cv2.COLOR_BGR2YUV_I420)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(planes, format="yuv420p")))
        container.mux(stream.encode())
    data.seek(0)
    with av.open(data) as container:
        decoded = [
            cv2.cvtColor(frame.to_ndarray(), cv2.COLOR_YUV2BGR_I420)
            for frame in container.decode(video=0)
        ]
    return np.stack(decoded).astype(np.uint8)[:, :height, :width]
