"""Clip files with landmarks of a head whose lower face moves by known coefficients of the motion basis."""

from pathlib import Path

import cv2
import numpy as np
import torch
from safetensors import safe_open
from safetensors.numpy import save_file

from wav2lip.clips import MANIFEST, ClipFile, ManifestRow, write_clip, write_manifest
from wav2lip.data.motion_basis import motion_basis
from wav2lip.faces.head_pose import HeadPose, mean_face
from wav2lip.faces.neutral_shape import close_lips
from wav2lip.media.mel import mel_spectrogram
from wav2lip.media.pcm import to_pcm
from wav2lip.synthetic.voice import speak

BOX = np.array([20, 30, 220, 290], np.float32)  # pixels
GREY = cv2.imencode(".jpg", np.full((8, 8, 3), 128, np.uint8))[1].tobytes()


def closed_face():
    """The mean face with closed lips, (468, 3)."""
    basis, face = motion_basis(), mean_face().vertices.copy()
    face[basis.vertices] = close_lips(face[basis.vertices], basis.vertices, basis.components)
    return face


def with_basis(network):
    """Give a network the points and components of the motion basis, and return it."""
    basis = motion_basis()
    network.vertices.copy_(torch.tensor(basis.vertices))
    network.basis.copy_(torch.tensor(basis.components))
    return network


def landmarks(coefficients, yaw=0.0):
    """The mesh (F, 468, 3), in shares of `BOX`, of a face that moves by `coefficients` (F, K)."""
    basis = motion_basis()
    face = np.repeat(closed_face()[None], len(coefficients), axis=0)
    count = coefficients.shape[1]
    face[:, basis.vertices] += np.einsum("fk,kpc->fpc", coefficients, basis.components[:count])
    pose = HeadPose(yaw, 4.0, 7.0, 90.0, (120.0, 150.0, 0.0))
    width, height = BOX[2:] - BOX[:2]
    corner = np.array([*BOX[:2], 0])
    return np.stack([(pose.place(shape) - corner) / (width, height, width) for shape in face])


def without_landmarks(folder: Path, path: Path) -> Path:
    """Copy a clip file without its landmarks, as one whose face the mesh fits nowhere."""
    with safe_open(str(path), "numpy") as file:
        names = [name for name in file.keys() if name != "landmarks"]  # noqa: SIM118
        tensors, metadata = {name: file.get_tensor(name) for name in names}, file.metadata()
    folder.mkdir(parents=True, exist_ok=True)
    save_file(tensors, folder / path.name, metadata)
    return folder / path.name


def write_motion_clip(folder: Path, name: str, split: str, seed: int, seconds: float = 3.0):
    """Write a clip whose mouth opens with its voice by the first component, and return its manifest row."""
    voice = speak(seed, seconds)
    frames = round(seconds * 25)
    times = np.arange(frames) / 25
    opening, _ = voice.mouth_at(times)
    mesh = landmarks(4.0 * opening[:, None], yaw=float(seed % 20))
    path = f"clips/{name}.safetensors"
    write_clip(
        folder / path,
        [GREY] * frames,
        np.tile(BOX, (frames, 1)),
        times,
        mel_spectrogram(voice.wav).T,
        to_pcm(voice.wav),
        {"source": name, "fps": 25.0, "crop_size": 8, "pad": 0.125},
        landmarks=mesh,
    )
    return ManifestRow(
        *(path, name, name, split, 0, 0.0, frames, 25.0, 200.0, 1.0, 100.0, -20.0),
        mar_low=0.02,
        mar_high=0.4,
    )


def write_motion_corpus(folder: Path, people: dict[str, int], seconds: float = 3.0):
    """Write clips of `people`, the number of them by split, and their manifest."""
    rows, seed = [], 0
    for split, count in people.items():
        for _ in range(count):
            rows.append(write_motion_clip(folder, f"person{seed}", split, seed, seconds))
            seed += 1
    write_manifest(folder / MANIFEST, rows)


def rewritten(path: Path, source: Path, mesh, late=0):
    """Write the clip file `source` at `path` with other landmarks and its sound `late` columns later."""
    clip = ClipFile(source)
    mel = clip.mel(-late, clip.mel_columns)
    write_clip(
        path,
        clip.jpegs(0, clip.frames),
        clip.boxes(),
        clip.times(),
        mel.T,
        clip.pcm(),
        clip.metadata,
        landmarks=mesh,
    )
    return path
