"""Runs with a generator that moves the mesh; its network opens the mouth by a constant."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from networks import SMALL_MESH_GENERATOR, opening_generator
from skimage import data

from wav2lip.checkpoints import save_network
from wav2lip.errors import InputError
from wav2lip.faces.landmark_tracking import find_landmarks
from wav2lip.faces.landmarks import Landmarks
from wav2lip.faces.mesh import FaceMesh
from wav2lip.inference.lip_syncer import LipSyncer
from wav2lip.inference.settings import Settings
from wav2lip.types import Image

BOX = (40, 200, 95, 225)  # top, bottom, left, right
OPENING = 0.15  # units of the eyes' distance
Make = Callable[..., LipSyncer]
Measure = Callable[[Image], Landmarks]


@pytest.fixture(scope="module")
def mesh_checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    network = opening_generator(OPENING)
    path = tmp_path_factory.mktemp("mesh") / "mesh.safetensors"
    config = {"_target_": "wav2lip.models.MeshGenerator", **SMALL_MESH_GENERATOR}
    save_network(path, network, config, {"fps": 25, "face_crop": "aligned"})
    return path


@pytest.fixture
def make(mesh_checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    monkeypatch.setenv("WAV2LIP_CACHE", str(tmp_path / "cache"))

    def syncer(**settings: object) -> LipSyncer:
        return LipSyncer.from_checkpoint(mesh_checkpoint, "cpu", Settings(**settings))  # type: ignore[arg-type]

    return syncer


@pytest.fixture(scope="module")
def smile() -> Image:
    """(300, 360, 3) BGR; teeth show, and the eyes are about 60 px apart."""
    picture = data.astronaut()[0:200, 130:370, ::-1]
    return np.ascontiguousarray(cv2.resize(picture, (360, 300), interpolation=cv2.INTER_CUBIC))


@pytest.fixture(scope="module")
def measure(smile: Image) -> Measure:
    mesh = FaceMesh()

    def landmarks(image: Image) -> Landmarks:
        found = find_landmarks(image, np.array([90, 45, 225, 225], np.float32), mesh)
        assert found is not None
        again = find_landmarks(image, found.box, mesh, found)
        assert again is not None
        return again

    return landmarks


def frames(syncer: LipSyncer, face: object, seconds: float = 0.2, **options: object) -> list[Image]:
    audio = np.random.default_rng(0).normal(0, 0.1, round(16000 * seconds)).astype(np.float32)
    found = syncer.frames(face, audio, sample_rate=16000, color="bgr", **options)  # type: ignore[arg-type]
    return [frame.image for frame in found]


def test_the_mouth_opens_as_predicted_and_closes_without_motion(
    make: Make, smile: Image, measure: Measure
) -> None:
    opened = frames(make(mute_pauses=False), smile)[0]
    closed = frames(make(mute_pauses=False, motion=0), smile)[0]
    gaps = [measure(image).lip_opening for image in (closed, smile, opened)]
    assert gaps[0] < 0.06 < gaps[1] < gaps[2]
    assert gaps[2] > 0.1
    np.testing.assert_array_equal(opened[:100], closed[:100])  # eyes and nose


def test_video_and_still_of_the_same_picture_agree(make: Make, smile: Image) -> None:
    syncer = make(mute_pauses=False, smooth=False)
    still = frames(syncer, smile)
    video = frames(syncer, [smile] * 5, fps=25.0)
    assert len(still) == len(video) == 5
    assert np.abs(still[2].astype(int) - video[2]).mean() < 0.5


def test_an_engine_on_a_gpu_gets_more_faces_per_call_and_draws_the_same(
    make: Make, smile: Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    syncer = make(mute_pauses=False, box=(45, 225, 90, 225))
    plain = frames(syncer, [smile] * 10, 0.4, fps=25.0)
    engine, sizes = syncer.mesh_engine, list[int]()
    inpaint = engine.inpaint

    def counted(colours: Image, *masks: Any) -> Any:
        sizes.append(len(colours))
        return inpaint(colours, *masks)

    monkeypatch.setattr(engine, "on_cpu", False)
    monkeypatch.setattr(engine, "max_batch", 64)
    monkeypatch.setattr(engine, "inpaint", counted)
    found = frames(syncer, [smile] * 10, 0.4, fps=25.0)
    assert sorted(sizes) == [2, 8]
    for one, other in zip(plain, found, strict=True):
        assert np.abs(one.astype(int) - other).max() <= 1


@pytest.mark.parametrize(("cores", "threads"), [(2, 2), (64, 4)])
def test_threads_and_memory_do_not_grow_with_the_cores_of_large_machines(
    make: Make, smile: Image, monkeypatch: pytest.MonkeyPatch, cores: int, threads: int
) -> None:
    monkeypatch.setattr("wav2lip.inference.mesh_faces.cpu_count", lambda: cores)
    syncer = make(mute_pauses=False, box=(45, 225, 90, 225))
    inpaint, names, all_work = syncer.mesh_engine.inpaint, set[str](), threading.Barrier(threads)

    def named(*inputs: Any) -> Any:
        names.add(threading.current_thread().name)
        all_work.wait(60)
        return inpaint(*inputs)

    monkeypatch.setattr(syncer.mesh_engine, "inpaint", named)
    assert len(frames(syncer, [smile] * 32, 1.28, fps=25.0)) == 32  # eight batches
    assert len(names) == threads


def test_a_box_replaces_the_detector(make: Make, smile: Image, measure: Measure) -> None:
    boxed = frames(make(mute_pauses=False, box=(45, 225, 90, 225)), smile)[0]
    assert measure(boxed).lip_opening > 0.1


def test_frames_without_a_face_pass_unchanged(make: Make, smile: Image) -> None:
    blank = np.full_like(smile, 60)
    rendered = frames(make(mute_pauses=False), [smile, smile, blank, blank], 0.16, fps=25.0)
    assert np.abs(rendered[3].astype(int) - blank).max() <= 2
    assert np.abs(rendered[0].astype(int) - smile).max() > 30


def test_a_box_without_a_face_is_an_error(make: Make, smile: Image) -> None:
    blank = np.full_like(smile, 60)
    with pytest.raises(InputError, match="face: no face in the box; correct it"):
        frames(make(mute_pauses=False, box=(45, 225, 90, 225)), blank)


def test_motion_is_refused_by_other_generators(checkpoint: Path) -> None:
    with pytest.raises(InputError, match=r"motion has no effect; leave it at 1"):
        LipSyncer.from_checkpoint(checkpoint, "cpu", Settings(motion=1.2))
