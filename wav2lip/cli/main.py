"""The `wav2lip` program: one subcommand per task.

Nothing heavy is imported before the command line is checked, so that mistakes are reported at once.
"""

import sys
from difflib import get_close_matches
from importlib import import_module

from wav2lip import __version__
from wav2lip.cli.exit import exit_on_input_error
from wav2lip.errors import InputError
from wav2lip.utils.signals import ending_at_once

COMMANDS = {
    "preprocess": "turn videos into clip files and a manifest",
    "train": "train the sync expert, a generator, or any other experiment",
    "infer": "animate a face with audio",
    "live": "animate a face with sound while the sound arrives",
    "serve": "serve jobs and a page over HTTP",
    "inspect": "show the faces, landmarks and voice that are found in a video",
    "verify": "check the Content Credentials of a video",
    "evaluate": "score videos, or a checkpoint on a list of pairs",
    "export": "write a checkpoint for inference, as ONNX, or in the published layout",
    "personalize": "tune the generator to one person in minutes",
    "audit": "measure the sync of preprocessed clips; shift or drop clips that are off",
    "ablations": "collect the runs below a folder into one table",
}


def usage() -> str:
    """Return the text of `wav2lip --help`."""
    width = max(map(len, COMMANDS))
    lines = [f"  {name:<{width}}  {text}" for name, text in COMMANDS.items()]
    return "\n".join(
        [
            "usage: wav2lip COMMAND ...",
            "",
            *lines,
            "",
            "wav2lip COMMAND --help explains its options",
        ]
    )


def _run(command: str) -> None:
    from wav2lip.cli.hydra_checks import prepare
    from wav2lip.cli.hydra_command import HYDRA_COMMANDS

    if command in HYDRA_COMMANDS:
        words = prepare(HYDRA_COMMANDS[command], sys.argv[1:])
        if words is None:
            return
        sys.argv[1:] = words
    with ending_at_once():
        module = import_module(f"wav2lip.cli.{command}")
    module.main()


@exit_on_input_error
def main(command: str | None = None) -> None:
    """Run `command`, or the one that the first argument names."""
    if command is None:
        word = sys.argv[1] if len(sys.argv) > 1 else "--help"
        if word in ("-h", "--help"):
            print(usage())
            return
        if word == "--version":
            print(__version__)
            return
        if word not in COMMANDS:
            near = get_close_matches(word, COMMANDS, 1)
            hint = f"did you mean {near[0]}?" if near else f"the commands are {', '.join(COMMANDS)}"
            raise InputError(f"unknown command {word!r}; {hint}")
        command = word
        del sys.argv[1]
    sys.argv[0] = f"wav2lip {command}"
    _run(command)
