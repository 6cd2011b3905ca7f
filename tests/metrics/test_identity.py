import cv2
import numpy as np
import pytest

from tests.meshes import meshes
from wav2lip.errors import InputError
from wav2lip.metrics.identity import TEMPLATE, FaceEmbedder, identity_similarity, portrait
from wav2lip.regions import EYE_CORNERS, MOUTH_CORNERS, NOSE_TIP

SHIFT = np.array([180, 20])  # px


def field(number, value):
    """One field of a protocol buffer: bytes and texts by length, whole numbers as varints."""
    if isinstance(value, int):
        return bytes([number << 3]) + varint(value)
    data = value.encode() if isinstance(value, str) else value
    return bytes([number << 3 | 2]) + varint(len(data)) + data


def varint(value):
    found = bytearray()
    while value > 127:
        found.append(value & 127 | 128)
        value >>= 7
    return bytes([*found, value])


def tensor_info(name, shape):
    dims = b"".join(field(1, field(1, side)) for side in shape)
    return field(1, name) + field(2, field(1, field(1, 1) + field(2, dims)))


def network(side=112):
    """An ONNX network, byte by byte: the mean of each colour."""
    node = field(1, "faces") + field(2, "means") + field(4, "GlobalAveragePool")
    graph = field(1, node) + field(2, "means")
    graph += field(11, tensor_info("faces", (4, 3, side, side)))
    graph += field(12, tensor_info("means", (4, 3, 1, 1)))
    return field(1, 8) + field(7, graph) + field(8, field(1, "") + field(2, 13))


def test_faces_are_embedded_as_rgb_of_unit_length(tmp_path):
    path = tmp_path / "face.onnx"
    path.write_bytes(network())
    faces = np.zeros((4, 112, 112, 3), np.uint8)
    faces[:, ..., 0], faces[:, ..., 2] = 255, 51  # blue and some red
    embeddings = FaceEmbedder(path)(faces)
    length = np.sqrt(0.6**2 + 1 + 1)
    assert embeddings == pytest.approx(np.tile([[-0.6, -1, 1]], (4, 1)) / length, abs=1e-4)


def test_other_files_are_refused(tmp_path):
    with pytest.raises(InputError, match="no such file; give the ONNX file of a face recognition"):
        FaceEmbedder(tmp_path / "none.onnx")
    (tmp_path / "text.onnx").write_text("no network")
    with pytest.raises(InputError, match="damaged; give the ONNX file"):
        FaceEmbedder(tmp_path / "text.onnx")
    (tmp_path / "other.onnx").write_bytes(network(96))
    with pytest.raises(InputError, match=r"takes \[4, 3, 96, 96\], not one face"):
        FaceEmbedder(tmp_path / "other.onnx")


def test_the_five_points_come_to_lie_on_the_template():
    mesh = meshes([0.2])[0]
    turn = np.array([[0.6, -0.8], [0.8, 0.6]])  # and twice as large, and elsewhere
    for corners, target in zip(EYE_CORNERS, TEMPLATE[:2], strict=True):
        mesh[list(corners), :2] = 2 * turn @ target + SHIFT + [[-4, 0], [4, 0]]
    points = (NOSE_TIP, *MOUTH_CORNERS)
    mesh[list(points), :2] = 2 * TEMPLATE[2:] @ turn.T + SHIFT
    image = np.zeros((400, 400, 3), np.uint8)
    for target in TEMPLATE:
        x, y = 2 * turn @ target + SHIFT
        cv2.circle(image, (round(x), round(y)), 5, (255, 255, 255), -1)
    face = portrait(image, mesh)
    assert face.shape == (112, 112, 3)
    for x, y in TEMPLATE:
        assert face[round(y), round(x), 0] > 200
    assert face.mean() < 20


def test_the_similarity_is_the_mean_cosine_and_falls_with_the_angle():
    angles = np.radians([0, 30, 60, 180])
    real = np.tile(np.float32([1, 0]), (2, 1))
    values = [
        identity_similarity(np.tile(np.float32([np.cos(a), np.sin(a)]), (2, 1)), real)
        for a in angles
    ]
    assert values == pytest.approx([1, np.sqrt(0.75), 0.5, -1], abs=1e-6)
    assert np.isnan(identity_similarity(real[:0], real[:0]))
    with pytest.raises(ValueError, match="differ in shape"):
        identity_similarity(real, real[:1])
