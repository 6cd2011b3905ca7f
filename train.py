"""Train the sync expert, a generator, or any other experiment. The same as `wav2lip train`; see --help."""

from wav2lip.cli.main import main

if __name__ == "__main__":
    main("train")
