"""Make a face say what is said in a sound file.

python infer.py --image face.jpg --audio speech.wav --output talking.mp4
"""

import sys

from wav2lip.errors import exit_on_input_error
from wav2lip.inference.lip_syncer import LipSyncer
from wav2lip.inference.options import parse


@exit_on_input_error
def main() -> None:
    """Parse, load, run, say what came out."""
    options = parse(sys.argv[1:])
    syncer = LipSyncer.from_checkpoint(options.checkpoint, options.device, options.settings)
    report = syncer(options.face, options.audio, options.output)
    print(report.line())


if __name__ == "__main__":
    main()
