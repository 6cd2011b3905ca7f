"""Carry out what the command line asks for."""

import logging
from pathlib import Path
from typing import Any

import cv2

from wav2lip.cli.infer_options import Options
from wav2lip.evaluation.held_out import held_out_warning
from wav2lip.evaluation.judge import load_judge
from wav2lip.evaluation.sync_report import SyncReport, certify
from wav2lip.faces.detectors import Detector, build_detector
from wav2lip.faces.detectors.fixed import FixedBox
from wav2lip.inference.batch_jobs import FAILURES, Job, read_jobs, run_jobs
from wav2lip.inference.lip_syncer import LipSyncer
from wav2lip.inference.report import Report
from wav2lip.inference.strip import Strip
from wav2lip.utils.files import check_writable
from wav2lip.utils.progress import ProgressBar

NOT_CERTIFIED = 3  # exit code
log = logging.getLogger(__name__)


def _strip_path(strip: Path, output: Path) -> Path:
    """Of one job among many: beside its output, named after it, of the kind of `strip`."""
    return output.with_suffix(strip.suffix)


class Certifier:
    """Judges finished outputs where the options ask for it; `failed` once one is not in sync."""

    def __init__(self, options: Options, syncer: LipSyncer) -> None:
        self.failed = False
        self._least = options.min_confidence
        if not options.certify:
            self._judge = None
            return
        self._judge = load_judge(options.judge_weights, options.device)
        settings = options.settings
        # --box is a place in the frame as it is written, cut and turned.
        self._detector: Detector = (
            build_detector(settings.detector, settings.detector_weights)
            if settings.finds_faces
            else FixedBox(settings.fixed_box)
        )
        warning = held_out_warning(self._judge, syncer.checkpoint["metadata"])
        if warning:
            log.warning("%s", warning)

    def __call__(self, video: Path) -> SyncReport | None:
        """Its certificate, None where nothing was asked for. Raises as `certify` does."""
        if self._judge is None:
            return None
        certificate = certify(video, self._judge, self._detector, self._least)
        self.failed = self.failed or certificate.passed is False
        print(f"{video}: {certificate.line()}", flush=True)
        return certificate

    def of_many(self, video: Path) -> dict[str, Any]:
        """The same as plain data, for one of many: what cannot be judged is not certified, and said."""
        try:
            certificate = self(video)
        except (*FAILURES, cv2.error) as error:
            reason = " ".join(str(error).split())
            log.error("not judged: %s", reason)
            self.failed = self.failed or self._least is not None
            return {"error": reason}
        return {} if certificate is None else certificate.as_dict()


def _run_many(syncer: LipSyncer, certifier: Certifier, options: Options, table: Path) -> int:
    jobs = read_jobs(table)

    def make(job: Job, number: int) -> Report:
        strip = Strip(_strip_path(options.strip, job.output)) if options.strip else None
        with ProgressBar(f"{number + 1}/{len(jobs)} ") as bar:
            report = syncer(job.face, job.audio, job.output, progress=bar, strip=strip)
        print(report.line(), flush=True)
        return report

    counts = run_jobs(jobs, make, certifier.of_many, options.report)
    print(", ".join(f"{count} {state}" for state, count in counts.items()))
    return 1 if counts["failed"] else NOT_CERTIFIED if certifier.failed else 0


def run(options: Options) -> int:
    """The exit code: 0; 1 where some of many jobs failed; 3 where an output is not certified.

    Raises `InputError`.
    """
    if options.report:
        check_writable(options.report)
    strip = Strip(options.strip) if options.strip and not options.jobs else None
    syncer = LipSyncer.from_checkpoint(options.checkpoint, options.device, options.settings)
    certifier = Certifier(options, syncer)
    if options.jobs is not None:
        return _run_many(syncer, certifier, options, options.jobs)
    with ProgressBar() as bar:
        report = syncer(options.face, options.audio, options.output, progress=bar, strip=strip)
    print(report.line(), flush=True)
    try:
        certificate = certifier(options.output)
        report.certificate = certificate.as_dict() if certificate else {}
    finally:  # the video is there, whatever the judge cannot judge
        if options.report:
            report.write(options.report)
    return NOT_CERTIFIED if certifier.failed else 0
