"""The options of `wav2lip infer` that set fields of `Settings`. Each has the name of its field, or that in `FLAGS`."""

import argparse
import re
from typing import Any

from wav2lip.cli.parser import add_device
from wav2lip.faces.blending import MODES
from wav2lip.faces.detectors import NAMES
from wav2lip.inference.settings import Settings
from wav2lip.media.encoders import CODECS
from wav2lip.media.rules import MAX_PIXELS

TRUE, FALSE = ("1", "true", "yes", "on"), ("0", "false", "no", "off")
# Options whose name is not that of their field in `Settings`.
FLAGS = {
    "smooth": "--nosmooth",
    "cache": "--nocache",
    "keep_occluders": "--no_keep_occluders",
    "neutral_reference": "--no_neutral_reference",
    "mute_pauses": "--no_mute_pauses",
}


def option_of(setting: str) -> str:
    """Return the option that sets a field of `Settings`."""
    return FLAGS.get(setting, f"--{setting}")


def _flag(text: str) -> bool:
    """Read `True` or `False` after an option, as in the published `--static True`."""
    if text.lower() not in TRUE + FALSE:
        raise argparse.ArgumentTypeError(f"{text!r} is neither true nor false")
    return text.lower() in TRUE


def _faces(text: str) -> str | int:
    return int(text) if re.fullmatch(r"[0-9]+", text) else text


def _sides(group: Any, name: str, text: str) -> None:
    """Add an option with four pixel values."""
    default = getattr(Settings, name.lstrip("-"))
    names = ("TOP", "BOTTOM", "LEFT", "RIGHT")
    help_text = f"{text} (default: {' '.join(map(str, default))})"
    group.add_argument(name, type=int, nargs=4, metavar=names, default=default, help=help_text)


def _off(group: Any, setting: str, text: str) -> None:
    """Add an option that turns a setting off."""
    group.add_argument(option_of(setting), dest=setting, action="store_false", help=text)


def add_frames(parser: argparse.ArgumentParser) -> None:
    """Add the options that say how the source is read."""
    group = parser.add_argument_group("frames")
    group.add_argument(
        "--fps", type=float, default=Settings.fps, help="frames per second of a photo (default: 25)"
    )
    group.add_argument(
        "--static",
        type=_flag,
        nargs="?",
        const=True,
        default=False,
        metavar="BOOL",
        help="use only the first frame of a video",
    )
    group.add_argument(
        "--resize_factor",
        type=int,
        default=Settings.resize_factor,
        metavar="N",
        help="downscale each frame by a factor of N (default: 1)",
    )
    group.add_argument(
        "--max_pixels",
        type=int,
        metavar="N",
        help=f"largest picture that is read, in pixels (default: {MAX_PIXELS:,})",
    )
    group.add_argument("--rotate", action="store_true", help="then rotate it clockwise by 90°")
    _sides(group, "--crop", "then keep this part, in pixels; -1: up to the edge")


def add_faces(parser: argparse.ArgumentParser) -> None:
    """Add the options that say how faces are found and cut out."""
    group = parser.add_argument_group("faces")
    group.add_argument(
        "--faces",
        type=_faces,
        default=Settings.faces,
        metavar="WHICH",
        help="largest, all, or a number of faces (default: largest)",
    )
    group.add_argument(
        "--detector",
        default=Settings.detector,
        metavar="NAME",
        help=f"face detector: {', '.join(NAMES)} (default: auto)",
    )
    group.add_argument("--detector_weights", metavar="FILE", help="weights of the detector")
    group.add_argument(
        "--face_crop",
        default=Settings.face_crop,
        metavar="HOW",
        help="where a face is cut out: s3fd (level box, as published), aligned (turned with the head) or "
        "auto (default: auto, as the checkpoint was trained); no effect if the generator moves a mesh",
    )
    _sides(
        group,
        "--pads",
        "pixels added to a detected face; the chin must be inside; aligned crops and generators that move a mesh have "
        "none",
    )
    _sides(group, "--box", "the face in every frame, in pixels; turns detection off")
    group.add_argument(
        "--max_yaw",
        type=float,
        default=Settings.max_yaw,
        metavar="DEGREES",
        help="a head that is turned further to the side fades to the source; 90: no limit (default: 50)",
    )
    _off(group, "keep_occluders", "paste the face over hands and microphones, too")
    _off(group, "smooth", "do not average the box of a face over a few frames")
    _off(group, "cache", "detect faces even if an earlier run has stored them")


def add_rendering(parser: argparse.ArgumentParser) -> None:
    """Add the options that say how faces are rendered and pasted."""
    group = parser.add_argument_group("rendering")
    group.add_argument(
        "--motion",
        type=float,
        default=Settings.motion,
        metavar="FACTOR",
        help="how far the mouth moves, 0 to 2 times as predicted, if the generator moves a mesh (default: 1)",
    )
    _off(
        group,
        "neutral_reference",
        "do not render the face in silence first: faster, but the mouth of the source shows through; no effect if the "
        "generator moves a mesh",
    )
    _off(
        group,
        "mute_pauses",
        "do not fade pauses to silence: noise, music and breath move the mouth",
    )
    group.add_argument(
        "--denoise",
        action="store_true",
        help="remove noise from the audio that the generator gets; that of the output stays as it is "
        "(requires the extra denoise)",
    )
    group.add_argument(
        "--blend",
        default=Settings.blend,
        metavar="HOW",
        help=f"how the mouth is pasted back: {', '.join(MODES)} (default: feather); no effect if the generator moves a "
        "mesh",
    )


def add_encoding(parser: argparse.ArgumentParser) -> None:
    """Add the options that say how the video is encoded."""
    group = parser.add_argument_group("encoding")
    group.add_argument(
        "--codec",
        default=Settings.codec,
        metavar="NAME",
        help=f"{', '.join(CODECS)} (default: libx264, in .webm libvpx-vp9)",
    )
    group.add_argument(
        "--crf",
        type=int,
        default=Settings.crf,
        help="quality, 0 is best (default: 18, visually lossless)",
    )
    group.add_argument(
        "--preset", metavar="NAME", help="the encoder's name for its speed, for example medium"
    )


def add_speed(parser: argparse.ArgumentParser) -> None:
    """Add the options that say where and how the generator runs."""
    group = parser.add_argument_group("speed")
    add_device(group)
    group.add_argument(
        "--engine",
        default=Settings.engine,
        metavar="NAME",
        help="library that runs the generator: torch, onnxruntime or openvino (default: torch for a checkpoint "
        "of torch, and for an exported one the fastest that is installed)",
    )
    group.add_argument(
        "--provider",
        default=Settings.provider,
        metavar="NAME",
        help="execution provider of ONNX Runtime, such as cuda, tensorrt, coreml or directml, or device of OpenVINO "
        "(default: as --device says)",
    )
    group.add_argument(
        "--batch_size",
        "--wav2lip_batch_size",
        type=int,
        default=Settings.batch_size,
        metavar="N",
        help="largest number of faces in one batch; does not change the result (default: 128)",
    )
    group.add_argument(
        "--face_det_batch_size",
        type=int,
        default=16,
        metavar="N",
        help="no effect; accepted so that published command lines work",
    )
