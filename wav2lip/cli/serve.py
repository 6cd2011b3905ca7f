"""Serve jobs and a page over HTTP.

wav2lip serve --port 8000
"""

import argparse
import os
import shlex
import sys
from pathlib import Path

from wav2lip.cli.exit import exit_on_input_error
from wav2lip.cli.infer_options import settings_as_options
from wav2lip.cli.parser import OneLineParser, add_generator, add_idle_mouth, file_name
from wav2lip.errors import InputError
from wav2lip.utils.extras import require_extra
from wav2lip.utils.folders import check_output_path
from wav2lip.utils.signals import ending_at_once
from wav2lip.web.limits import Limits
from wav2lip.web.server_settings import TOKEN_VARIABLE, ServerSettings, read_tokens
from wav2lip.web.speech_synthesis import installed_synthesis

FOLDER = Path("results/serve")
LIMITS = {  # option -> metavar and help
    "upload_mb": ("MB", "size of a request"),
    "audio_seconds": ("S", "length of the sound of a job"),
    "text_characters": ("N", "length of a text that is spoken"),
    "pixels": ("N", "pixels of the largest picture that is read"),
    "job_seconds": ("S", "time in which a job is rendered"),
    "personal_minutes": ("N", "minutes in which a generator is tuned to one person"),
    "queue": ("N", "jobs that wait or run"),
    "per_client": ("N", "jobs of one client that wait or run"),
    "keep_hours": ("H", "time after which a finished job and its files are removed"),
    "keep_jobs": ("N", "finished jobs that are kept"),
    "event_streams": ("N", "clients that follow a job at the same time"),
    "live_sessions": ("N", "live sessions at the same time"),
    "live_seconds": ("S", "length of a live session"),
}


def build_parser() -> OneLineParser:
    """Build the parser of `wav2lip serve`. It raises InputError."""
    parser = OneLineParser(
        prog="wav2lip serve",
        description="Serve jobs and a page over HTTP. Only this machine reaches the server, unless --host says "
        "otherwise; then clients need a token. Requires the extra web.",
    )
    parser.add_argument(
        "--host",
        default="127.0.0.1",
        metavar="ADDRESS",
        help="address to listen on (default: 127.0.0.1, this machine alone)",
    )
    parser.add_argument("--port", type=int, default=8000, help="0: any free one (default: 8000)")
    parser.add_argument(
        "--token_file",
        type=file_name,
        metavar="FILE",
        help="text file with one token per line, one for each client; or set the environment variable "
        f"{TOKEN_VARIABLE}. Required for a --host that other machines reach",
    )
    parser.add_argument(
        "--allowed_host",
        action="append",
        default=[],
        metavar="NAME",
        help="another name by which the server is reached, for example behind a proxy; may be repeated",
    )
    parser.add_argument(
        "--folder",
        type=file_name,
        default=FOLDER,
        help=f"of uploads, results and the queue, which survives a restart (default: {FOLDER})",
    )
    add_generator(parser)
    parser.add_argument(
        "--workers",
        type=int,
        default=1,
        metavar="N",
        help="jobs that are rendered at the same time (default: 1)",
    )
    add_idle_mouth(parser)
    parser.add_argument(
        "--tts_command",
        default="auto",
        metavar="COMMAND",
        help="program that reads text from stdin and writes it as speech (WAV) to stdout, with its arguments: jobs may "
        "then have text in place of a sound; auto: espeak-ng if it is installed; none: no text (default: auto)",
    )
    parser.add_argument(
        "--evaluations",
        type=file_name,
        metavar="DIR",
        help="output folder of wav2lip evaluate, or one that holds several; all clients may see their pages",
    )
    parser.add_argument("--studio", action="store_true", help="a Gradio interface at /studio too")
    group = parser.add_argument_group("limits")
    for name, (metavar, text) in LIMITS.items():
        default = getattr(Limits, name)
        group.add_argument(
            f"--{name}",
            type=type(default),
            default=default,
            metavar=metavar,
            help=f"{text} (default: {default:g})",
        )
    return parser


def _tts_command(text: str) -> tuple[str, ...]:
    """Return the words of the command that speaks a text.

    Raises:
        InputError: they cannot be divided.
    """
    if text in ("auto", "none"):
        return installed_synthesis() if text == "auto" else ()
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise InputError(
            f"--tts_command {text!r}: cannot be read ({error}); close the quotation marks"
        ) from error
    if not words:
        raise InputError("--tts_command is empty; give a program, auto or none")
    return tuple(words)


def _settings(args: argparse.Namespace) -> ServerSettings:
    """Check the options.

    Raises:
        InputError: a value cannot be used.
    """
    tokens = read_tokens(args.token_file, os.environ.get(TOKEN_VARIABLE, ""))
    check_output_path(args.folder, "--folder")
    with settings_as_options():
        limits = Limits(**{name: getattr(args, name) for name in LIMITS})
        return ServerSettings(
            args.folder.absolute(),
            args.host,
            args.port,
            tokens,
            tuple(args.allowed_host),
            args.checkpoint,
            args.device,
            args.workers,
            limits,
            args.studio,
            args.idle_mouth,
            _tts_command(args.tts_command),
            args.evaluations,
        )


@exit_on_input_error
def main() -> None:
    """Parse and check the command line, then run it."""
    settings = _settings(build_parser().parse(sys.argv[1:]))
    for module in ("fastapi", "uvicorn", "python_multipart"):
        require_extra(module, "web")
    with ending_at_once():
        from wav2lip.cli.serve_command import run
    run(settings)
