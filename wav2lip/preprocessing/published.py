"""Clips that the published script has preprocessed (N.jpg and audio.wav in a folder), as clip files.

The jpg files are face boxes already, cut from 25 frames a second and numbered by frame; where no face was
found a number is missing. Nothing is known of what lay around the box, so these clips have no margin.
"""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from wav2lip.clips import ManifestRow, encode_crop
from wav2lip.errors import InputError
from wav2lip.media.audio import load_wav
from wav2lip.media.video import read_image
from wav2lip.preprocessing.clip import ClipSettings, FaceTrack, Video, tracks_to_clips
from wav2lip.preprocessing.inputs import FRAMES_SOUND
from wav2lip.preprocessing.measures import lower_half_sharpness

FPS = 25.0  # frames a second, of every published clip


def read_track(folder: Path, size: int) -> FaceTrack:
    """The numbered jpg files of a folder as one track, resized to `size` px, gaps left open.

    Boxes are the pictures' own rectangles, for their place in the video is not known.
    InputError for a picture that cannot be read.
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


def frames_to_clips(video: Video, folder: Path, settings: ClipSettings) -> list[ManifestRow]:
    """Write the clip files of a frame folder under `folder/clips`; return their manifest rows.

    InputError at another rate than 25, for a picture or sound that cannot be read, and where no unbroken
    run of frames is long enough.
    """
    if settings.fps != FPS:
        raise InputError(
            f"{video.path}: frames cut at {FPS:g} a second; preprocess them with clip.fps={FPS:g}"
        )
    settings = replace(settings, pad=0.0)
    track = read_track(video.path, settings.image_size)
    wav = load_wav(video.path / FRAMES_SOUND)
    return tracks_to_clips(video, folder, [track], track.indices[-1] + 1, wav, settings)
