"""Turn videos into clip files and a manifest that train.py reads. The same as `wav2lip preprocess`; see --help."""

from wav2lip.cli.main import main

if __name__ == "__main__":
    main("preprocess")
