from dataclasses import replace
from itertools import islice

import cv2
import numpy as np
import pytest
from skimage import data

from wav2lip.errors import InputError
from wav2lip.faces.blending import lower_face_mask, paste_face
from wav2lip.faces.crops import Crop, cut_face
from wav2lip.faces.detectors import build_detector
from wav2lip.faces.face_mask import FaceMask
from wav2lip.faces.landmark_tracking import find_landmarks
from wav2lip.faces.mesh import FaceMesh
from wav2lip.media.colour import BT709
from wav2lip.media.picture import Picture
from wav2lip.media.video import read_frames

CROP = Crop.of_box([180.3, 57.6, 271.2, 184.9])  # px; the astronaut's face


@pytest.fixture(scope="module")
def picture():
    return Picture.of(data.astronaut()[..., ::-1].copy(), BT709)


@pytest.fixture(scope="module")
def astronaut(picture):
    return picture.bgr()


def generated_face(image, crop):
    """A face as a generator might give it: softer, brighter, of another tint, a darker mouth."""
    face = cv2.GaussianBlur(cut_face(image, crop), (0, 0), 0.8).astype(np.float32) * 1.05
    face += [24, 12, 20]
    cv2.ellipse(face, (48, 74), (14, 7), 0, 0, 360, (40, 30, 60), -1)
    return np.clip(face, 0, 255).astype(np.uint8)


def full_mask(image, crop):
    rows, columns, mask = lower_face_mask(crop, image.shape[:2])
    full = np.zeros(image.shape[:2], np.float32)
    full[rows, columns] = mask
    return full


def seam(source, result, mask):
    """Mean gradient across the mask's outline, in the result over in the source."""
    smooth = cv2.GaussianBlur(mask, (0, 0), 1.5)
    normal = np.stack([cv2.Sobel(smooth, cv2.CV_32F, 1, 0), cv2.Sobel(smooth, cv2.CV_32F, 0, 1)])
    normal /= np.linalg.norm(normal, axis=0) + 1e-9
    inside, cross = (mask > 0).astype(np.uint8), np.ones((3, 3), np.uint8)
    ring = cv2.dilate(inside, cross, iterations=2) - cv2.erode(inside, cross, iterations=2)

    def across(image):
        grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY).astype(np.float32)
        slope = np.stack([cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1)])
        return np.abs((slope * normal).sum(axis=0))[ring > 0].mean()

    return across(result) / across(source)


@pytest.mark.parametrize("mode", ["feather", "poisson", "box"])
@pytest.mark.parametrize("move", [(0, 0), (-200, 300), (260, -90), (0, 380), (300, 340)])
def test_codes_outside_the_mask_are_the_source_s(picture, astronaut, mode, move):
    crop = replace(CROP, x=CROP.x + move[0], y=CROP.y + move[1])
    result = paste_face(picture, generated_face(astronaut, crop), crop, mode)
    outside = full_mask(astronaut, crop) == 0
    if mode == "box":
        x0, y0, x1, y1 = np.clip(crop.box, 0, 512)
        outside[:] = True
        outside[int(y0) : int(np.ceil(y1)), int(x0) : int(np.ceil(x1))] = False
    assert (result.luma[outside] == picture.luma[outside]).all()
    # A chroma sample is outside as soon as one of its four pixels is.
    apart = outside.reshape(256, 2, 256, 2).any(axis=(1, 3))
    assert (result.blue[apart] == picture.blue[apart]).all()
    assert (result.red[apart] == picture.red[apart]).all()
    assert (result.bgr()[outside] == astronaut[outside]).all()
    assert outside.mean() > 0.94
    assert (result.luma != picture.luma).any() or not (~outside).any()


def test_the_source_is_left_as_it_is(picture, astronaut):
    before = [plane.copy() for plane in (picture.luma, picture.blue, picture.red)]
    paste_face(picture, generated_face(astronaut, CROP), CROP)
    for plane, copy in zip((picture.luma, picture.blue, picture.red), before, strict=True):
        assert (plane == copy).all()


def test_the_mouth_is_the_generated_one(picture, astronaut):
    result = paste_face(picture, generated_face(astronaut, CROP), CROP).bgr()
    assert full_mask(astronaut, CROP)[155, 226] == 1
    assert result[155, 226].astype(int).mean() < 60 < astronaut[155, 226].mean()


def test_eyes_stay_and_the_jaw_may_open():
    mask = full_mask(np.zeros((100, 100, 3), np.uint8), Crop.of_box([0, 0, 100, 100]))
    assert mask[:42].max() == 0
    assert mask[60:85, 30:70].min() == 1
    assert 0 < mask[96, 50] < 0.5 < mask[92, 50]
    assert max(mask[:, 0].max(), mask[:, 99].max(), mask[99].max()) < 0.01


@pytest.mark.parametrize("mode", ["feather", "poisson"])
def test_no_seam(picture, astronaut, mode):
    mask = full_mask(astronaut, CROP)
    face = generated_face(astronaut, CROP)
    assert seam(astronaut, paste_face(picture, face, CROP, mode).bgr(), mask) < 1.15
    hard = astronaut.copy()
    hard[mask > 0] = paste_face(picture, face, CROP, "box").bgr()[mask > 0]
    assert seam(astronaut, hard, mask) > 1.15


def test_a_tint_is_matched(picture, astronaut):
    tinted = np.clip(cut_face(astronaut, CROP) + np.array([12.0, -8, 10]), 0, 255).astype(np.uint8)
    result = paste_face(picture, tinted, CROP).bgr()
    off = (result.astype(int) - astronaut)[full_mask(astronaut, CROP) == 1].mean(axis=0)
    assert np.abs(off).max() < 2.5


def test_its_own_crop_changes_little(picture, astronaut):
    crop = Crop.of_box([178, 60, 274, 156])
    face = cut_face(astronaut, crop)
    for mode in ("box", "feather"):
        result = paste_face(picture, face, crop, mode)
        assert np.abs(result.bgr().astype(int) - astronaut).max() <= 6  # out of gamut
        assert np.abs(result.bgr().astype(int) - astronaut).mean() < 0.1


def test_box_mode_pastes_the_whole_box(picture, astronaut):
    crop = Crop.of_box([100, 100, 300, 340])
    result = paste_face(picture, np.full((96, 96, 3), [31, 62, 93], np.uint8), crop, "box").bgr()
    assert np.abs(result[100:340, 100:300].astype(int) - [31, 62, 93]).max() <= 2
    assert (result[:100] == astronaut[:100]).all()


def test_a_box_outside_the_frame_changes_nothing(picture):
    face = np.zeros((96, 96, 3), np.uint8)
    for mode in ("feather", "poisson", "box"):
        for far in ([600, 10, 700, 110], [10, -300, 110, -100], [-300, 600, -200, 700]):
            assert paste_face(picture, face, Crop.of_box(far), mode) is picture


@pytest.mark.parametrize("size", [(101, 77), (100, 77), (101, 76)])
def test_odd_sizes(astronaut, size):
    odd = Picture.of(astronaut[60 : 60 + size[0], 190 : 190 + size[1]], BT709)
    crop = Crop.of_box([3, 5, size[1] + 2, size[0] + 4])
    result = paste_face(odd, np.zeros((96, 96, 3), np.uint8), crop, "box")
    assert result.bgr().shape == (*size, 3)
    assert result.bgr()[6:, 4:].max() <= 2
    assert (result.luma[:5] == odd.luma[:5]).all()


def test_unknown_mode(picture):
    with pytest.raises(
        InputError, match="unknown blend 'soft'; choose one of feather, box, poisson"
    ):
        paste_face(picture, np.zeros((96, 96, 3), np.uint8), CROP, "soft")


def test_no_seam_on_real_clips(shared):
    detector, ratios = build_detector("hog"), []
    for path in sorted((shared / "media" / "clips").glob("*.mp4"))[5::20]:
        frames = list(islice(read_frames(path), 8))
        source, picture = frames[0].image, frames[0].picture
        now, later = detector.detect(source), detector.detect(frames[7].image)
        if not len(now) or not len(later) or len(ratios) == 10:
            continue
        # What the mouth does seven frames later, pasted into this frame.
        face = generated_face(frames[7].image, Crop.of_box(later[0, :4]))
        crop = Crop.of_box(now[0, :4])
        result = paste_face(picture, face, crop).bgr()
        ratios.append(seam(source, result, full_mask(source, crop)))
    assert len(ratios) == 10
    assert max(ratios) < 1.15


@pytest.mark.parametrize("mode", ["feather", "poisson", "box"])
@pytest.mark.parametrize("roll", [-35.0, 20.0, 180.0])
def test_a_turned_face_is_pasted_back_in_its_place(astronaut, mode, roll):
    soft = Picture.of(cv2.GaussianBlur(astronaut, (0, 0), 3), BT709)
    crop = replace(CROP, height=CROP.width, roll=roll)
    result = paste_face(soft, cut_face(soft, crop), crop, mode)
    change = np.abs(result.bgr().astype(int) - soft.bgr())
    assert change.max() <= 25  # at the crop's very edge
    assert change.mean() < 0.05


def test_a_turned_crop_changes_nothing_else(picture):
    crop = replace(CROP, height=CROP.width, roll=20.0)
    result = paste_face(picture, np.full((96, 96, 3), 255, np.uint8), crop, "box")
    rows, columns = np.nonzero(result.luma != picture.luma)
    angle = np.radians(20.0)
    right = (columns + 0.5 - crop.x) * np.cos(angle) + (rows + 0.5 - crop.y) * np.sin(angle)
    assert 45 < np.abs(right).max() <= crop.width / 2 + 0.5


def mesh_mask(weight=1.0):
    found = find_landmarks(data.astronaut()[..., ::-1].copy(), CROP.box, FaceMesh())
    return replace(FaceMask.of(found), weight=weight)


@pytest.mark.parametrize("mode", ["feather", "poisson"])
def test_no_seam_along_the_jaw(picture, astronaut, mode):
    face_mask = mesh_mask()
    rows, columns, part = lower_face_mask(CROP, picture.size, face_mask)
    mask = np.zeros(picture.size, np.float32)
    mask[rows, columns] = part
    result = paste_face(picture, generated_face(astronaut, CROP), CROP, mode, face_mask).bgr()
    assert seam(astronaut, result, mask) < 1.15
    assert (result[mask == 0] == astronaut[mask == 0]).all()
    assert mask.sum() < 0.95 * full_mask(astronaut, CROP).sum()


@pytest.mark.parametrize("mode", ["feather", "poisson", "box"])
def test_the_weight_fades_the_face(picture, astronaut, mode):
    face = generated_face(astronaut, CROP)
    whole, half = (
        paste_face(picture, face, CROP, mode, mesh_mask(w)).luma.astype(int) for w in (1.0, 0.5)
    )
    assert np.abs(half - (whole + picture.luma) / 2).max() <= 1
    assert paste_face(picture, face, CROP, mode, mesh_mask(0.0)) is picture
