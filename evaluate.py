"""Score videos, or a checkpoint on a list of pairs. The same as `wav2lip evaluate`; see --help."""

from wav2lip.cli.main import main

if __name__ == "__main__":
    main("evaluate")
