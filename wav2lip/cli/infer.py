"""Make a face say what is said in a sound file.

python infer.py --image face.jpg --audio speech.wav --output talking.mp4
"""

import signal
import sys

from wav2lip.cli.infer_options import parse
from wav2lip.errors import exit_on_input_error


@exit_on_input_error
def main() -> int:
    """Parse, load, run, say what came out."""
    options = parse(sys.argv[1:])
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # clean up as after Ctrl-C
    # Imported late: torch takes seconds to load, a mistyped option is answered at once.
    from wav2lip.cli.infer_command import run

    return run(options)
