import numpy as np
import pytest
import torch
from torch import Tensor

from wav2lip.engines import TorchEngine
from wav2lip.faces.crops import Crop, cut_face
from wav2lip.faces.tracked_frame import TrackedFrame
from wav2lip.inference.renderer import FaceRenderer, RenderedFaces
from wav2lip.media.alignment import MelArray
from wav2lip.media.colour import BT709
from wav2lip.media.picture import Picture
from wav2lip.media.video import Frame
from wav2lip.models import Generator


class Spy(Generator):
    """Returns the mean of the mel window, and a channel each of the masked target and the reference."""

    def __init__(self) -> None:
        super().__init__(width=0.0625, image_size=48)

    def forward(self, mel: Tensor, face: Tensor) -> Tensor:
        level = mel.mean(dim=(1, 2, 3))[:, None, None, None].expand(-1, 1, *face.shape[2:])
        return torch.cat([level, face[:, :1], face[:, 3:4]], dim=1)


def located(count: int, faces: int = 1) -> list[TrackedFrame]:
    rng = np.random.default_rng(0)
    box = np.array([4, 4, 52, 52], np.float32)
    return [
        TrackedFrame.of_boxes(
            Frame(Picture.of(rng.integers(0, 256, (64, 64, 3), np.uint8), BT709), i / 25, i),
            [box + k for k in range(faces)],
        )
        for i in range(count)
    ]


def render(renderer: FaceRenderer, items: list[TrackedFrame]) -> list[RenderedFaces]:
    mel = np.tile(np.linspace(0, 1, 160, dtype=np.float32), (80, 1))
    return list(renderer(iter(items), MelArray(mel)))


@pytest.mark.parametrize("warp", [False, True])
@pytest.mark.parametrize(("batch", "faces"), [(1, 1), (3, 2), (128, 3)])
def test_the_result_does_not_depend_on_the_batch(batch: int, faces: int, warp: bool) -> None:
    torch.manual_seed(0)
    network = Generator(width=0.0625, warp=warp).eval()
    items = located(7, faces)
    engine = TorchEngine(network)
    several = render(FaceRenderer(engine, batch), items)
    one = render(FaceRenderer(engine, 1), items)
    assert [frame.frame.index for frame, _ in several] == list(range(7))
    for (_, a), (_, b) in zip(several, one, strict=True):
        assert [face.shape for face in a] == [(96, 96, 3)] * faces
        for face, other in zip(a, b, strict=True):
            assert np.abs(face.astype(int) - other).max() <= 1
    assert not np.array_equal(several[0][1][0], several[1][1][0])


def test_a_network_that_warps_renders_at_the_resolution_of_its_source() -> None:
    torch.manual_seed(0)
    network = Generator(width=0.0625, image_size=48, warp=True).eval()
    renderer = FaceRenderer(TorchEngine(network), 8, neutral_reference=False)
    rng = np.random.default_rng(0)
    picture = Picture.of(rng.integers(0, 256, (700, 700, 3), np.uint8), BT709)
    boxes = [
        np.array([9, 9, 9 + w, 9 + h], np.float32) for w, h in ((40, 40), (60, 60), (100, 199))
    ]
    boxes += [np.array([9, 9, 690, 690], np.float32)]
    ((_, faces),) = render(renderer, [TrackedFrame.of_boxes(Frame(picture, 0.0, 0), boxes)])
    assert [len(face) for face in faces] == [48, 48, 192, 288]
    for face, box in zip(faces, boxes, strict=True):
        crop = cut_face(picture, Crop.of_box(box), len(face))
        half = len(face) // 2
        np.testing.assert_array_equal(face[:half], crop[:half])
        below, shown = (x[half:].astype(float) for x in (face, crop))
        assert 0 < np.abs(below - shown).mean() < 40  # untrained, it nearly copies the reference
        assert below.std() > 0.7 * shown.std()  # as sharp


def test_the_lower_half_is_hidden_and_the_crop_is_its_own_reference() -> None:
    item = located(1)[0]
    ((_, (face,)),) = render(FaceRenderer(TorchEngine(Spy()), 8), [item])
    crop = item.frame.image[4:52, 4:52]
    np.testing.assert_array_equal(face[:24, :, 1], crop[:24, :, 0])
    assert face[24:, :, 1].max() == 0
    np.testing.assert_array_equal(face[:, :, 2], crop[..., 0])


@pytest.mark.parametrize(("offset", "column"), [(0.0, 48), (-1 / 25, 44), (0.1, 56)])
def test_the_mel_window_is_at_the_frame_s_time_and_the_offset(offset: float, column: int) -> None:
    renderer = FaceRenderer(TorchEngine(Spy()), 8, offset=offset)
    _, (face,) = render(renderer, located(16))[15]  # at 0.6 s
    expected = 255 * np.linspace(0, 1, 160)[column : column + 16].mean()
    assert face[0, 0, 0] == pytest.approx(expected, abs=1)


def test_frames_without_a_face_keep_their_place() -> None:
    items = located(40)
    for item in items[5:35]:
        item.faces.clear()
    rendered = render(FaceRenderer(TorchEngine(Spy()), 4), items)
    assert [frame.frame.index for frame, _ in rendered] == list(range(40))
    assert [len(faces) for _, faces in rendered] == [1] * 5 + [0] * 30 + [1] * 5
