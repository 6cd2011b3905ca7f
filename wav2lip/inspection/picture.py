"""Draw what was found in a video: frames with boxes and meshes, and curves over time."""

import math
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from wav2lip.faces.head_pose import mean_face
from wav2lip.faces.tracked_frame import TrackedFace
from wav2lip.inspection.chart import (
    FONT,
    FONT_SIZE,
    INK,
    PAPER,
    WIDTH,
    Colour,
    Panel,
    draw_text,
    time_scale,
)
from wav2lip.inspection.findings import FaceFinding, Findings, KeptFrame
from wav2lip.media.pauses import VOICE_BEGINS, levels
from wav2lip.media.voice_activity import BLOCK
from wav2lip.types import MEL_RATE, SAMPLE_RATE, Image

Curve = tuple[NDArray[np.float64], NDArray[np.float64], Colour]  # seconds, values; NaN is a gap

TILES = 12  # frames shown
LARGE = 100  # px, width of a drawn face from which on its mesh is drawn as lines
PALETTE: tuple[Colour, ...] = (
    (220, 120, 0),
    (40, 110, 240),
    (60, 160, 40),
    (170, 60, 170),
    (30, 180, 200),
    (90, 90, 90),
)


def _colour(track: int) -> Colour:
    return PALETTE[track % len(PALETTE)]


@cache
def _edges() -> NDArray[np.int64]:
    """Edges (E, 2) of the mesh, each once."""
    triangles = mean_face().triangles.astype(np.int64)
    pairs = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])
    return np.unique(np.sort(pairs, axis=1), axis=0)


def _draw_face(image: Image, face: TrackedFace) -> None:
    colour = _colour(face.track)
    x0, y0, x1, y1 = (round(float(value)) for value in face.box)
    cv2.rectangle(image, (x0, y0), (x1, y1), colour, 2)
    if face.landmarks is None:
        _label(image, "no mesh", x0, y1 + 16, colour)
        return
    points = np.rint(face.landmarks.points[:, :2]).astype(np.int32)
    label = f"MAR {face.landmarks.mar:.2f}"
    if x1 - x0 >= LARGE:
        pose = face.landmarks.pose
        label = f"yaw {pose.yaw:.0f} pitch {pose.pitch:.0f} roll {pose.roll:.0f} {label}"
        cv2.polylines(image, list(points[_edges()]), False, colour, 1, cv2.LINE_AA)
    else:
        inside = (points >= 0).all(axis=1) & (points < image.shape[1::-1]).all(axis=1)
        image[points[inside, 1], points[inside, 0]] = colour
    _label(image, label, x0, y1 + 16, colour)


def _label(image: Image, text: str, x: int, y: int, colour: Colour) -> None:
    (width, height), _ = cv2.getTextSize(text, FONT, FONT_SIZE, 1)
    x = max(0, min(x, image.shape[1] - width - 4))
    y = max(height + 4, min(y, image.shape[0] - 4))
    cv2.rectangle(image, (x, y - height - 4), (x + width + 4, y + 4), PAPER, -1)
    draw_text(image, text, x + 2, y, colour)


def _tile(kept: KeptFrame) -> Image:
    image = kept.image.copy()
    for face in kept.faces:
        _draw_face(image, face)
    _label(image, f"{kept.time:.2f} s, frame {kept.frame}", 0, 0, INK)
    return image


def _tiles(kept: list[KeptFrame]) -> Image:
    """Arrange up to 12 evenly spaced frames in rows."""
    chosen = np.unique(np.linspace(0, len(kept) - 1, min(TILES, len(kept))).round().astype(int))
    tiles = [_tile(kept[index]) for index in chosen]
    height, width = tiles[0].shape[:2]
    columns = WIDTH // width
    sheet = np.full((math.ceil(len(tiles) / columns) * height, WIDTH, 3), PAPER, np.uint8)
    for number, tile in enumerate(tiles):
        row, column = divmod(number, columns)
        sheet[row * height : (row + 1) * height, column * width : (column + 1) * width] = tile
    return sheet


def _per_track(findings: Findings, name: str) -> list[Curve]:
    """Curve of one number of every track; frames in which the track is absent are gaps."""
    tracks: dict[int, list[FaceFinding]] = {}
    for face in findings.faces:
        tracks.setdefault(face.track, []).append(face)
    curves = []
    for track, faces in tracks.items():
        first, last = faces[0].frame, faces[-1].frame
        value = np.full(last - first + 1, np.nan)
        time = np.interp(
            np.arange(first, last + 1), [f.frame for f in faces], [f.time for f in faces]
        )
        for face in faces:
            value[face.frame - first] = getattr(face, name)
        curves.append((time, value, _colour(track)))
    return curves


def _face_panels(findings: Findings) -> list[Panel]:
    panels = []
    for title, name, low, high, ticks, digits in (
        ("width of the face, px; vertical lines are cuts", "width", 0, None, None, 0),
        (
            "yaw, degrees; positive looks to the right of the image",
            "yaw",
            -60,
            60,
            [-30.0, 0.0, 30.0],
            0,
        ),
        ("pitch, degrees; positive looks up", "pitch", -40, 40, [-20.0, 0.0, 20.0], 0),
        ("mouth aspect ratio; a closed mouth is below 0.05", "mar", 0, 0.6, [0, 0.2, 0.4], 1),
    ):
        curves = _per_track(findings, name)
        top = high or max([1.0, *(float(np.nanmax(value)) for _, value, _ in curves)]) * 1.1
        panel = Panel(title, findings.seconds, low, top)
        panel.scale(ticks or [0.0, top / 2.2], digits)
        panel.mark(findings.shots[1:])
        for curve in curves:
            panel.curve(*curve)
        panels.append(panel)
    return panels


def _voice_panels(findings: Findings) -> list[Panel]:
    if findings.voice is None or findings.power is None:
        return []
    voice = Panel(
        "probability of voice; shaded: pauses, in which the mouth rests", findings.seconds, 0, 1
    )
    voice.shade(findings.pauses)
    voice.scale([0, 0.5, 1], 1)
    time = np.arange(len(findings.voice)) * BLOCK / SAMPLE_RATE
    voice.curve(time, findings.voice.astype(np.float64), PALETTE[1])
    voice.curve(time[[0, -1]], np.full(2, VOICE_BEGINS), PALETTE[5])
    level = Panel("level of the sound, dB of full scale", findings.seconds, -80, 0)
    level.shade(findings.pauses)
    level.scale([-60, -40, -20], 0)
    level.curve(np.arange(len(findings.power)) / MEL_RATE, levels(findings.power), PALETTE[2])
    return [voice, level]


def draw_findings(findings: Findings) -> Image:
    """Draw up to 12 frames with boxes and meshes, and curves of faces and voice over time.

    Each track has its colour. A still gets no curves.

    Args:
        findings: of one video.

    Returns:
        BGR image (H, 1600, 3).
    """
    parts = [_tiles(findings.kept)]
    if findings.frames > 1:
        panels = [*_face_panels(findings), *_voice_panels(findings)]
        parts += [panel.image for panel in panels]
        parts.append(time_scale(findings.seconds))
    return np.concatenate(parts)
