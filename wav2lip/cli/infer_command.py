"""Run `wav2lip infer` with parsed options."""

from typing import TYPE_CHECKING

import cv2

from wav2lip.cli.infer_options import (
    Options,
    inputs_of,
    outputs_of,
    settings_as_options,
)
from wav2lip.inference.batch_jobs import Job, check_jobs, read_jobs, run_jobs, strip_of
from wav2lip.inference.lip_syncer import LipSyncer
from wav2lip.inference.report import Report
from wav2lip.inference.strip import Strip
from wav2lip.media.rules import limit_pixels
from wav2lip.provenance.formats import check_signable
from wav2lip.provenance.sign import VideoSigner
from wav2lip.utils.files import check_writable
from wav2lip.utils.outputs import check_outputs
from wav2lip.utils.platform import limit_arenas
from wav2lip.utils.progress import ProgressBar
from wav2lip.utils.stdout import say

if TYPE_CHECKING:
    from wav2lip.cli.sync_check import SyncChecker

SOME_FAILED, OUT_OF_SYNC = 1, 3  # exit codes


def _sync_checker(options: Options, syncer: LipSyncer) -> "SyncChecker | None":
    """Return the checker that the options ask for, if any."""
    if not options.check_sync:
        return None
    from wav2lip.cli.sync_check import SyncChecker

    return SyncChecker(options, syncer.checkpoint["metadata"])


def _signer(options: Options, jobs: list[Job]) -> VideoSigner | None:
    """Return what signs the outputs, if anything; a certificate that cannot sign is reported before a frame is read."""
    if options.sign is None:
        return None
    for job in jobs:
        check_signable(job.output)
    return VideoSigner(
        options.sign, options.sign_key, timestamp=options.timestamp, consent=options.consent
    )


def _run_jobs(
    syncer: LipSyncer,
    checker: "SyncChecker | None",
    signer: VideoSigner | None,
    options: Options,
    jobs: list[Job],
) -> int:
    def render(job: Job, number: int) -> Report:
        path = strip_of(job, options.strip)
        strip = Strip(path) if path else None
        with ProgressBar(f"{number + 1}/{len(jobs)} ") as bar, settings_as_options():
            report = syncer(
                job.face, job.audio, job.output, progress=bar, strip=strip, signer=signer
            )
        say(report.line())
        return report

    check = checker.check_job if checker else None
    counts = run_jobs(jobs, render, check, options.report, options.strip)
    say(", ".join(f"{count} {state}" for state, count in counts.items()))
    if counts["failed"]:
        return SOME_FAILED
    return OUT_OF_SYNC if checker and checker.failed else 0


def run(options: Options) -> int:
    """Render one video, or those of a table of jobs.

    Returns:
        The exit code: 0, 1 if some of many jobs failed, 3 if an output is below the minimum
        sync confidence.

    Raises:
        InputError: a file or value cannot be used.
    """
    limit_pixels(options.max_pixels)
    limit_arenas()  # frames pass through the threads of several stages
    cv2.setNumThreads(1)  # each pipeline stage has its own thread; the generator uses the rest
    check_outputs(outputs_of(options), inputs_of(options))
    if options.report:
        check_writable(options.report)
    jobs = read_jobs(options.jobs) if options.jobs else None
    if jobs is not None:
        check_jobs(jobs, options.strip, outputs_of(options), inputs_of(options))
    signer = _signer(options, jobs or [])
    strip = Strip(options.strip) if options.strip and not options.jobs else None
    with settings_as_options():
        syncer = LipSyncer.from_checkpoint(options.checkpoint, options.device, options.settings)
        checker = _sync_checker(options, syncer)
    if options.report:  # the file behind a name such as "default" is known now
        check_outputs([("report", options.report)], [("checkpoint", syncer.checkpoint["path"])])
    if jobs is not None:
        return _run_jobs(syncer, checker, signer, options, jobs)
    with ProgressBar() as bar, settings_as_options():
        report = syncer(
            options.face, options.audio, options.output, progress=bar, strip=strip, signer=signer
        )
    say(report.line())
    try:
        if checker:
            report.sync = checker(options.output)
    finally:  # the video is finished, even if its sync cannot be scored
        if options.report:
            report.write(options.report)
    return OUT_OF_SYNC if checker and checker.failed else 0
