"""`--check_sync` of `wav2lip infer`."""

import logging
from pathlib import Path
from typing import Any

import cv2

from wav2lip.cli.infer_options import Options
from wav2lip.evaluation.held_out import held_out_warning
from wav2lip.evaluation.judge import load_judge
from wav2lip.evaluation.sync_report import check_sync
from wav2lip.faces.detectors import Detector, build_detector
from wav2lip.faces.detectors.fixed import FixedBox
from wav2lip.inference.batch_jobs import FAILURES
from wav2lip.utils.stdout import say

log = logging.getLogger(__name__)


class SyncChecker:
    """Scores the sync of finished outputs.

    Args:
        options: of the command.
        metadata: of the generator's checkpoint.

    Attributes:
        failed: whether an output was below `min_confidence` or could not be scored.
    """

    def __init__(self, options: Options, metadata: dict[str, Any]) -> None:
        self.failed = False
        self._min_confidence = options.min_confidence
        self._judge = load_judge(options.judge_weights, options.device)
        settings = options.settings
        # --box is a place in the output frame, after cropping and rotation.
        self._detector: Detector = (
            build_detector(settings.detector, settings.detector_weights, options.device)
            if settings.finds_faces
            else FixedBox(settings.fixed_box)
        )
        warning = held_out_warning(self._judge, metadata)
        if warning:
            log.warning("%s", warning)

    def __call__(self, video: Path) -> dict[str, Any]:
        """Score one video and print the result.

        Returns:
            The `SyncReport` as plain data.

        Raises:
            InputError: the video cannot be scored.
        """
        report = check_sync(video, self._judge, self._detector, self._min_confidence)
        self.failed = self.failed or report.passed is False
        say(f"{video}: {report.line()}")
        return report.as_dict()

    def check_job(self, video: Path) -> dict[str, Any]:
        """Score the output of one of many jobs.

        Returns:
            As a call, or `{"error": ...}` for a video that cannot be scored.
        """
        try:
            return self(video)
        except (*FAILURES, cv2.error) as error:
            reason = " ".join(str(error).split())
            log.error("sync not checked: %s", reason)
            self.failed = self.failed or self._min_confidence is not None
            return {"error": reason}
