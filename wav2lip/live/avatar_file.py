"""The file of an avatar: a safetensors file with the packed pictures, the faces of each frame and the people.

Nothing in it can run code.
"""

import json
from collections.abc import Iterable, Mapping
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from wav2lip.errors import InputError
from wav2lip.faces.face_rows import ROW, faces_from_rows, faces_to_rows
from wav2lip.faces.mouth_patch import MouthPatch
from wav2lip.faces.mouth_view import MouthView
from wav2lip.faces.person import Person
from wav2lip.faces.teeth import Teeth
from wav2lip.faces.tracked_frame import TrackedFace
from wav2lip.live.closed_mouth import ClosedMouth
from wav2lip.live.picture_store import PictureStore
from wav2lip.media.colour import Colours
from wav2lip.utils.files import write_atomically

if TYPE_CHECKING:
    from wav2lip.live.avatar import Avatar

FORMAT, VERSION = "wav2lip avatar", 5
MAX_FPS, MAX_DENOMINATOR = 240, 10**6  # of frames per second; encoders overflow beyond
MAX_SIDE = 2**15  # px
PLANES = ("luma", "blue", "red")
ROW_FIELDS = [name for name in ROW.names or () if name != "hidden"]  # each an array of its own
Arrays = dict[str, NDArray[Any]]


def _ragged(name: str, parts: Iterable[NDArray[Any]]) -> Arrays:
    """Store arrays whose first sides differ as one array and their lengths."""
    parts = list(parts)
    return {name: np.concatenate(parts), f"{name}.counts": np.array([len(p) for p in parts])}


def _split(arrays: Mapping[str, NDArray[Any]], name: str) -> list[NDArray[Any]]:
    counts = arrays[f"{name}.counts"]
    if counts.sum() != len(arrays[name]) or (counts < 0).any():
        raise ValueError(f"{name} is not whole")
    return np.split(arrays[name], np.cumsum(counts)[:-1])


def _faces(faces: list[TrackedFace]) -> Arrays:
    rows, hidden = faces_to_rows(faces)
    arrays = {f"faces.{name}": np.ascontiguousarray(rows[name]) for name in ROW_FIELDS}
    return arrays | {"faces.hidden": hidden, "faces.hidden.counts": rows["hidden"].copy()}


def _restored_faces(arrays: Mapping[str, NDArray[Any]]) -> list[TrackedFace]:
    rows = np.zeros(len(arrays["faces.track"]), ROW)
    for name in ROW_FIELDS:
        rows[name] = arrays[f"faces.{name}"]
    rows["hidden"] = arrays["faces.hidden.counts"]
    return faces_from_rows(rows, arrays["faces.hidden"])


def _person(person: Person, prefix: str) -> Arrays:
    arrays: Arrays = {
        f"{prefix}.neutral": person.neutral,
        f"{prefix}.height": np.array([person.height]),
        f"{prefix}.texture": np.array([person.texture]),
    }
    if person.teeth is not None:
        arrays[f"{prefix}.teeth.outlines"] = person.teeth.outlines
        arrays[f"{prefix}.teeth.colour"] = person.teeth.colour
        arrays[f"{prefix}.teeth.softness"] = np.array([person.teeth.softness])
        arrays[f"{prefix}.teeth.parted"] = np.array([person.teeth.parted])
    for number, view in enumerate(person.exemplars):
        name = f"{prefix}.exemplar{number}"
        arrays[f"{name}.patch"] = view.patch.to_frame
        arrays[f"{name}.image"] = np.ascontiguousarray(view.image)
        arrays[f"{name}.place"] = np.array([view.top, view.left])
        arrays[f"{name}.points"] = view.points
        arrays[f"{name}.jaw"] = np.array([view.jaw])
    return arrays


def _restored_person(arrays: Mapping[str, NDArray[Any]], prefix: str) -> Person:
    exemplars: list[MouthView] = []
    while f"{prefix}.exemplar{len(exemplars)}.image" in arrays:
        name = f"{prefix}.exemplar{len(exemplars)}"
        top, left = arrays[f"{name}.place"].tolist()
        exemplars.append(
            MouthView(
                MouthPatch(arrays[f"{name}.patch"]),
                arrays[f"{name}.image"],
                top,
                left,
                arrays[f"{name}.points"],
                float(arrays[f"{name}.jaw"][0]),
            )
        )
    height, texture = (float(arrays[f"{prefix}.{name}"][0]) for name in ("height", "texture"))
    teeth = None
    if f"{prefix}.teeth.outlines" in arrays:
        outlines, colour, softness, parted = (
            arrays[f"{prefix}.teeth.{name}"]
            for name in ("outlines", "colour", "softness", "parted")
        )
        teeth = Teeth(outlines, colour, float(softness[0]), bool(parted[0]))
        if not teeth.sound:
            raise ValueError("its teeth are not whole")
    return Person(arrays[f"{prefix}.neutral"], height, tuple(exemplars), texture, teeth)


def _closed(mouths: list[ClosedMouth]) -> Arrays:
    place = [(mouth.top, mouth.left, *mouth.luma.shape) for mouth in mouths]
    arrays: Arrays = {"closed.place": np.array(place)}
    for name in PLANES:
        arrays |= _ragged(f"closed.{name}", [getattr(mouth, name).ravel() for mouth in mouths])
    return arrays


def _restored_closed(
    arrays: Mapping[str, NDArray[Any]], size: tuple[int, int]
) -> list[ClosedMouth]:
    planes = [_split(arrays, f"closed.{name}") for name in PLANES]
    mouths = []
    for (top, left, height, width), *parts in zip(
        arrays["closed.place"].tolist(), *planes, strict=True
    ):
        if min(top, left) < 0 or 2 * top + height > size[0] or 2 * left + width > size[1]:
            raise ValueError("a closed mouth lies outside of its frame")
        half = -(-height // 2), -(-width // 2)
        shapes = (height, width), half, half
        luma, blue, red = (part.reshape(shape) for part, shape in zip(parts, shapes, strict=True))
        mouths.append(ClosedMouth(top, left, luma, blue, red))
    return mouths


def _fps(numerator: int, denominator: int) -> Fraction:
    fps = Fraction(numerator, denominator)
    if not 0 < fps <= MAX_FPS or fps.denominator > MAX_DENOMINATOR:
        raise ValueError("no rate of frames")
    return fps


def _colours(*tags: int) -> Colours:
    if not all(isinstance(tag, int) and 0 <= tag < 256 for tag in tags):
        raise ValueError("no tags of colours")
    return Colours(*tags)


def write_avatar(path: Path, avatar: "Avatar") -> None:
    """Write the file of an avatar.

    Raises:
        OutputError: it cannot be written.
    """
    pictures, colours = avatar.pictures, avatar.pictures.colours
    arrays: Arrays = {
        **_ragged("pictures", (np.frombuffer(data, np.uint8) for data in pictures.packed)),
        "header": np.frombuffer(pictures.header, np.uint8),
        "faces.counts": np.array([len(faces) for faces in avatar.faces]),
        **_closed(avatar.closed),
        **_faces([face for faces in avatar.faces for face in faces]),
    }
    for track, person in avatar.people.items():
        arrays |= _person(person, f"person{track}")
    about = {
        "version": VERSION,
        "size": pictures.size,
        "colours": [colours.range, colours.space, colours.primaries, colours.transfer],
        "people": list(avatar.people),
        "fps": [avatar.fps.numerator, avatar.fps.denominator],
        "space": avatar.space,
        "source": avatar.source,
    }
    write_atomically(path, save(arrays, {"format": FORMAT, "avatar": json.dumps(about)}))


def read_avatar(path: Path) -> dict[str, Any]:
    """Read the arguments of an `Avatar` from its file.

    Raises:
        InputError: the file is missing, damaged, or no avatar.
    """
    if not path.is_file():
        raise InputError(f"{path}: no such file; give the file of an avatar")
    try:
        with safe_open(str(path), framework="numpy") as file:
            metadata = file.metadata() or {}
            if metadata.get("format") != FORMAT:
                raise InputError(f"{path}: is not an avatar; make one of a photo or a video first")
            about = json.loads(metadata["avatar"])
            if about["version"] != VERSION:
                raise InputError(
                    f"{path}: an avatar of version {about['version']}, not {VERSION}; make it again"
                )
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        packed = [part.data for part in _split(arrays, "pictures")]
        height, width = about["size"]
        if not (0 < height <= MAX_SIDE and 0 < width <= MAX_SIDE):
            raise ValueError("no size of pictures")
        store = PictureStore(
            (height, width), _colours(*about["colours"]), arrays["header"].tobytes(), packed
        )
        found, counts = _restored_faces(arrays), arrays["faces.counts"]
        closed = _restored_closed(arrays, (height, width))
        if len(closed) != len(packed):
            raise ValueError("closed mouths and pictures do not fit")
        if len(counts) != len(packed) or counts.sum() != len(found) or not packed:
            raise ValueError("faces and pictures do not fit")
        ends = np.cumsum(counts).tolist()
        return {
            "pictures": store,
            "faces": [found[e - n : e] for e, n in zip(ends, counts.tolist(), strict=True)],
            "people": {
                track: _restored_person(arrays, f"person{track}") for track in about["people"]
            },
            "closed": closed,
            "fps": _fps(*about["fps"]),
            "space": str(about["space"]),
            "source": str(about["source"]),
        }
    except (
        SafetensorError,
        OSError,
        ValueError,
        KeyError,
        TypeError,
        IndexError,
        ArithmeticError,
        RecursionError,  # of JSON that is nested deeply
    ) as error:
        raise InputError(f"{path}: damaged, or not an avatar; make it again") from error
