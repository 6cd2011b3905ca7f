from collections.abc import Callable

import cv2
import numpy as np
import pytest
import torch
from torch import Tensor, nn

from wav2lip.faces.crops import crop_coded
from wav2lip.inference.face_locator import Located
from wav2lip.inference.renderer import Drawn, FaceRenderer
from wav2lip.media.alignment import MelArray
from wav2lip.media.colour import BT709
from wav2lip.media.picture import Picture
from wav2lip.media.video import CodedFrame
from wav2lip.models import Generator
from wav2lip.types import SILENCE

Maps = Callable[[Tensor, Tensor], Tensor]
CPU = torch.device("cpu")


class Spy(nn.Module):
    """Draws the mean of the mel window everywhere, and the mean of the input's six channels."""

    def forward(self, mel: Tensor, face: Tensor) -> Tensor:
        level = mel.mean(dim=(1, 2, 3))[:, None, None, None].expand(-1, 1, *face.shape[2:])
        return torch.cat([level, face[:, :1], face[:, 3:4]], dim=1)


def located(count: int, faces: int = 1) -> list[Located]:
    rng = np.random.default_rng(0)
    box = np.array([4, 4, 52, 52], np.float32)
    return [
        Located(
            CodedFrame(Picture.of(rng.integers(0, 256, (64, 64, 3), np.uint8), BT709), i / 25, i),
            [box + k for k in range(faces)],
        )
        for i in range(count)
    ]


def draw(drawer: FaceRenderer, items: list[Located], offset: float = 0.0) -> list[Drawn]:
    mel = np.tile(np.linspace(0, 1, 160, dtype=np.float32), (80, 1))
    return list(drawer(iter(items), MelArray(mel), offset))


@pytest.mark.parametrize("warp", [False, True])
@pytest.mark.parametrize(("batch", "faces"), [(1, 1), (3, 2), (128, 3)])
def test_the_result_does_not_depend_on_the_batch(batch: int, faces: int, warp: bool) -> None:
    torch.manual_seed(0)
    network = Generator(width=0.0625, warp=warp).eval()
    items = located(7, faces)
    several = draw(FaceRenderer(network, 96, CPU, batch), items)
    one = draw(FaceRenderer(network, 96, CPU, 1), items)
    assert [d.located.frame.index for d in several] == list(range(7))
    for a, b in zip(several, one, strict=True):
        assert [face.shape for face in a.drawn] == [(96, 96, 3)] * faces
        for face, other in zip(a.drawn, b.drawn, strict=True):
            assert np.abs(face.astype(int) - other).max() <= 1
    assert not np.array_equal(several[0].drawn[0], several[1].drawn[0])


def test_a_network_that_moves_pixels_draws_in_the_detail_of_its_source() -> None:
    torch.manual_seed(0)
    network = Generator(width=0.0625, image_size=48, warp=True).eval()
    drawer = FaceRenderer(network, 48, CPU, 8, neutral_reference=False)
    rng = np.random.default_rng(0)
    picture = Picture.of(rng.integers(0, 256, (700, 700, 3), np.uint8), BT709)
    boxes = [
        np.array([9, 9, 9 + w, 9 + h], np.float32) for w, h in ((40, 40), (60, 60), (100, 199))
    ]
    boxes += [np.array([9, 9, 690, 690], np.float32)]
    (item,) = draw(drawer, [Located(CodedFrame(picture, 0.0, 0), boxes)])
    assert [len(face) for face in item.drawn] == [48, 48, 192, 288]
    for face, box in zip(item.drawn, boxes, strict=True):
        crop = crop_coded(picture, box, len(face))
        half = len(face) // 2
        np.testing.assert_array_equal(face[:half], crop[:half])
        below, shown = (x[half:].astype(float) for x in (face, crop))
        assert 0 < np.abs(below - shown).mean() < 40  # untrained, it shows the reference, nearly
        assert below.std() > 0.7 * shown.std()  # as sharp


def test_the_lower_half_is_hidden_and_the_crop_is_its_own_reference() -> None:
    item = located(1)[0]
    (drawn,) = draw(FaceRenderer(Spy(), 48, CPU, 8), [item])
    crop = item.frame.image[4:52, 4:52]
    np.testing.assert_array_equal(drawn.drawn[0][:24, :, 1], crop[:24, :, 0])
    assert drawn.drawn[0][24:, :, 1].max() == 0
    np.testing.assert_array_equal(drawn.drawn[0][:, :, 2], crop[..., 0])


@pytest.mark.parametrize(("offset", "column"), [(0.0, 48), (-1 / 25, 44), (0.1, 56)])
def test_the_sound_is_taken_at_the_frame_s_time_and_the_offset(offset: float, column: int) -> None:
    drawn = draw(FaceRenderer(Spy(), 48, CPU, 8), located(16), offset)[15]  # at 0.6 s
    expected = 255 * np.linspace(0, 1, 160)[column : column + 16].mean()
    assert drawn.drawn[0][0, 0, 0] == pytest.approx(expected, abs=1)


def test_frames_without_a_face_keep_their_place() -> None:
    items = located(40)
    for item in items[5:35]:
        item.boxes.clear()
    drawn = draw(FaceRenderer(Spy(), 48, CPU, 4), items)
    assert [d.located.frame.index for d in drawn] == list(range(40))
    assert [len(d.drawn) for d in drawn] == [1] * 5 + [0] * 30 + [1] * 5


def test_a_mouth_is_brought_to_rest_before_it_speaks(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    network = Generator(width=0.0625, image_size=48, warp=True).eval()
    last = network.output_block[1]
    assert isinstance(last, nn.Conv2d)
    torch.nn.init.normal_(last.weight, std=0.5)  # untrained, it hardly moves anything
    crops = [np.full((48, 48, 3), level, np.uint8) for level in (60, 120)]
    crops[0][30:36, 15:30] = 200
    mels = np.random.default_rng(0).normal(size=(2, 80, 16)).astype(np.float32)
    resting, direct = (FaceRenderer(network, 48, CPU, 8, rest) for rest in (True, False))
    silence = np.full_like(mels, SILENCE)
    in_turn = direct.generate(direct.generate(crops, silence), mels)
    drawn = resting.generate(crops, mels)
    for face, expected, unrested in zip(drawn, in_turn, direct.generate(crops, mels), strict=True):
        inner = np.s_[24:47, 1:47]
        apart = np.abs(face.astype(int) - expected)[inner].mean()
        assert 2 * apart < np.abs(face.astype(int) - unrested)[inner].mean()

    spied: list[int] = []

    def spy(sound: Tensor, face: Tensor, maps: Maps = resting._network.maps) -> Tensor:
        spied.append(len(face))
        return maps(sound, face)

    monkeypatch.setattr(resting._network, "maps", spy)
    still = resting.generate([crops[0]] * 2, mels)
    resting.generate(crops, mels)
    assert spied == [1, 2, 2, 2]  # a still's rest is drawn once for all
    assert np.abs(still[0].astype(int) - drawn[0]).max() <= 1


def test_a_rested_mouth_is_drawn_in_the_detail_of_its_source_too() -> None:
    torch.manual_seed(0)
    network = Generator(width=0.0625, image_size=48, warp=True).eval()
    rng = np.random.default_rng(0)
    coarse = rng.integers(60, 200, (9, 9, 3), np.uint8)
    large = np.asarray(cv2.resize(coarse, (144, 144), interpolation=cv2.INTER_CUBIC), np.uint8)
    small = np.asarray(cv2.resize(large, (48, 48), interpolation=cv2.INTER_AREA), np.uint8)
    mels = np.zeros((1, 80, 16), np.float32)
    drawer = FaceRenderer(network, 48, CPU, 8)
    (detailed,), (plain,) = drawer.generate([large], mels), drawer.generate([small], mels)
    assert detailed.shape == (144, 144, 3)
    back = cv2.resize(detailed, (48, 48), interpolation=cv2.INTER_AREA).astype(float)
    assert np.abs(back - plain)[24:].mean() < 2
    assert np.abs(detailed.astype(float) - large)[72:].mean() > 0.5  # redrawn somewhat
