"""Find the faces of each frame once, also if the frame is shown again."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain

from wav2lip.faces.boxes import pad_box
from wav2lip.faces.crop_tracking import track_crops
from wav2lip.faces.detectors import Detector
from wav2lip.faces.fading import mask_faces
from wav2lip.faces.landmark_tracking import Mesh, smooth_landmarks, track_landmarks
from wav2lip.faces.landmarks import Landmarks
from wav2lip.faces.lip_line import fit_lip_line
from wav2lip.faces.tracked_frame import TrackedFace, TrackedFrame
from wav2lip.faces.tracking import SMOOTH
from wav2lip.inference.face_records import FaceRecords
from wav2lip.inference.settings import Settings
from wav2lip.media.frame import Frame
from wav2lip.types import CropKind

MIN_SIDE = 2  # px; a face that leaves the frame may be clipped to less


class FaceLocator:
    """Iterator of frames -> iterator of frames with their faces, in the same order.

    The first pass through the video tracks its faces; later passes reuse the places of each frame. Another call is a
    later pass, too, and must have the frames of the first call.

    Args:
        detector: finds the faces; None if the settings give the face's box.
        settings: which faces, smoothing, pads or the fixed box.
        kind: where faces are cut out. Only boxes are padded.
        mesh: fits the landmarks, `FaceMesh` by default.
        landmarks: whether the faces keep their landmarks.
        still: the source is one picture; in it the line between closed lips is found.

    Attributes:
        last_time: seconds, of the last frame of the first pass; None before its end.
    """

    def __init__(
        self,
        detector: Detector | None,
        settings: Settings,
        kind: CropKind = "s3fd",
        mesh: Mesh | None = None,
        *,
        landmarks: bool = False,
        still: bool = False,
    ) -> None:
        self._detector, self._settings, self._still = detector, settings, still
        self._kind, self._mesh, self._landmarks = kind, mesh, landmarks
        self._records = FaceRecords(landmarks)  # for later passes
        self.last_time: float | None = None

    def _tracked(self, frames: Iterator[Frame]) -> Iterator[TrackedFrame]:
        """Follow the wanted faces and their landmarks."""
        settings, mesh, detector = self._settings, self._mesh, self._detector
        if detector is None:
            boxed = (TrackedFrame.of_boxes(f, [settings.fixed_box(f.picture.size)]) for f in frames)
            return track_landmarks(boxed, mesh, smooth=settings.smooth)
        smooth = SMOOTH if settings.smooth else 1
        tracked = track_crops(
            frames, detector, self._kind, faces=settings.faces, smooth=smooth, mesh=mesh
        )
        if self._kind == "s3fd":
            return track_landmarks(tracked, mesh, smooth=settings.smooth)
        return smooth_landmarks(tracked) if settings.smooth else tracked

    def _placed(self, tracked: TrackedFrame) -> list[TrackedFace]:
        """Pad the boxes, and leave out those of which the frame clips too much."""
        picture, size = tracked.frame.picture, tracked.frame.picture.size
        pads = self._settings.pads if self._kind == "s3fd" else (0, 0, 0, 0)

        def landmarks(face: TrackedFace) -> Landmarks | None:
            if face.landmarks is None or not self._landmarks:
                return None
            return fit_lip_line(picture, face.landmarks) if self._still else face.landmarks

        faces = [
            TrackedFace(
                f.track,
                pad_box(f.box, pads, size) if self._detector else f.box,
                landmarks(f),
                f.aligned,
                f.mask,
            )
            for f in tracked.faces
        ]
        return [f for f in faces if (f.box[2:] - f.box[:2]).min() >= MIN_SIDE]

    def __call__(self, frames: Iterator[Frame]) -> Iterator[TrackedFrame]:
        """Yield every frame with its faces. Holds back as many frames as tracking looks ahead."""
        if self._detector is None and not self._landmarks:
            for frame in frames:
                yield TrackedFrame.of_boxes(frame, [self._settings.fixed_box(frame.picture.size)])
            return
        if self.last_time is not None:
            yield from self._replayed(frames)
            return
        repeated: list[Frame] = []
        newest, last = -1, 0.0

        def first_pass() -> Iterator[Frame]:
            nonlocal newest, last
            for frame in frames:
                if frame.index <= newest:
                    repeated.append(frame)
                    return
                newest, last = frame.index, frame.time
                yield frame

        settings, followed = self._settings, self._tracked(first_pass())
        for tracked in mask_faces(followed, settings.max_yaw, occluders=settings.keep_occluders):
            placed = replace(tracked, faces=self._placed(tracked))
            self._records.add(placed)
            yield placed
        self.last_time = last
        yield from self._replayed(chain(repeated, frames), newest)

    def _replayed(self, frames: Iterator[Frame], newest: int = -1) -> Iterator[TrackedFrame]:
        """Yield frames that were seen before; all that was found in those above `newest`, of others the faces."""
        for frame in frames:
            shot, faces, detections = self._records.get(frame.index)
            if frame.index > newest:
                newest = frame.index
                yield TrackedFrame(frame, shot, faces, detections)
            else:
                yield TrackedFrame(frame, faces=faces)
