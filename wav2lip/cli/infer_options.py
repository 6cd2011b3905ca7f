"""The command line of `wav2lip infer`, parsed and checked."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from wav2lip.cli.infer_arguments import OUTPUT, build_parser
from wav2lip.cli.settings_arguments import option_of
from wav2lip.errors import InputError
from wav2lip.inference.settings import Settings
from wav2lip.media.container import check_file
from wav2lip.media.image_writer import check_image_name
from wav2lip.media.writer import choose_codec
from wav2lip.provenance.formats import check_signable
from wav2lip.utils.folders import check_output_path
from wav2lip.utils.outputs import Named, check_outputs
from wav2lip.utils.values import PIXELS, Device, Number, Text, check


@dataclass(frozen=True)
class Options:
    """The options of one call."""

    face: Path
    audio: Path
    output: Path
    checkpoint: str
    device: str
    report: Path | None
    strip: Path | None
    jobs: Path | None
    check_sync: bool
    min_confidence: float | None
    judge_weights: str
    max_pixels: int | None
    sign: Path | None
    sign_key: Path | None
    consent: Path | None
    timestamp: str | None
    settings: Settings


@contextmanager
def settings_as_options() -> Iterator[None]:
    """Rewrite the names of settings in an `InputError` as command-line options.

    "fps must be above 0" becomes "--fps must be above 0".
    """
    try:
        yield
    except InputError as error:
        text = str(error)
        for name in error.settings:
            text = re.sub(rf"(?<![\w/.-]){name}(?![\w/.-])", option_of(name), text)
        raise InputError(text) from error


def _join_dashed(arguments: Sequence[str], options: set[str]) -> list[str]:
    """Write `--face -x.mp4` as `--face=-x.mp4`: a value may start with a dash."""
    joined: list[str] = []
    for word in arguments:
        previous = joined[-1] if joined else ""
        dashed = word.startswith("-") and word.partition("=")[0] not in options
        if dashed and previous in options and not re.fullmatch(r"-[0-9.]+", word):
            joined[-1] = f"{previous}={word}"
        else:
            joined.append(word)
    return joined


def parse(arguments: Sequence[str]) -> Options:
    """Parse the words after the name of the command.

    Raises:
        InputError: an option is unknown, misses its value, or does not fit the others.
    """
    parser = build_parser()
    args = parser.parse(_join_dashed(arguments, parser.options()))
    given = [name for name in ("face", "audio") if getattr(args, name) is not None]
    if args.jobs is None and len(given) < 2:
        parser.error("--face and --audio are required (or use --jobs)")
    if args.jobs is not None:
        given += [] if args.output is OUTPUT else ["output"]
        if given:
            parser.error(f"--jobs lists the faces, audio files and outputs; remove --{given[0]}")
    chosen: dict[str, Any] = {}
    for setting in fields(Settings):
        if hasattr(args, setting.name):
            value = getattr(args, setting.name)
            chosen[setting.name] = tuple(value) if isinstance(value, list) else value
    with settings_as_options():
        settings = Settings(**chosen)
    check("--device", args.device, Device())
    for name, rule in (("max_pixels", PIXELS), ("min_confidence", Number(0))):
        if getattr(args, name) is not None:
            check(f"--{name}", getattr(args, name), rule)
    for name in ("checkpoint", "judge_weights"):
        check(f"--{name}", getattr(args, name), Text())
    if args.sign is None:
        for name in ("sign_key", "consent", "timestamp"):
            if getattr(args, name) is not None:
                parser.error(f"--{name} requires --sign")
    if args.timestamp is not None and not re.match("https?://.", args.timestamp):
        parser.error(
            f"--timestamp must be an address such as http://host/path, not {args.timestamp}"
        )
    args.check_sync = args.check_sync or args.min_confidence is not None
    others = {f.name: getattr(args, f.name) for f in fields(Options) if hasattr(args, f.name)}
    return Options(settings=settings, **others)


def _check_file(path: Path, option: str) -> None:
    try:
        folder, exists = path.is_dir(), path.exists()  # a pipe is no regular file and fine
    except (OSError, ValueError):  # the name is too long, or holds a null character
        folder, exists = False, False
    if folder:
        raise InputError(f"{path}: is a directory; {option} takes a file")
    if not exists:
        raise InputError(f"{path}: no such file; check {option}")


def inputs_of(options: Options) -> list[Named]:
    """Return the files that are read, but for those that a table of jobs names."""

    def file_of(value: str) -> str | None:  # it may be a name
        return value if Path(value).exists() else None

    return [
        ("face", options.face),
        ("audio", options.audio),
        ("table of jobs", options.jobs),
        ("checkpoint", file_of(options.checkpoint)),
        ("judge", file_of(options.judge_weights)),
        ("file of the detector's weights", options.settings.detector_weights),
        ("certificate", options.sign),
        ("key of the certificate", options.sign_key),
        ("consent", options.consent),
    ]


def outputs_of(options: Options) -> list[Named]:
    """Return the files that are written, but for those that a table of jobs names."""
    single = options.jobs is None
    return [
        ("output", options.output if single else None),
        ("report", options.report),
        ("strip", options.strip if single else None),
    ]


def _check_weights(name: str, option: str) -> None:
    if Path(name).suffix or "/" in name:  # else it may be a name
        _check_file(Path(name), option)


def check_files(options: Options) -> None:
    """Check the files that are read and written, before anything heavy is imported.

    Raises:
        InputError: an input is no file, an output is an input or another output, or its format is unknown.
    """
    if options.jobs is not None:
        _check_file(options.jobs, "--jobs")
    else:
        for option, path in (("--face", options.face), ("--audio", options.audio)):
            _check_file(path, option)
            check_file(path)
    _check_weights(options.checkpoint, "--checkpoint")
    if options.check_sync:
        _check_weights(options.judge_weights, "--judge_weights")
    if options.settings.detector_weights is not None:
        _check_file(Path(options.settings.detector_weights), "--detector_weights")
    for name in ("sign", "sign_key", "consent"):
        if getattr(options, name) is not None:
            _check_file(getattr(options, name), f"--{name}")
    for role, target in outputs_of(options):
        if target is not None:
            check_output_path(Path(target), f"--{role}")
    check_outputs(outputs_of(options), inputs_of(options))
    if options.jobs is None:
        choose_codec(options.output, options.settings.codec)
        if options.sign is not None:
            check_signable(options.output)
    if options.strip is not None:
        check_image_name(options.strip)
