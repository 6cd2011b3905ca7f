"""Identity: cosine of the face embeddings of a generated and a real video (CSIM).

Source: Deng et al., "ArcFace: Additive Angular Margin Loss for Deep Face Recognition" (2019).
The weights are the user's.
"""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from wav2lip.errors import InputError
from wav2lip.regions import EYE_CORNERS, MOUTH_CORNERS, NOSE_TIP
from wav2lip.types import Image
from wav2lip.utils.onnx import damage, open_session

SIDE = 112  # px
# Where ArcFace expects right eye, left eye, tip of the nose and corners of the mouth; x and y.
TEMPLATE = np.array(
    [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]]
)  # fmt: skip
BATCH = 16  # faces
CURE = "give the ONNX file of a face recognition network with an input of (N,3,112,112)"

Embeddings = NDArray[np.float32]  # (N,D), unit vectors


def portrait(image: Image, mesh: NDArray[np.float32]) -> Image:
    """Cut out a face as ArcFace takes it: turned and scaled so that five points lie as near as can be to its template.

    Args:
        image: (H,W,3).
        mesh: (468,3) px.

    Returns:
        (112,112,3).
    """
    eyes = [mesh[list(corners), :2].mean(axis=0) for corners in EYE_CORNERS]
    points = np.array([*eyes, mesh[NOSE_TIP, :2], *mesh[list(MOUTH_CORNERS), :2]], np.float64)
    # A turn with a scale is one complex factor, and least squares give it directly.
    given, wanted = points @ (1, 1j), TEMPLATE @ (1, 1j)
    away = given - given.mean()
    factor = (away.conj() @ (wanted - wanted.mean())) / (away.conj() @ away)
    shift = wanted.mean() - factor * given.mean()
    matrix = np.array(
        [[factor.real, -factor.imag, shift.real], [factor.imag, factor.real, shift.imag]]
    )
    return np.asarray(cv2.warpAffine(image, matrix, (SIDE, SIDE), flags=cv2.INTER_LINEAR), np.uint8)


class FaceEmbedder:
    """Embeds faces with a network of the user's.

    Args:
        path: ONNX file: faces (N,3,112,112) RGB in [-1, 1] in, embeddings (N,D) out, as InsightFace exports ArcFace.

    Raises:
        InputError: no such file, or another network.
    """

    def __init__(self, path: Path) -> None:
        self._session: Any = open_session(path, CURE)
        self._path = path
        inputs, outputs = self._session.get_inputs(), self._session.get_outputs()
        sides = [side for side in inputs[0].shape[1:] if isinstance(side, int)]
        if len(inputs) != 1 or len(inputs[0].shape) != 4 or set(sides) - {3, SIDE}:
            raise InputError(f"{path}: takes {inputs[0].shape}, not one face; {CURE}")
        self._input, self._output = inputs[0].name, outputs[0].name

    def __call__(self, faces: Image) -> Embeddings:
        """Embed faces (N,112,112,3) BGR -> (N,D).

        Raises:
            InputError: the network cannot take them.
        """
        pixels = (faces[..., ::-1].transpose(0, 3, 1, 2).astype(np.float32) - 127.5) / 127.5
        found = []
        try:
            for start in range(0, len(pixels), BATCH):
                batch = np.ascontiguousarray(pixels[start : start + BATCH])
                (values,) = self._session.run([self._output], {self._input: batch})
                found.append(np.asarray(values, np.float32).reshape(len(batch), -1))
        except damage() as error:
            raise InputError(f"{self._path}: cannot embed faces; {CURE}") from error
        whole = np.concatenate(found)
        return np.asarray(whole / np.linalg.norm(whole, axis=1, keepdims=True), np.float32)


def identity_similarity(generated: Embeddings, real: Embeddings) -> float:
    """Mean cosine of the embeddings (N,D) of the same frames of two videos.

    Returns:
        -1 to 1, higher is better; NaN without a frame.

    Raises:
        ValueError: the two differ in shape.
    """
    if generated.shape != real.shape:
        raise ValueError(f"embeddings of {generated.shape} and {real.shape} differ in shape")
    if not len(generated):
        return float("nan")
    return float((generated.astype(np.float64) * real).sum(axis=1).mean())
