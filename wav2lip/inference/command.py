"""Carry out what the command line asks for."""

from pathlib import Path

from wav2lip.files import check_writable
from wav2lip.inference.jobs import Job, read_jobs, run_jobs
from wav2lip.inference.lip_syncer import LipSyncer
from wav2lip.inference.options import Options
from wav2lip.inference.progress import ProgressBar
from wav2lip.inference.report import Report
from wav2lip.inference.strip import Strip


def _strip_path(strip: Path, output: Path) -> Path:
    """Of one job among many: beside its output, named after it, of the kind of `strip`."""
    return output.with_suffix(strip.suffix)


def _run_many(syncer: LipSyncer, options: Options, table: Path) -> int:
    jobs = read_jobs(table)

    def make(job: Job, number: int) -> Report:
        strip = Strip(_strip_path(options.strip, job.output)) if options.strip else None
        with ProgressBar(f"{number + 1}/{len(jobs)} ") as bar:
            report = syncer(job.face, job.audio, job.output, progress=bar, strip=strip)
        print(report.line(), flush=True)
        return report

    counts = run_jobs(jobs, make, options.report)
    print(", ".join(f"{count} {state}" for state, count in counts.items()))
    return 1 if counts["failed"] else 0


def run(options: Options) -> int:
    """The exit code: 0, or 1 where some of many jobs failed. Raises `InputError`."""
    if options.report:
        check_writable(options.report)
    strip = Strip(options.strip) if options.strip and not options.jobs else None
    syncer = LipSyncer.from_checkpoint(options.checkpoint, options.device, options.settings)
    if options.jobs is not None:
        return _run_many(syncer, options, options.jobs)
    with ProgressBar() as bar:
        report = syncer(options.face, options.audio, options.output, progress=bar, strip=strip)
    if options.report:
        report.write(options.report)
    print(report.line())
    return 0
