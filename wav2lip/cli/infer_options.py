"""The command line of infer.py, read and checked."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from wav2lip.cli.infer_arguments import build_parser
from wav2lip.inference.settings import Settings


@dataclass(frozen=True)
class Options:
    """What the user asked for."""

    face: Path
    audio: Path
    output: Path
    checkpoint: str
    device: str
    report: Path | None
    strip: Path | None
    jobs: Path | None
    certify: bool
    min_confidence: float | None
    judge_weights: str
    settings: Settings


def _joined(arguments: Sequence[str], known: set[str]) -> list[str]:
    """`--face -x.mp4` as `--face=-x.mp4`: a value that starts with a dash is still a value."""
    joined: list[str] = []
    for word in arguments:
        before = joined[-1] if joined else ""
        dashed = word.startswith("-") and word.partition("=")[0] not in known
        if dashed and before in known and not re.fullmatch(r"-[0-9.]+", word):
            joined[-1] = f"{before}={word}"
        else:
            joined.append(word)
    return joined


def parse(arguments: Sequence[str]) -> Options:
    """Options from the words after the script's name; `InputError` for what makes no sense."""
    parser = build_parser()
    known = {name for action in parser._actions for name in action.option_strings}
    args = parser.parse_args(_joined(arguments, known))
    given = [name for name in ("face", "audio") if getattr(args, name) is not None]
    if args.jobs is None and len(given) < 2:
        parser.error("say which face shall say what: --face FILE --audio FILE")
    if args.jobs is not None and given:
        parser.error(f"--jobs names faces and sounds itself: leave out --{given[0]}")
    chosen: dict[str, Any] = {}
    for setting in fields(Settings):
        if hasattr(args, setting.name):
            value = getattr(args, setting.name)
            chosen[setting.name] = tuple(value) if isinstance(value, list) else value
    settings = Settings(**chosen)
    args.certify = args.certify or args.min_confidence is not None
    rest = {f.name: getattr(args, f.name) for f in fields(Options) if hasattr(args, f.name)}
    return Options(settings=settings, **rest)
