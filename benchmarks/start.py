"""Measure how soon `wav2lip infer` shows its first frame, with what is installed.

    python benchmarks/start.py                    the sample portrait and speech, bundled generator
    python benchmarks/start.py --face TALK.mp4 --checkpoint model.onnx

Every round is a process of its own, from its start to the first rendered frame, imports included. The smallest
processor time counts; wall times mean little on a machine that does other work. Runs with the base install.
"""

import argparse
import subprocess
import sys
from pathlib import Path

DATA = Path(__file__).resolve().parents[1] / "data"
PROGRAM = """
import sys, time
import wav2lip.cli.infer_command
from wav2lip import LipSyncer, Settings
imported = time.process_time()
face, audio, checkpoint, engine = sys.argv[1:]
syncer = LipSyncer.from_checkpoint(checkpoint, settings=Settings(cache=False, engine=engine))
next(syncer.frames(face, audio))
print(imported, time.process_time())
"""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--face", type=Path, default=DATA / "astronaut.jpg")
    parser.add_argument("--audio", type=Path, default=DATA / "speech.wav")
    parser.add_argument("--checkpoint", default="default")
    parser.add_argument("--engine", default="auto", help="see wav2lip infer (default: auto)")
    parser.add_argument("--rounds", type=int, default=5, help="processes (default: 5)")
    args = parser.parse_args()
    words = [str(args.face), str(args.audio), args.checkpoint, args.engine]
    command = [sys.executable, "-c", PROGRAM, *words]
    rounds = []
    for _ in range(args.rounds):
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        rounds.append([float(word) for word in done.stdout.split()])
    imported, first = (min(column) for column in zip(*rounds, strict=True))
    print(f"processor seconds: {imported:.2f} to import, {first:.2f} to the first frame")


if __name__ == "__main__":
    main()
