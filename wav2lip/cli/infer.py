"""Animate a face so that it speaks an audio file.

wav2lip infer --face face.jpg --audio speech.wav --output talking.mp4
"""

import sys

from wav2lip.cli.exit import exit_on_input_error
from wav2lip.cli.infer_options import check_files, parse
from wav2lip.utils.signals import ending_at_once


@exit_on_input_error
def main() -> int:
    """Parse and check the command line, then run it."""
    options = parse(sys.argv[1:])
    check_files(options)
    # Imported late: torch takes seconds to load; a mistyped option is reported at once.
    with ending_at_once():
        from wav2lip.cli.infer_command import run

    return run(options)
