"""The arguments of infer.py and what is said of them in its help."""

import argparse
import re
from pathlib import Path
from typing import Any, NoReturn

from wav2lip.errors import InputError
from wav2lip.faces.detectors import NAMES
from wav2lip.inference.settings import BLENDS, Settings
from wav2lip.media.encoders import CODECS

OUTPUT = Path("results/result_voice.mp4")  # as published
TRUE, FALSE = ("1", "true", "yes", "on"), ("0", "false", "no", "off")


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line."""

    def error(self, message: str) -> NoReturn:
        raise InputError(f"{message}; see --help")


def _flag(text: str) -> bool:
    """`True` or `False` after an option, as in the published `--static True`."""
    if text.lower() not in TRUE + FALSE:
        raise argparse.ArgumentTypeError(f"{text!r} is neither true nor false")
    return text.lower() in TRUE


def _faces(text: str) -> str | int:
    return int(text) if re.fullmatch(r"[0-9]+", text) else text


def _sides(group: Any, name: str, text: str) -> None:
    default = getattr(Settings, name.lstrip("-"))
    names = ("TOP", "BOTTOM", "LEFT", "RIGHT")
    shown = " ".join(str(n) for n in default)
    help_text = f"{text} (default: {shown})"
    group.add_argument(name, type=int, nargs=4, metavar=names, default=default, help=help_text)


def build_parser() -> argparse.ArgumentParser:
    """A parser that raises `InputError`; a setting has the name of its field in `Settings`."""
    parser = _Parser(
        prog="infer.py",
        description="Make a face, in a photo or a video, say what is said in a sound file.",
        epilog="Every argument of the published Wav2Lip script is taken, with its meaning.",
    )
    d = Settings

    main = parser.add_argument_group("what")
    main.add_argument(
        "--face",
        "--image",
        "--video",
        type=Path,
        metavar="FILE",
        help="photo or video of the face that shall speak",
    )
    main.add_argument("--audio", type=Path, metavar="FILE", help="sound, or a video with sound")
    main.add_argument(
        "--output",
        "--outfile",
        type=Path,
        default=OUTPUT,
        metavar="FILE",
        help=f"video to write: mp4, mov, mkv, webm (default: {OUTPUT})",
    )
    main.add_argument(
        "--checkpoint",
        "--checkpoint_path",
        default="default",
        metavar="FILE",
        help="generator: a file (.safetensors, .ckpt, .pth, .pt), or one of the names default, "
        "wav2lip, wav2lip_gan (default: the bundled one)",
    )

    picture = parser.add_argument_group("the picture")
    picture.add_argument(
        "--fps", type=float, default=d.fps, help="frames a second of a photo (default: 25)"
    )
    picture.add_argument(
        "--static",
        type=_flag,
        nargs="?",
        const=True,
        default=False,
        metavar="BOOL",
        help="use only the first frame of a video",
    )
    picture.add_argument(
        "--resize_factor",
        type=int,
        default=d.resize_factor,
        metavar="N",
        help="make the picture N times smaller first (default: 1)",
    )
    picture.add_argument("--rotate", action="store_true", help="then turn it right by 90 degrees")
    _sides(picture, "--crop", "then keep this part, in px; -1 is up to the end")

    faces = parser.add_argument_group("faces")
    faces.add_argument(
        "--faces",
        type=_faces,
        default=d.faces,
        metavar="WHO",
        help="largest, all, or how many (default: largest)",
    )
    faces.add_argument(
        "--detector", default=d.detector, metavar="NAME", help=" ".join(NAMES) + " (default: auto)"
    )
    faces.add_argument("--detector_weights", metavar="FILE", help="its weights, from a local file")
    _sides(faces, "--pads", "px added to a found face; the chin must be inside")
    _sides(faces, "--box", "where the face is, in px, in every frame: nothing is searched")
    faces.add_argument(
        "--nosmooth",
        dest="smooth",
        action="store_false",
        help="do not average a face's place over a few frames",
    )
    faces.add_argument(
        "--no_neutral_reference",
        dest="neutral_reference",
        action="store_false",
        help="let breath and noise in pauses move the mouth, and start from the source's own mouth "
        "instead of one at rest: faster, and it shows through more",
    )
    faces.add_argument(
        "--blend",
        default=d.blend,
        metavar="HOW",
        help=" ".join(BLENDS) + ": how the mouth is put back (default: feather)",
    )

    faces.add_argument(
        "--nocache",
        dest="cache",
        action="store_false",
        help="search for faces even where an earlier run has found them",
    )

    coding = parser.add_argument_group("the file written")
    coding.add_argument(
        "--codec",
        default=d.codec,
        metavar="NAME",
        help=" ".join(CODECS) + " (default: libx264, in .webm libvpx-vp9)",
    )
    coding.add_argument(
        "--crf", type=int, default=d.crf, help="quality, 0 is best (default: 18, no visible loss)"
    )
    coding.add_argument(
        "--preset", metavar="NAME", help="the encoder's own name for its speed, medium say"
    )

    more = parser.add_argument_group("beside the video")
    more.add_argument(
        "--report", type=Path, metavar="FILE", help="write what was done as JSON: frames, times"
    )
    more.add_argument(
        "--strip", type=Path, metavar="FILE", help="write a few frames in a row as a picture"
    )
    more.add_argument(
        "--jobs",
        type=Path,
        metavar="FILE",
        help="CSV with the columns face, audio, output: make them all; outputs that are there are "
        "left, so the same command resumes",
    )

    proof = parser.add_argument_group("proof of sync")
    proof.add_argument(
        "--certify",
        action="store_true",
        help="judge the sync of the output second by second; goes into the report too",
    )
    proof.add_argument(
        "--min_confidence",
        type=float,
        metavar="C",
        help="exit with 3 where the judge's LSE-C is lower; implies --certify",
    )
    proof.add_argument(
        "--judge_weights",
        default="bundled:judge",
        metavar="FILE",
        help="who judges: a sync expert's checkpoint, SyncNet v2's file, or the name syncnet_v2 "
        "(default: the bundled expert)",
    )

    speed = parser.add_argument_group("speed")
    speed.add_argument(
        "--device", default="auto", help="cpu, cuda, cuda:1 (default: the GPU if there is one)"
    )
    speed.add_argument(
        "--batch_size",
        "--wav2lip_batch_size",
        type=int,
        default=d.batch_size,
        metavar="N",
        help="faces drawn at once, at most; the result does not depend on it (default: 128)",
    )
    speed.add_argument(
        "--face_det_batch_size",
        type=int,
        default=16,
        metavar="N",
        help="without effect: frames are searched one by one; taken so that old command lines run",
    )
    return parser
