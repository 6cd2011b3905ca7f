"""Convert frame folders: clips preprocessed by the published script (N.jpg and audio.wav).

Each jpg is a face box, cut from a video at 25 frames per second and numbered by frame. If no face was found,
its number is missing. The pixels around the box are lost, so these clips have no margin.
"""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from wav2lip.clips import ManifestRow, encode_crop
from wav2lip.errors import InputError
from wav2lip.media.audio import load_wav
from wav2lip.media.video import read_image
from wav2lip.preprocessing.clip import Video, tracks_to_clips
from wav2lip.preprocessing.dropped import Dropped, FrameLog
from wav2lip.preprocessing.face_track import FaceTrack
from wav2lip.preprocessing.inputs import FRAMES_SOUND
from wav2lip.preprocessing.measures import lower_half_sharpness
from wav2lip.preprocessing.settings import ClipSettings
from wav2lip.types import FPS


def read_track(folder: Path, size: int) -> FaceTrack:
    """Read the numbered jpg files of a folder as one track with gaps.

    The position of the faces in the video is unknown: the boxes are the rectangles of the images.

    Args:
        folder: the frame folder.
        size: side of the crops, pixels.

    Raises:
        InputError: an image cannot be read.
    """
    track = FaceTrack()
    numbered = [path for path in folder.glob("*.jpg") if path.stem.isdecimal()]
    for path in sorted(numbered, key=lambda path: int(path.stem)):
        image = read_image(path)
        height, width = image.shape[:2]
        shrinks = min(height, width) > size
        flags = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
        crop = np.asarray(cv2.resize(image, (size, size), interpolation=flags), np.uint8)
        track.indices.append(int(path.stem))
        track.boxes.append(np.array([0, 0, width, height], np.float32))
        track.crops.append(encode_crop(crop))
        track.sharpness.append(lower_half_sharpness(crop))
    return track


def frames_to_clips(
    video: Video,
    folder: Path,
    settings: ClipSettings,
    problems: list[str] | None = None,
    dropped: list[Dropped] | None = None,
) -> list[ManifestRow]:
    """Write the clip files of a frame folder.

    Args:
        video: the frame folder.
        folder: output; the files are written to `folder/clips`.
        settings: crop settings; `pad` and `face_crop` are ignored, and there are no landmarks.
        problems: receives one line per kind of damage of the sound.
        dropped: receives the stretches that are in no clip.

    Returns:
        The manifest rows.

    Raises:
        InputError: the rate is not 25, an image or the audio cannot be read, or no run of consecutive
            frames is long enough.
    """
    if settings.fps != FPS:
        raise InputError(
            f"{video.path}: its frames are at {FPS} per second; fps must be {FPS}, not {settings.fps:g}"
        )
    settings = replace(settings, pad=0.0, face_crop="s3fd")
    track = read_track(video.path, settings.image_size)
    wav = load_wav(video.path / FRAMES_SOUND, problems=problems)
    log = FrameLog.of_track(track)
    return tracks_to_clips(video, folder, [track], log, wav, settings, dropped)
