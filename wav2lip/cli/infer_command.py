"""Run `wav2lip infer` with parsed options."""

import logging
from pathlib import Path
from typing import Any

import cv2

from wav2lip.cli.infer_options import Options, settings_as_options
from wav2lip.evaluation.held_out import held_out_warning
from wav2lip.evaluation.judge import load_judge
from wav2lip.evaluation.sync_report import SyncReport, check_sync
from wav2lip.faces.detectors import Detector, build_detector
from wav2lip.faces.detectors.fixed import FixedBox
from wav2lip.inference.batch_jobs import FAILURES, Job, read_jobs, run_jobs
from wav2lip.inference.lip_syncer import LipSyncer
from wav2lip.inference.report import Report
from wav2lip.inference.strip import Strip
from wav2lip.utils.files import check_writable
from wav2lip.utils.progress import ProgressBar

SOME_FAILED, OUT_OF_SYNC = 1, 3  # exit codes
log = logging.getLogger(__name__)


class SyncChecker:
    """Scores the sync of finished outputs, if the options ask for it.

    Attributes:
        failed: whether an output was below `min_confidence` or could not be scored.
    """

    def __init__(self, options: Options, syncer: LipSyncer) -> None:
        self.failed = False
        self._min_confidence = options.min_confidence
        if not options.check_sync:
            self._judge = None
            return
        self._judge = load_judge(options.judge_weights, options.device)
        settings = options.settings
        # --box is a place in the output frame, after cropping and rotation.
        self._detector: Detector = (
            build_detector(settings.detector, settings.detector_weights)
            if settings.finds_faces
            else FixedBox(settings.fixed_box)
        )
        warning = held_out_warning(self._judge, syncer.checkpoint["metadata"])
        if warning:
            log.warning("%s", warning)

    def __call__(self, video: Path) -> SyncReport | None:
        """Score one video and print the result; None if no check was asked for.

        Raises:
            InputError: the video cannot be scored.
        """
        if self._judge is None:
            return None
        report = check_sync(video, self._judge, self._detector, self._min_confidence)
        self.failed = self.failed or report.passed is False
        print(f"{video}: {report.line()}", flush=True)
        return report

    def check_job(self, video: Path) -> dict[str, Any]:
        """Score the output of one of many jobs.

        Returns:
            The report as plain data, or `{"error": ...}` for a video that cannot be scored.
        """
        try:
            report = self(video)
        except (*FAILURES, cv2.error) as error:
            reason = " ".join(str(error).split())
            log.error("sync not checked: %s", reason)
            self.failed = self.failed or self._min_confidence is not None
            return {"error": reason}
        return {} if report is None else report.as_dict()


def _run_jobs(syncer: LipSyncer, checker: SyncChecker, options: Options, table: Path) -> int:
    jobs = read_jobs(table)

    def render(job: Job, number: int) -> Report:
        # Beside the output, with its name and the suffix of --strip.
        strip = Strip(job.output.with_suffix(options.strip.suffix)) if options.strip else None
        with ProgressBar(f"{number + 1}/{len(jobs)} ") as bar, settings_as_options():
            report = syncer(job.face, job.audio, job.output, progress=bar, strip=strip)
        print(report.line(), flush=True)
        return report

    counts = run_jobs(jobs, render, checker.check_job, options.report)
    print(", ".join(f"{count} {state}" for state, count in counts.items()))
    if counts["failed"]:
        return SOME_FAILED
    return OUT_OF_SYNC if checker.failed else 0


def run(options: Options) -> int:
    """Render one video, or those of a table of jobs.

    Returns:
        The exit code: 0, 1 if some of many jobs failed, 3 if an output is below the minimum
        sync confidence.

    Raises:
        InputError: a file or value cannot be used.
    """
    cv2.setNumThreads(1)  # each pipeline stage has its own thread; the generator uses the rest
    if options.report:
        check_writable(options.report)
    strip = Strip(options.strip) if options.strip and not options.jobs else None
    with settings_as_options():
        syncer = LipSyncer.from_checkpoint(options.checkpoint, options.device, options.settings)
        checker = SyncChecker(options, syncer)
    if options.jobs is not None:
        return _run_jobs(syncer, checker, options, options.jobs)
    with ProgressBar() as bar, settings_as_options():
        report = syncer(options.face, options.audio, options.output, progress=bar, strip=strip)
    print(report.line(), flush=True)
    try:
        sync = checker(options.output)
        report.sync = sync.as_dict() if sync else {}
    finally:  # the video is finished, even if its sync cannot be scored
        if options.report:
            report.write(options.report)
    return OUT_OF_SYNC if checker.failed else 0
