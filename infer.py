"""Animate a face with audio. The same as `wav2lip infer`; see --help."""

from wav2lip.cli.main import main

if __name__ == "__main__":
    main("infer")
